// Rehearsal: one family's instance and all an actor does around it, in single steps: invocations
// that commit or not, effects let out or held back, batches taken, crashes and restarts.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "host/conformance/past.h"
#include "host/conformance/tape.h"

namespace theater::host::conformance {

/// Every part that a family may hold on to belongs to one life of the node.
class Rehearsal {
 public:
  Rehearsal(const Family& family, std::string_view grant, Answers answers = nullptr)
      : family_(family),
        grant_(*actor::parse_settings(grant, "conformance.toml", {})),
        answers_(answers) {
    begin_life();
    recover();
  }
  ~Rehearsal() { life_->instance->stop(actor::StopMode::kKill); }
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;
  actor::FamilyInstance& instance() { return *life_->instance; }
  FakeShard& shard() { return life_->shard; }
  FakeActor& actor() { return life_->actor; }
  /// One call in the invocation under way. Its result is canonical and of its type; that is
  /// checked, as all that is called here.
  Bytes call(std::string_view function, const Bytes& arguments) {
    const auto& calls = family_.info().calls;
    const auto found = std::ranges::find(calls, function, &actor::CallInfo::name);
    CHECK(found != calls.end(), "the family has the function");
    const auto index = static_cast<std::size_t>(found - calls.begin());
    Bytes result;
    const actor::CallContext context{seq_, ordinal_++, next_id_};
    last_outcome = watch_.time([&] { return instance().call(index, arguments, context, result); });
    EXPECT_NE(last_outcome, actor::CallOutcome::kTrap) << function << ": " << as_text(result);
    if (last_outcome == actor::CallOutcome::kSuspend) {
      wait(index, arguments);
      return result;
    }
    EXPECT_TRUE(wasm::validate_result(result, found->type)) << function;
    results.push_back(result);
    tape.note(index, *found, result, next_id_);
    if (actor::emits(*found, result)) {
      const std::uint64_t id = actor::target_id(*found, arguments, next_id_);
      buffered_.push_back({index, arguments, id, {}});
      if (family_.info().has_operations && actor::mints(*found, result, next_id_)) {
        prepared_.insert(id);
      }
    }
    if (actor::mints(*found, result, next_id_)) ++next_id_;
    return result;
  }
  /// The invocation ends well: its effects wait for the disk.
  void commit() {
    watch_.time([&] { return instance().settle(actor::Settlement::kCommitted), 0; });
    for (Effect& effect : buffered_) {
      effect.seq = seq_;
      history_.push_back(effect);
      gate_.push_back(effect);
    }
    buffered_.clear();
    started_.merge(prepared_);
    next_invocation();
  }
  void discard() {
    instance().settle(actor::Settlement::kDiscarded);
    buffered_.clear();
    prepared_.clear();
    next_invocation();
  }
  /// The disk has caught up: what waits happens.
  void let_out() {
    while (!gate_.empty()) {
      const Effect effect = gate_.front();
      gate_.pop_front();
      watch_.time([&] { return perform(effect, instance()), 0; });
      note_records();
    }
  }
  /// A whole invocation of one call.
  Bytes act(std::string_view function, const Bytes& arguments) {
    const Bytes result = call(function, arguments);
    commit();
    let_out();
    return result;
  }
  /// Time and the tasks of the shard.
  void pass(Nanoseconds span) {
    shard().executor.advance(span);
    note_records();
  }
  /// Takes one batch and delivers it; its invocation commits. Answers the events.
  std::vector<Bytes> take(actor::BatchLimits limits = {}) {
    std::vector<Bytes> events;
    actor::EventSource* source = instance().events();
    note_records();
    if (source == nullptr || !source->has_events()) return events;
    actor::EventBatch batch(limits);
    watch_.time([&] { return source->take(batch), 0; });
    for (std::size_t i = 0; i < batch.size(); ++i) {
      EXPECT_TRUE(wasm::validate(batch[i], *family_.info().event_type));
      events.push_back(to_bytes(batch[i]));
      history_.push_back(Delivered{events.back(), {}});
      const actor::EventOrigin* origin = batch.origin(i);
      if (origin == nullptr) continue;
      std::get<Delivered>(history_.back()).operation = origin->operation;
      ++ends_[origin->operation.value];
      instance().operations()->delivered(origin->operation);
    }
    if (answers_ != nullptr) {
      const Bytes answers = answers_(events);
      instance().handled(batch, {seq_, true, answers});
      buffered_.push_back({family_.info().calls.size(), answers, 0, {}});
      commit();
      let_out();
    }
    pass({});
    return events;
  }
  std::vector<Bytes> take_all(actor::BatchLimits limits = {}) {
    std::vector<Bytes> all;
    for (auto some = take(limits); !some.empty(); some = take(limits)) {
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }
  void stop(actor::StopMode mode) {
    watch_.time([&] { return instance().stop(mode), 0; });
  }
  /// The node dies: what is not in the history is gone. It starts again after `away`.
  void crash(Nanoseconds away) {
    const auto now = life_->shard.clock.wall();
    life_->instance->stop(actor::StopMode::kKill);
    prepared_.clear();
    buffered_.clear();
    gate_.clear();
    begin_life();
    life_->shard.clock.set_wall(now + away);
    for (const auto& past : history_) fold(past, now, instance());
    recover();
    note_records();
  }

  /// Operations whose start became real, and how many last events each has had.
  const auto& started() const { return started_; }
  const auto& ends() const { return ends_; }
  /// The longest that one call, effect or batch, its start or its end has held the thread.
  Nanoseconds longest() const { return watch_.longest(); }
  actor::CallOutcome last_outcome = actor::CallOutcome::kReturn;
  std::vector<Bytes> results;  // of each call, but for the waits
  Tape tape;

 private:
  void begin_life() {
    life_ = std::make_unique<Life>(family_, grant_);
    seen_records_ = 0;
  }
  void recover() {
    EXPECT_TRUE(watch_.time([&] { return instance().recover(); }));
  }
  void next_invocation() {
    seq_ = seq_.next();
    ordinal_ = 0;
  }
  /// A call that suspends is performed at once: its host-req is durable.
  void wait(std::size_t function, const Bytes& arguments) {
    const std::uint64_t ticket = ++last_ticket_;
    tape.note_wait(function, ticket);
    watch_.time(
        [&] { return instance().perform({function, arguments, ticket, Seq{ticket}, ticket}), 0; });
  }
  void note_records() {
    const auto& records = life_->actor.records;
    while (seen_records_ < records.size()) history_.push_back(records[seen_records_++]);
    if (!life_->actor.again.empty()) life_->actor.write_records(*instance().operations());
  }
  const Family& family_;
  const actor::Setting grant_;
  const Answers answers_;
  std::unique_ptr<Life> life_;
  Seq seq_{1};
  std::uint64_t ordinal_ = 0, next_id_ = 1, last_ticket_ = 0, seen_records_ = 0;
  std::vector<Effect> buffered_;
  std::deque<Effect> gate_;
  std::vector<Past> history_;
  std::set<std::uint64_t> prepared_, started_;  // operations
  std::map<std::uint64_t, int> ends_;
  StopWatch watch_;
};

}  // namespace theater::host::conformance
