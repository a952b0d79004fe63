// OperationBook: from start to last event.
#include "host/operation_book.h"

#include <algorithm>

#include "base/check.h"
#include "base/probe.h"

namespace theater::host {

namespace {

actor::OperationPhase phase_of_end(OperationEnd how) {
  switch (how) {
    case OperationEnd::kDone:
      return actor::OperationPhase::kDone;
    case OperationEnd::kCancelled:
      return actor::OperationPhase::kCancelled;
    case OperationEnd::kInterrupted:
      return actor::OperationPhase::kInterrupted;
    case OperationEnd::kFailed:
    case OperationEnd::kDeadline:
      break;
  }
  return actor::OperationPhase::kFailed;
}

chain::OperationPhase recorded(actor::OperationPhase phase) {
  switch (phase) {
    case actor::OperationPhase::kDone:
      return chain::OperationPhase::kDone;
    case actor::OperationPhase::kCancelled:
      return chain::OperationPhase::kCancelled;
    case actor::OperationPhase::kInterrupted:
      return chain::OperationPhase::kInterrupted;
    default:
      return chain::OperationPhase::kFailed;
  }
}

GuestError error_of(OperationEnd how) {
  switch (how) {
    case OperationEnd::kCancelled:
      return {GuestCode::kCancelled, "", "the operation was cancelled", {}};
    case OperationEnd::kDeadline:
      return {GuestCode::kDeadline, "", "the operation did not end within its time", {}};
    default:
      return {
          GuestCode::kInterrupted, "", "the node stopped while the operation was under way", {}};
  }
}

EventQueue::Options with_promises(EventQueue::Options options, const Operations::Limits& limits) {
  // Twice: as many may be ended and wait for the guest as are under way.
  options.limits.reserved_max = 2 * (limits.running_max + limits.waiting_max);
  return options;
}

}  // namespace

OperationBook::OperationBook(BookOptions options, const Ports& ports, BookUser& user)
    : ports_(ports),
      argument_bytes_max_(options.argument_bytes_max),
      user_(user),
      queue_(with_promises(std::move(options.queue), options.limits), *this, ports.actor,
             ports.clock),
      operations_(options.limits, *this) {}

OperationBook::~OperationBook() { CHECK(!timer_, "END-1"); }

OperationBook::Entry* OperationBook::find(OperationId id) {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}
const OperationBook::Entry* OperationBook::find(OperationId id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

void OperationBook::Entry::end(Last how) {
  last = std::move(how);
  if (arguments->size() > kEndedArgumentsMax) arguments = std::make_shared<const Bytes>();
}

// Starting.

void OperationBook::count_arguments() {
  argument_bytes_ = 0;
  for (const auto& [id, entry] : entries_) {
    argument_bytes_ += entry.last ? 0 : entry.arguments->size();
  }
}

void OperationBook::end_entry(Entry& entry, Last how) {
  if (!entry.last) argument_bytes_ -= entry.arguments->size();
  entry.end(std::move(how));
}

void OperationBook::erase(Entries::iterator place) {
  if (!place->second.last) argument_bytes_ -= place->second.arguments->size();
  entries_.erase(place);
}

Started OperationBook::prepare(OperationId id, const StartCall& call, const Plan& plan) {
  if (is_stopped_) return refuse(GuestCode::kClosed, "the actor stops");
  if (argument_bytes_ > 0 && argument_bytes_ + call.arguments.size() > argument_bytes_max_) {
    return refuse(GuestCode::kFull, "operations that have not ended hold {} bytes, at most {}",
                  argument_bytes_, argument_bytes_max_);
  }
  if (!queue_.reserve(1)) {
    return refuse(GuestCode::kFull, "{} operations are under way or have last events that wait",
                  entries_.size());
  }
  Entry entry{.function = call.function,
              .arguments = std::make_shared<const Bytes>(to_bytes(call.arguments)),
              .plan = plan,
              .since = ports_.clock.wall(),
              .credit = std::min(plan.credit, kCreditMax)};
  if (plan.time_max) entry.deadline = ports_.clock.now() + *plan.time_max;
  if (!operations_.prepare(id, entry.deadline)) {
    queue_.unreserve(1);
    return refuse(GuestCode::kFull, "{} operations wait already", operations_.size());
  }
  argument_bytes_ += entry.arguments->size();
  entries_.emplace(id, std::move(entry));
  prepared_.push_back(id);
  return id.value;
}

void OperationBook::settle(actor::Settlement settlement) {
  if (prepared_.empty()) return;
  const bool is_real = settlement == actor::Settlement::kCommitted;
  if (!is_real) {
    for (const OperationId id : prepared_) {
      if (const auto place = entries_.find(id); place != entries_.end()) erase(place);
    }
    queue_.unreserve(prepared_.size());
  }
  prepared_.clear();
  operations_.settle(is_real ? Operations::Settled::kCommitted : Operations::Settled::kDiscarded);
  rearm();
}

void OperationBook::start(const actor::Effect& effect) {
  const OperationId id{effect.id};
  if (Entry* entry = find(id)) entry->seq = effect.seq;
  operations_.start(id);
}

/// Slots are filled inside of other steps: the work begins after them.
void OperationBook::perform(OperationId id) {
  begins_.push_back(id);
  drain_begins();
}

void OperationBook::drain_begins() {
  if (std::exchange(is_beginning_, true)) return;
  while (!begins_.empty()) {
    const OperationId id = begins_.front();
    begins_.pop_front();
    begin(id);
  }
  is_beginning_ = false;
}

void OperationBook::begin(OperationId id) {
  Entry* entry = find(id);
  if (entry == nullptr || !is_running(id)) return;
  if (entry->attempt == Attempt::kReissue && entry->step == Step::kWaits) {
    PROBE("operation: done again after a crash");
    ports_.actor.record_operation(
        {&ports_.family, id, chain::OperationPhase::kReissued, entry->number, std::nullopt});
    return;
  }
  entry->step = Step::kBegun;
  const Work work{id, entry->attempt, entry->number, entry->seq, entry->deadline};
  const std::shared_ptr<const Bytes> arguments = entry->arguments;
  user_.work(work, {entry->function, *arguments});
}

/// It has kept its slot, and may have ended meanwhile.
void OperationBook::begin_again(OperationId id) {
  Entry* entry = find(id);
  if (entry == nullptr || entry->step != Step::kWaits) return;
  entry->step = Step::kRecorded;
  perform(id);
}

bool OperationBook::is_running(OperationId id) const {
  return operations_.state(id) == OperationState::kRunning;
}

// Working.

bool OperationBook::part(OperationId id, ByteSpan event, std::uint64_t bytes) {
  Entry* entry = find(id);
  if (entry == nullptr || !is_running(id)) return false;
  const bool has_room = queue_.accepts(event.size());
  if (entry->credit == 0 || !has_room) {
    PROBE("operation: a part waits for credit or room");
    entry->wants_credit = true;
    is_room_wanted_ = is_room_wanted_ || !has_room;
    return false;
  }
  entry->credit -= std::min(entry->credit, bytes);
  entry->moved += bytes;
  queue_.put(id.value | kOperationSource, event);
  return true;
}

void OperationBook::progress(OperationId id, std::uint64_t bytes) {
  if (Entry* entry = find(id)) entry->moved = bytes;
}

void OperationBook::expect(OperationId id, std::uint64_t total) {
  if (Entry* entry = find(id)) entry->total = total;
}

void OperationBook::more(OperationId id, std::uint64_t credit) {
  Entry* entry = find(id);
  if (entry == nullptr) return;
  entry->credit = std::min(entry->credit + std::min(credit, kCreditMax), kCreditMax);
  if (std::exchange(entry->wants_credit, false)) user_.on_credit(id);
}

void OperationBook::on_taken(std::uint64_t source, std::size_t bytes) {
  if ((source & kOperationSource) == 0) {
    user_.on_event_taken(source, bytes);
  } else if (const Entry* entry = find(OperationId{source & ~kOperationSource});
             entry != nullptr && entry->last) {
    end_bytes_ -= std::min<std::uint64_t>(end_bytes_, bytes);
  }
  room_came();
}

/// Whatever it was that left the queue. Not now: the actor is taking events.
void OperationBook::room_came() {
  if (!is_room_wanted_ || std::exchange(is_retrying_, true)) return;
  ports_.executor.post(lifeline_.guard([this] { retry_parts(); }));
}

void OperationBook::retry_parts() {
  is_retrying_ = is_room_wanted_ = false;
  std::vector<OperationId> waiting;
  for (auto& [id, entry] : entries_) {
    if (entry.credit > 0 && std::exchange(entry.wants_credit, false)) waiting.push_back(id);
  }
  for (const OperationId id : waiting) {
    if (is_running(id)) user_.on_credit(id);
  }
}

void OperationBook::on_resumed() { user_.on_queue_resumed(); }
void OperationBook::write_gap(std::uint64_t dropped, Bytes& out) { user_.on_gap(dropped, out); }

// Ending.

bool OperationBook::finish(OperationId id, OperationEnd how, ByteSpan last_event) {
  if (is_stopped_) return false;
  Bytes event = to_bytes(last_event);
  if (is_running(id) && event.size() > kInlineBytesMax) {
    event = user_.write_end(id, {GuestCode::kTooLarge,
                                 "",
                                 fmt::format("a result has at most {} bytes", kInlineBytesMax),
                                 {}});
    how = OperationEnd::kFailed;
  } else if (is_running(id) && end_bytes_ + event.size() > kEndBytesMax) {
    event = user_.write_end(id, {GuestCode::kFull, "", "too many results wait for the actor", {}});
    how = OperationEnd::kFailed;
  }
  own_end_ = std::move(event);
  const bool has_ended = operations_.finish(id, how);
  own_end_.reset();
  return has_ended;
}

bool OperationBook::finish_kept(OperationId id, ByteSpan last_event, Bytes result) {
  if (is_stopped_ || !is_running(id)) return finish(id, OperationEnd::kDone, last_event);
  if (kept_bytes_ + result.size() > kKeptBytesMax) {
    const Bytes full = user_.write_end(
        id, {GuestCode::kFull,
             "",
             fmt::format("results that are kept have {} bytes together", kKeptBytesMax),
             {}});
    return finish(id, OperationEnd::kFailed, full);
  }
  kept_bytes_ += result.size();
  kept_.insert_or_assign(id, Kept{std::move(result), ports_.clock.now() + kKeptTime});
  kept_in_turn_.push_back(id);
  return finish(id, OperationEnd::kDone, last_event);
}

void OperationBook::cancel(OperationId id) { operations_.cancel(id); }
void OperationBook::abort(OperationId id) {
  const Entry* entry = find(id);
  if (entry != nullptr && entry->step == Step::kBegun) user_.abort(id);
}

void OperationBook::end(OperationId id, OperationEnd how) {
  Bytes event =
      own_end_ ? *std::exchange(own_end_, std::nullopt) : user_.write_end(id, error_of(how));
  record_end(id, how, std::move(event));
}

void OperationBook::record_end(OperationId id, OperationEnd how, Bytes event) {
  const Entry* started = find(id);
  if (started == nullptr) return;
  const actor::OperationPhase phase = phase_of_end(how);
  const auto origin = ports_.actor.record_operation(
      {&ports_.family, id, recorded(phase), started->number, ByteSpan(event)});
  Entry* entry = find(id);
  if (!origin || entry == nullptr) return;  // the actor has failed
  end_bytes_ += event.size();
  end_entry(*entry, Last{phase, std::move(event), *origin});
  queue_.put_reserved(id.value | kOperationSource, entry->last->event, &*origin);
  rearm();
}

void OperationBook::delivered(OperationId id) {
  operations_.delivered(id);
  if (const auto place = entries_.find(id); place != entries_.end()) erase(place);
}

void OperationBook::stop() {
  is_stopped_ = true;
  operations_.abort_all();
  entries_.clear();
  prepared_.clear();
  begins_.clear();
  kept_.clear();
  kept_in_turn_.clear();
  kept_bytes_ = end_bytes_ = argument_bytes_ = 0;
  queue_.clear();
  lifeline_.cut();
  rearm();
}

// Time.

/// One timer, for the next deadline or the next result to be forgotten. What is only prepared has
/// no deadline to be held to yet: its invocation may wait for long.
void OperationBook::rearm() {
  std::optional<MonotonicTime> next = operations_.next_deadline();
  if (!kept_in_turn_.empty()) {
    const MonotonicTime until = kept_.at(kept_in_turn_.front()).until;
    next = std::min(next.value_or(until), until);
  }
  if (timer_ && timer_due_ == next) return;
  if (timer_) ports_.executor.cancel(*std::exchange(timer_, std::nullopt));
  timer_due_ = next;
  if (next) timer_ = ports_.executor.after(*next - ports_.clock.now(), [this] { on_time(); });
}

void OperationBook::on_time() {
  timer_.reset();
  const MonotonicTime now = ports_.clock.now();
  while (!kept_in_turn_.empty()) {
    const auto kept = kept_.find(kept_in_turn_.front());
    if (kept->second.until > now) break;
    kept_bytes_ -= kept->second.result.size();
    kept_.erase(kept);
    kept_in_turn_.pop_front();
  }
  operations_.expire(now);
  rearm();
}

// What the actor asks.

actor::OperationPhase OperationBook::phase_of(OperationId id, const Entry& entry) const {
  if (entry.last) return entry.last->phase;
  return is_running(id) ? actor::OperationPhase::kRunning : actor::OperationPhase::kQueued;
}

actor::OperationStatus OperationBook::status_of(OperationId id, const Entry& entry) const {
  return {phase_of(id, entry), entry.moved, entry.total};
}

std::optional<actor::OperationStatus> OperationBook::status(OperationId id) const {
  const Entry* entry = find(id);
  if (entry == nullptr) return std::nullopt;
  return status_of(id, *entry);
}

void OperationBook::pending(std::vector<OperationId>& ids) const {
  for (const auto& [id, entry] : entries_) ids.push_back(id);
}

Result<Bytes> OperationBook::collect(OperationId id, std::uint64_t offset,
                                     std::uint64_t bytes_max) const {
  const auto found = kept_.find(id);
  if (found == kept_.end()) return fail(Code::kNotFound, "nothing is kept");
  const Bytes& result = found->second.result;
  if (offset > result.size()) {
    return fail(Code::kInvalid, "the result has {} bytes", result.size());
  }
  const std::uint64_t count = std::min({bytes_max, kCollectBytesMax, result.size() - offset});
  return to_bytes(ByteSpan(result).subspan(offset, count));
}

void OperationBook::list(std::vector<actor::OperationView>& views) const {
  for (const auto& [id, entry] : entries_) {
    actor::OperationView view{actor::OperationView::What::kOperation,
                              id,
                              &ports_.family,
                              entry.function,
                              *entry.arguments,
                              status_of(id, entry),
                              entry.number,
                              entry.since,
                              std::nullopt};
    // Asked again: an entry that is only read from the history has no plan yet.
    // One that has ended has no time left, and perhaps no arguments.
    if (!entry.last) {
      const Planned plan = user_.plan({entry.function, *entry.arguments});
      if (plan && plan->time_max) view.deadline = entry.since + *plan->time_max;
    }
    views.push_back(std::move(view));
  }
}

void OperationBook::count(actor::Census& census) const {
  const auto is_live = [](const auto& one) { return !one.second.last; };
  census.operations += static_cast<std::uint64_t>(std::ranges::count_if(entries_, is_live));
  census.bytes += queue_.bytes() + kept_bytes_;
  census.timers += timer_ ? 1 : 0;
}

void OperationBook::measure(actor::Figures& figures) const {
  queue_.measure(figures);
  figures.gauge({"operations_running", "Operations at work."},
                static_cast<double>(operations_.running()));
  figures.gauge({"operations", "Operations whose last event was not handled yet."},
                static_cast<double>(entries_.size()));
  figures.gauge({"operations_kept_bytes", "Bytes of results that are kept for collect."},
                static_cast<double>(kept_bytes_));
  figures.counter({"operations_late_total", "Completions of operations that had ended."},
                  operations_.late());
}

}  // namespace theater::host
