// Watch: windows, tasks of workers, and what is told.
#include "hosts/file_watch/watch.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/check.h"
#include "base/probe.h"

namespace theater::hosts::file_watch {

/// A tree and its picture. The worker's while a task runs, the shard's otherwise; `is_abandoned`
/// may be set at any time, and then the worker closes what it has.
struct Watch::Job {
  std::shared_ptr<const TreeOpener> opener;
  std::string path;
  Picture::Limits limits;
  std::shared_ptr<Job> before;  // to be closed first
  std::unique_ptr<Tree> tree;
  std::unique_ptr<Picture> picture;
  HintBatch batch;
  std::vector<Item> items;
  Status status;
  std::atomic<bool> is_abandoned = false;

  void close() {
    picture.reset();
    tree.reset();
  }
  Status open() {
    TRY(tree, opener->open(path));
    picture = std::make_unique<Picture>(*tree, limits);
    return picture->scan();
  }
};

Watch::Watch(Target target, const Limits& limits, const host::Services& services, WatchUser& user)
    : target_(std::move(target)),
      limits_(limits),
      services_(services),
      user_(user),
      hints_({limits.pending_max, limits.pair}) {}

Watch::~Watch() { CHECK(!is_watching_ && !timer_, "END-1"); }

void Watch::start(Start how) {
  on_scanned_ = how == Start::kFirst ? WatchInput::kScanned : WatchInput::kRescanned;
  scan();
}

void Watch::stop() { apply(WatchInput::kStop); }

void Watch::on_rescan_taken() {
  is_rescan_queued_ = false;
  apply(WatchInput::kTaken);
}

void Watch::count(actor::Census& census) const {
  if (job_) ++census.descriptors;
  if (timer_) ++census.timers;
}

void Watch::apply(WatchInput input) {
  for (const WatchAction action : machine_.step(input).actions) act(action);
}

void Watch::act(WatchAction action) {
  switch (action) {
    case WatchAction::kTellReady:
      if (!user_.tell(target_.id, event_bytes<Payload::kReady>(target_.id.value))) {
        apply(WatchInput::kRefused);
      }
      break;
    case WatchAction::kTellRescan:
      if (!std::exchange(is_rescan_queued_, true)) user_.tell_rescan(target_.id);
      break;
    case WatchAction::kScan:
      lose_signals();
      break;
    case WatchAction::kTellEnd:
      user_.tell_end(target_.id, *failure_);
      break;
    case WatchAction::kClose:
      close();
      break;
  }
}

void Watch::fail_with(Error error) {
  failure_ = std::move(error);
  apply(WatchInput::kFailed);
}

// Reading the tree.

void Watch::lose_signals() {
  PROBE("file-watch: signals were lost");
  ++counters_.overflows;
  on_scanned_ = WatchInput::kRescanned;
  if (std::exchange(is_watching_, false)) services_.descriptors.unwatch(job_->tree->descriptor());
  hints_.clear();
  if (!is_working_) plan_scan();
}

/// The picture is made anew, but not more often than once a pause.
void Watch::plan_scan() {
  const Nanoseconds since = services_.clock.now() - *scanned_at_;
  set_timer(std::max(kRescanPause - since, limits_.window), &Watch::scan);
}

void Watch::scan() {
  scanned_at_ = services_.clock.now();
  ++counters_.scans;
  auto fresh = std::make_shared<Job>();
  fresh->opener = target_.opener;
  fresh->path = target_.below;
  fresh->limits = {limits_.directories_max, limits_.entries_max, target_.depth};
  fresh->before = std::exchange(job_, nullptr);
  job_ = std::move(fresh);
  work(
      [](Job& job) {
        if (job.before) job.before->close();
        job.before.reset();
        job.status = job.open();
      },
      &Watch::scanned);
}

void Watch::scanned() {
  if (!job_->status) return fail_with(job_->status.error());
  if (const Status watched =
          services_.descriptors.watch(job_->tree->descriptor(), io::Readiness::kRead, *this);
      !watched) {
    return fail_with(watched.error());
  }
  is_watching_ = true;
  apply(on_scanned_);
}

// Signals.

void Watch::on_ready(int, io::Readiness) {
  signals_.clear();
  if (const Status read = job_->tree->read(signals_); !read) return fail_with(read.error());
  counters_.signals += signals_.size();
  for (const Signal& signal : signals_) hints_.add(signal, services_.clock.now());
  if (hints_.is_root_moved()) {
    return fail_with({Code::kNotFound, fmt::format("{} is not there any more", target_.shown)});
  }
  if (hints_.has_overflowed()) return apply(WatchInput::kOverflow);
  open_window();
}

void Watch::open_window() {
  if (hints_.empty() || is_working_ || timer_) return;
  set_timer(limits_.window, &Watch::examine);
}

void Watch::examine() {
  job_->batch = hints_.take(services_.clock.now());
  if (job_->batch.empty()) return open_window();
  work([](Job& job) { job.status = job.picture->examine(job.batch, job.items); }, &Watch::examined);
}

void Watch::examined() {
  if (machine_.state() == WatchState::kScanning) return plan_scan();
  tell_items();
  if (!job_->status) return fail_with(job_->status.error());
  open_window();
}

void Watch::tell_items() {
  for (Item& item : std::exchange(job_->items, {})) {
    if (machine_.state() != WatchState::kReady) {
      ++counters_.dropped;
      continue;
    }
    item.path = target_.shown + "/" + item.path;
    if (item.old_path) item.old_path = target_.shown + "/" + *item.old_path;
    ++counters_.items;
    if (!user_.tell(target_.id, event_bytes<Payload::kChanged>(target_.id.value, item))) {
      PROBE("file-watch: the actor's queue is full");
      ++counters_.dropped;
      apply(WatchInput::kRefused);
    }
  }
}

// Tasks and timers.

void Watch::work(void (*task)(Job&), void (Watch::*then)()) {
  is_working_ = true;
  services_.workers.run(
      [job = job_, task] {
        task(*job);
        if (job->is_abandoned) job->close();
      },
      services_.executor, lifeline_.guard([this, then] {
        is_working_ = false;
        if (machine_.state() == WatchState::kEnded) return;
        if (job_->picture) {
          counters_.directories = job_->picture->directories();
          counters_.unreadable = job_->picture->unreadable();
        }
        (this->*then)();
      }));
}

void Watch::set_timer(Nanoseconds delay, void (Watch::*then)()) {
  cancel_timer();
  timer_ = services_.executor.after(delay, [this, then] {
    timer_.reset();
    (this->*then)();
  });
}

void Watch::cancel_timer() {
  if (timer_) services_.executor.cancel(*timer_);
  timer_.reset();
}

/// Closing an inotify instance takes its time: a worker does it.
void Watch::close() {
  cancel_timer();
  if (std::exchange(is_watching_, false)) services_.descriptors.unwatch(job_->tree->descriptor());
  hints_.clear();
  if (!job_) return;
  job_->is_abandoned = true;
  if (!is_working_) {
    services_.workers.run([job = job_] { job->close(); }, services_.executor, [] {});
  }
  job_.reset();
}

}  // namespace theater::hosts::file_watch
