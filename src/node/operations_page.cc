// OperationsPage: questions to shards, answers, lines.
#include "node/operations_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "replay/event_types.h"

namespace theater::node {
namespace {

using Json = nlohmann::ordered_json;

std::string_view what_text(const actor::OperationView& view) {
  if (view.what == actor::OperationView::What::kWait) return "wait";
  return view.status.phase > actor::OperationPhase::kRunning ? "end" : "operation";
}

Json json_of(const actor::Identity& identity, const actor::OperationView& view) {
  const actor::CallInfo& call = view.family->calls[view.function];
  Json json{{"actor", identity.name},
            {"actor_id", identity.id.hex()},
            {"what", what_text(view)},
            {"id", view.id.value},
            {"function", view.family->interface_name + "#" + call.name},
            {"arguments", replay::arguments_text(view.arguments, call.type)},
            {"phase", actor::operation_phase_word(view.status.phase)},
            {"bytes", view.status.bytes},
            {"attempt", view.attempt},
            {"since_us", view.since.microseconds()}};
  if (view.status.total) json["total"] = *view.status.total;
  if (view.deadline) json["deadline_us"] = view.deadline->microseconds();
  return json;
}

Json json_of(const actor::Identity& identity, const actor::RequestView& view) {
  Json json{{"actor", identity.name},
            {"actor_id", identity.id.hex()},
            {"what", "request"},
            {"id", view.id},
            {"function", view.family->interface_name},
            {"arguments", "(" + view.text + ")"},
            {"phase", view.phase},
            {"since_us", view.since.microseconds()}};
  if (view.deadline) json["deadline_us"] = view.deadline->microseconds();
  return json;
}

/// The lines of one shard, up to the bounds of a page.
class Lines {
 public:
  void add_actor(const actor::Actor& actor) {
    std::vector<actor::OperationView> operations;
    actor.list_operations(operations);
    for (const auto& view : operations) add(actor.identity(), view);
    std::vector<actor::RequestView> requests;
    more_ += actor.list_requests(requests, kRequestsToldMax);
    for (const auto& view : requests) add(actor.identity(), view);
  }
  std::string take() {
    if (more_ > 0) lines_ += Json{{"left_out", more_}}.dump() + "\n";
    return std::move(lines_);
  }

 private:
  void add(const actor::Identity& identity, const auto& view) {
    if (told_ == kOperationsToldMax || lines_.size() > kOperationsBytesMax) {
      ++more_;
      return;
    }
    ++told_;
    lines_ += json_of(identity, view).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

  std::string lines_;
  std::size_t told_ = 0, more_ = 0;
};

}  // namespace

void OperationsPage::page(std::move_only_function<void(const std::string& page)> done) {
  waiting_.push_back(std::move(done));
  if (waiting_.size() > 1) return;
  deadline_ = control_.after(kOperationsDeadline, [this] {
    deadline_.reset();
    finish();
  });
  for (const auto& watched : shards_) ask(*watched);
}

void OperationsPage::ask(Watched& watched) {
  watched.lines.reset();
  if (watched.is_asked) return;
  watched.is_asked = true;
  watched.shard.executor().post([this, &watched] {
    control_.post([this, &watched, lines = lines_of(watched.shard)]() mutable {
      take(watched, std::move(lines));
    });
  });
}

/// On the shard.
std::string OperationsPage::lines_of(ShardThread& shard) {
  Lines lines;
  for (const auto& actor : shard.actors()) lines.add_actor(*actor);
  return lines.take();
}

void OperationsPage::take(Watched& watched, std::string lines) {
  watched.is_asked = false;
  if (waiting_.empty()) return;  // too late for its page
  watched.lines = std::move(lines);
  const bool is_whole =
      std::ranges::all_of(shards_, [](const auto& each) { return each->lines.has_value(); });
  if (is_whole) finish();
}

void OperationsPage::finish() {
  if (deadline_) control_.cancel(*deadline_);
  deadline_.reset();
  std::string page;
  std::size_t unanswered = 0;
  for (const auto& watched : shards_) {
    page += watched->lines.value_or("");
    unanswered += watched->lines ? 0 : 1;
  }
  if (unanswered > 0) page += Json{{"unanswered", unanswered}}.dump() + "\n";
  for (auto& done : std::exchange(waiting_, {})) done(page);
}

}  // namespace theater::node
