// file_watch::Instance: from operations to watches and back.
#include "hosts/file_watch/instance.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "host/granted_folders.h"
#include "host/guest_error.h"
#include "hosts/file_watch/inotify_tree.h"

namespace theater::hosts::file_watch {

namespace {

/// In the source of a rescan event, beside the id of its watch.
constexpr std::uint64_t kRescanSource = std::uint64_t{1} << 62;

host::BookOptions options_of(const Limits& limits) {
  return {{"file-watch events",
           host::QueuePolicy::kRefuse,
           {limits.pending_max, limits.pending_max * kEventBytesEach, 0}},
          {kWatchesMost, limits.watches_max}};
}

void add(Watch::Counters& sum, const Watch::Counters& more) {
  sum.signals += more.signals;
  sum.items += more.items;
  sum.dropped += more.dropped;
  sum.overflows += more.overflows;
  sum.scans += more.scans;
}

}  // namespace

Instance::Instance(const host::Binding<Instance>& binding, const Grant& grant,
                   const host::Context& context)
    : OperatingInstance(binding, context, options_of(grant.limits)),
      services_(context.services),
      limits_(grant.limits) {
  for (const auto& [name, directory] : grant.roots) {
    roots_.emplace(name, std::make_shared<const InotifyOpener>(directory));
  }
}

// Starting.

host::Planned Instance::watch(std::string_view path, bool /*recursive*/) {
  const auto parsed = host::parse_folder_path(path);
  if (!parsed) return std::unexpected(parsed.error());
  if (!roots_.contains(parsed->folder)) {
    return host::refuse(host::GuestCode::kDenied, "no root {} is granted", parsed->folder);
  }
  // A standing operation never makes room for one that waits.
  if (is_open_ && live() >= limits_.watches_max) {
    return host::refuse(host::GuestCode::kFull, "watches_max is {}", limits_.watches_max);
  }
  return host::Plan{.delivery = host::Delivery::kInline,
                    .time_max = std::nullopt,
                    .crash = host::CrashRule::kReattach};
}

std::size_t Instance::live() {
  std::vector<OperationId> ids;
  book().pending(ids);
  return static_cast<std::size_t>(std::ranges::count_if(ids, [this](OperationId id) {
    const auto status = book().status(id);
    return status && status->phase <= actor::OperationPhase::kRunning;
  }));
}

void Instance::begin(host::Work& work, std::string_view path, bool recursive) {
  const auto parsed = host::parse_folder_path(path);
  CHECK(parsed, "a start was checked");
  if (!queue().reserve(1)) {
    const host::GuestError full{host::GuestCode::kFull, "", "too many events wait", std::nullopt};
    finish(work.id, host::OperationEnd::kFailed, write_end(work.id, full));
    return;
  }
  Watch::Target target{work.id, roots_.find(parsed->folder)->second, std::string(parsed->rest),
                       std::string(path), recursive ? Depth::kWholeTree : Depth::kRootOnly};
  auto watch = std::make_unique<Watch>(std::move(target), limits_, services_,
                                       static_cast<WatchUser&>(*this));
  Watch& begun = *watch;
  entries_.insert_or_assign(work.id, Entry{std::move(watch)});
  begun.start(work.attempt == host::Attempt::kFirst ? Watch::Start::kFirst : Watch::Start::kAgain);
}

// What watches tell.

bool Instance::tell(OperationId id, ByteSpan event) {
  const host::Put put = queue().put(id.value, event);
  return put != host::Put::kRefused;
}

void Instance::tell_rescan(OperationId id) {
  Entry& entry = entries_.at(id);
  CHECK(std::exchange(entry.is_promised, false), "BOUND-1");
  queue().put_reserved(id.value | kRescanSource, event_bytes<Payload::kRescan>(id.value));
}

void Instance::on_event_taken(std::uint64_t source, std::size_t) {
  if ((source & kRescanSource) == 0) return;
  const auto entry = entries_.find(OperationId{source & ~kRescanSource});
  if (entry == entries_.end()) return;
  entry->second.is_promised = true;
  queue().reserve_again();  // the promise that the event has just used up
  entry->second.watch->on_rescan_taken();
}

void Instance::tell_end(OperationId id, const Error& why) {
  retire(entries_.find(id));
  finish(id, host::OperationEnd::kFailed, write_end(id, host::guest_error(why)));
}

Bytes Instance::write_end(OperationId id, const host::GuestError& why) {
  return event_bytes<Payload::kEnded>(id.value, why);
}

// The end.

void Instance::abort(OperationId id) {
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  entry->second.watch->stop();
  retire(entry);
}

/// The watch may be in the middle of telling: it goes in a task of its own.
void Instance::retire(Entries::iterator entry) {
  if (entry->second.is_promised) queue().unreserve(1);
  add(past_, entry->second.watch->counters());
  retired_.push_back(std::move(entry->second.watch));
  entries_.erase(entry);
  if (retired_.size() > 1) return;
  services_.executor.post(lifeline_.guard([this] { retired_.clear(); }));
}

Status Instance::recover() {
  TRY_OK(OperatingInstance::recover());
  is_open_ = true;
  return {};
}

void Instance::stop(actor::StopMode mode) {
  while (!entries_.empty()) abort(entries_.begin()->first);
  OperatingInstance::stop(mode);
}

actor::Census Instance::census() const {
  actor::Census census = OperatingInstance::census();
  for (const auto& [id, entry] : entries_) entry.watch->count(census);
  return census;
}

void Instance::measure(actor::Figures& figures) const {
  OperatingInstance::measure(figures);
  Watch::Counters sum = past_;
  for (const auto& [id, entry] : entries_) {
    add(sum, entry.watch->counters());
    sum.directories += entry.watch->counters().directories;
    sum.unreadable += entry.watch->counters().unreadable;
  }
  figures.gauge({"file_watches", "Directories or trees now watched."},
                static_cast<double>(entries_.size()));
  figures.gauge({"file_watch_directories", "Directories with a watch of the kernel's."},
                static_cast<double>(sum.directories));
  figures.gauge({"file_watch_unreadable", "Directories and names that cannot be read or told."},
                static_cast<double>(sum.unreadable));
  figures.counter({"file_watch_signals_total", "Signals read from the kernel."}, sum.signals);
  figures.counter({"file_watch_items_total", "Changes told, or lost to a full queue."}, sum.items);
  figures.counter({"file_watch_dropped_total", "Changes not told, because a rescan is."},
                  sum.dropped);
  figures.counter({"file_watch_overflows_total", "Times signals were lost."}, sum.overflows);
  figures.counter({"file_watch_scans_total", "Times a tree was read."}, sum.scans);
}

}  // namespace theater::hosts::file_watch
