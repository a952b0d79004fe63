// filesystem::Instance: checks on the shard, work elsewhere.
#include "hosts/filesystem/instance.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "host/granted_folders.h"
#include "host/guest_error.h"
#include "wasm/binary_reader.h"

namespace theater::hosts::filesystem {

namespace {

host::BookOptions options_of(const Limits& limits) {
  const std::uint64_t together = limits.changes_bytes + limits.changes_max * kChangeFrameMax;
  // One at a time: changes become real in the order in which they were asked for.
  return {{"filesystem events", host::QueuePolicy::kRefuse, {1, 1024, 0}},
          {1, limits.changes_max},
          std::max(host::kArgumentBytesMax, together)};
}

std::unexpected<host::GuestError> too_large(std::string_view limit, std::uint64_t most) {
  return host::refuse(host::GuestCode::kTooLarge, "{} is {}", limit, most);
}

}  // namespace

Instance::Instance(const host::Binding<Instance>& binding, const Grant& grant,
                   const host::Context& context)
    : OperatingInstance(binding, context, options_of(grant.limits)),
      services_(context.services),
      grant_(grant),
      disk_(std::make_shared<const Disk>(context.actor.identity().id.hex(),
                                         grant_.limits.free_min)) {}

/// Where a path is, if it is granted; whether a link leads out of there is seen by the worker.
std::expected<Place, host::GuestError> Instance::place(std::string_view path, Right right) {
  const auto parsed = host::parse_folder_path(path);
  if (!parsed) {
    counters_.denied += parsed.error().code == host::GuestCode::kDenied ? 1 : 0;
    return std::unexpected(parsed.error());
  }
  const auto folder = grant_.folders.find(parsed->folder);
  if (folder == grant_.folders.end()) {
    ++counters_.denied;
    return host::refuse(host::GuestCode::kDenied, "no directory {} is granted", parsed->folder);
  }
  if (right > folder->second.right) {
    ++counters_.denied;
    return host::refuse(host::GuestCode::kDenied, "{} may be read only", parsed->folder);
  }
  return Place{folder->second.directory, std::string(parsed->rest)};
}

// Reading.

std::optional<host::GuestError> Instance::refuse_read(std::string_view path) {
  if (const auto found = place(path, Right::kRead); !found) return found.error();
  if (reads_ < kReadsMax) return std::nullopt;
  return host::GuestError{host::GuestCode::kBusy, "", "earlier reads are still at work", 1000};
}

host::Wait<host::Data> Instance::check_read(std::string_view path, std::uint64_t,
                                            std::uint32_t most) {
  if (most > grant_.limits.read_max) {
    return host::Data(too_large("read_max", grant_.limits.read_max));
  }
  if (const auto refused = refuse_read(path)) return host::Data(std::unexpected(*refused));
  return std::nullopt;
}

void Instance::read(host::Ticket& ticket, std::string_view path, std::uint64_t offset,
                    std::uint32_t most) {
  const auto result = std::make_shared<Result<Bytes>>();  // from the worker to the shard
  ++reads_;
  services_.workers.run([disk = disk_, where = *place(path, Right::kRead), offset, most,
                         result] { *result = disk->read(where, {offset, most}); },
                        services_.executor, lifeline_.guard([this, result, number = ticket.value] {
                          --reads_;
                          if (!*result) {
                            answer<&Instance::check_read>(
                                number, std::unexpected(host::guest_error(result->error())));
                            return;
                          }
                          counters_.read += (*result)->size();
                          answer<&Instance::check_read>(number, host::Data(std::move(**result)));
                        }));
}

host::Wait<Entries> Instance::check_list(std::string_view path, std::string_view,
                                         std::uint32_t most) {
  if (most > grant_.limits.list_max) {
    return Entries(too_large("list_max", grant_.limits.list_max));
  }
  if (const auto refused = refuse_read(path)) return Entries(std::unexpected(*refused));
  return std::nullopt;
}

void Instance::list(host::Ticket& ticket, std::string_view path, std::string_view after,
                    std::uint32_t most) {
  const auto result = std::make_shared<Result<std::vector<Entry>>>();  // as in read()
  Disk::Page page{std::string(after), most, grant_.limits.entries_max};
  ++reads_;
  services_.workers.run([disk = disk_, where = *place(path, Right::kRead), page = std::move(page),
                         result] { *result = disk->list(where, page); },
                        services_.executor, lifeline_.guard([this, result, number = ticket.value] {
                          --reads_;
                          if (!*result) {
                            answer<&Instance::check_list>(
                                number, std::unexpected(host::guest_error(result->error())));
                            return;
                          }
                          answer<&Instance::check_list>(number, Entries(std::move(**result)));
                        }));
}

// Changing.

host::Planned Instance::check_change(actor::CallContext& context, std::string_view path,
                                     const Action& action) {
  const auto where = place(path, Right::kReadAndChange);
  if (!where) return std::unexpected(where.error());
  if (where->below.empty()) {
    return host::refuse(host::GuestCode::kInvalid, "a granted directory itself is not changed");
  }
  if (action.value.index() == Action::kRename) {
    const auto target = place(std::get<Action::kRename>(action.value), Right::kReadAndChange);
    if (!target) return std::unexpected(target.error());
    if (target->below.empty()) {
      return host::refuse(host::GuestCode::kInvalid, "a granted directory itself is not replaced");
    }
  }
  const std::uint64_t bytes = action.content().size();
  if (bytes > grant_.limits.file_max) return too_large("file_max", grant_.limits.file_max);
  const host::Plan plan{.time_max = grant_.limits.change_time};
  if (!is_open_) return plan;  // asked again at a restart
  if (content_bytes_ + bytes > grant_.limits.changes_bytes) {
    return host::refuse(host::GuestCode::kFull, "changes_bytes is {}", grant_.limits.changes_bytes);
  }
  const OperationId id{context.next_id};
  forget(id);  // of a start that the kit refused
  contents_[id] = bytes;
  content_bytes_ += bytes;
  unsettled_.push_back(id);
  return plan;
}

Instance::Doing Instance::doing(std::string_view path, const Action& action) {
  Place where = *place(path, Right::kReadAndChange);
  switch (static_cast<Action::Case>(action.value.index())) {
    case Action::kWrite:
      return [disk = disk_, where = std::move(where), bytes = to_bytes(action.content())](
                 const Undertaking& undertaking) { return disk->write(where, bytes, undertaking); };
    case Action::kAppend:
      return [disk = disk_, where = std::move(where), bytes = to_bytes(action.content()),
              most = grant_.limits.file_max](const Undertaking&) {
        return disk->append(where, bytes, most);
      };
    case Action::kMakeDirectory:
      return [disk = disk_, where = std::move(where)](const Undertaking&) {
        return disk->make_directory(where);
      };
    case Action::kRename:
      return [disk = disk_, where = std::move(where),
              to = *place(std::get<Action::kRename>(action.value), Right::kReadAndChange)](
                 const Undertaking&) { return disk->rename(where, to); };
    case Action::kRemove:
      break;
  }
  return
      [disk = disk_, where = std::move(where)](const Undertaking&) { return disk->remove(where); };
}

void Instance::change(host::Work& work, std::string_view path, const Action& action) {
  ++counters_.changes;
  counters_.written += action.content().size();
  Turn turn{std::make_shared<Undertaking>(work.id), doing(path, action)};
  if (at_work_) {
    next_ = std::move(turn);
  } else {
    begin(std::move(turn));
  }
}

void Instance::begin(Turn turn) {
  const auto done = std::make_shared<Status>();  // from the worker to the shard
  at_work_ = turn.undertaking;
  services_.workers.run(
      [turn = std::move(turn), done]() mutable {
        const Undertaking& undertaking = *turn.undertaking;
        *done = undertaking.is_given_up ? fail(Code::kCancelled, "it was not begun")
                                        : turn.does(undertaking);
      },
      services_.executor,
      lifeline_.guard([this, done, id = at_work_->id] { come_back(id, *done); }));
}

/// The next one begins only now, so that no change is overtaken by one that had ended for the
/// guest.
void Instance::come_back(OperationId id, const Status& done) {
  at_work_.reset();
  if (auto next = std::exchange(next_, std::nullopt)) begin(*std::move(next));
  const auto how = done ? host::OperationEnd::kDone : host::OperationEnd::kFailed;
  const host::Outcome outcome =
      done ? host::Outcome() : std::unexpected(host::guest_error(done.error()));
  forget(id);
  finish(id, how, event_bytes(id, outcome));
}

/// Its end is told already. A system call cannot be taken back; what is not seen yet never is.
void Instance::abort(OperationId id) {
  if (next_ && next_->undertaking->id == id) next_.reset();
  if (at_work_ && at_work_->id == id) at_work_->is_given_up = true;
}

Bytes Instance::write_end(OperationId id, const host::GuestError& why) {
  forget(id);
  return event_bytes(id, std::unexpected(why));
}

void Instance::forget(OperationId id) {
  const auto content = contents_.find(id);
  if (content == contents_.end()) return;
  content_bytes_ -= content->second;
  contents_.erase(content);
}

void Instance::settle(actor::Settlement settlement) {
  OperatingInstance::settle(settlement);
  for (const OperationId id : unsettled_) {
    if (!book().status(id)) forget(id);
  }
  unsettled_.clear();
}

/// Temporary files of writes whose end is not recorded; a worker of this very process may still
/// be at one, after the actor failed: it then has nothing to rename.
void Instance::clear_leftovers() {
  std::vector<actor::OperationView> changes;
  book().list(changes);
  std::vector<std::pair<OperationId, Place>> leftovers;
  for (const actor::OperationView& change : changes) {
    if (change.status.phase > actor::OperationPhase::kRunning) continue;
    wasm::BinaryReader arguments(change.arguments);
    if (auto where = place(arguments.string(), Right::kReadAndChange)) {
      leftovers.emplace_back(change.id, *std::move(where));
    }
  }
  if (leftovers.empty()) return;
  services_.workers.run(
      [disk = disk_, leftovers = std::move(leftovers)] {
        for (const auto& [id, where] : leftovers) disk->clear(where, id);
      },
      services_.executor, [] {});
}

Status Instance::recover() {
  clear_leftovers();
  TRY_OK(OperatingInstance::recover());
  is_open_ = true;
  return {};
}

void Instance::measure(actor::Figures& figures) const {
  OperatingInstance::measure(figures);
  figures.counter({"filesystem_read_bytes_total", "Bytes read for the actor."}, counters_.read);
  figures.counter({"filesystem_written_bytes_total", "Bytes written or appended."},
                  counters_.written);
  figures.counter({"filesystem_changes_total", "Changes begun."}, counters_.changes);
  figures.counter({"filesystem_denied_total", "Paths that are not granted."}, counters_.denied);
  figures.gauge({"filesystem_waiting_bytes", "Content of changes that are not done."},
                static_cast<double>(content_bytes_));
}

}  // namespace theater::hosts::filesystem
