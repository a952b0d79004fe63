// EventQueue: bounds, marks, promises and overflow episodes.
#include "host/event_queue.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/probe.h"

namespace theater::host {

namespace {

constexpr std::size_t kSpareMax = 256;        // emptied buffers kept
constexpr std::size_t kSpareBytesMax = 4096;  // larger ones are given back
constexpr Nanoseconds kTellEvery = std::chrono::seconds(1);

chain::OverflowPolicy recorded(QueuePolicy policy) {
  switch (policy) {
    case QueuePolicy::kPause:
      return chain::OverflowPolicy::kStop;
    case QueuePolicy::kRefuse:
      return chain::OverflowPolicy::kRefuse;
    case QueuePolicy::kCoalesce:
      return chain::OverflowPolicy::kCoalesce;
    case QueuePolicy::kDropOldest:
      return chain::OverflowPolicy::kDropOldest;
  }
  return chain::OverflowPolicy::kRefuse;
}

}  // namespace

EventQueue::EventQueue(Options options, QueueUser& user, actor::ActorPort& actor,
                       const io::Clock& clock)
    : options_(std::move(options)), user_(user), actor_(actor), clock_(clock) {
  CHECK(options_.limits.items_max > 0 && options_.limits.bytes_max > 0, "BOUND-1");
}

bool EventQueue::accepts(std::size_t bytes) const {
  return ordinary_ < options_.limits.items_max &&
         counters_.bytes + bytes <= options_.limits.bytes_max;
}

Put EventQueue::put(std::uint64_t source, ByteSpan event, std::string_view key) {
  if (!key.empty() && coalesce(event, key)) return Put::kCoalesced;
  return admit(source, event, Bytes(), key);
}

Put EventQueue::put(std::uint64_t source, ByteSpan head, Bytes&& body) {
  return admit(source, head, std::move(body), {});
}

/// Queues it if there is room, or comes to be as the policy says.
Put EventQueue::admit(std::uint64_t source, ByteSpan head, Bytes&& body, std::string_view key) {
  const std::size_t bytes = head.size() + body.size();
  Put answer = Put::kQueued;
  while (!accepts(bytes)) {
    overflow(bytes);
    const bool may_drop = options_.policy == QueuePolicy::kDropOldest && ordinary_ > 0;
    if (!may_drop) {
      ++counters_.refused;
      return Put::kRefused;
    }
    drop_oldest();
    answer = Put::kDroppedOldest;
  }
  ++ordinary_;
  push({source, clock_.now(), buffer_for(head), std::string(key), false, nullptr, std::move(body)});
  return answer;
}

bool EventQueue::reserve(std::uint64_t items) {
  if (promised_ + items > options_.limits.reserved_max) return false;
  promised_ += items;
  return true;
}

void EventQueue::unreserve(std::uint64_t items) {
  CHECK(items <= promised_, "BOUND-1");
  promised_ -= items;
}

void EventQueue::put_reserved(std::uint64_t source, ByteSpan event,
                              const actor::EventOrigin* origin) {
  CHECK(promised_ > 0, "BOUND-1");
  auto kept = origin == nullptr ? nullptr : std::make_unique<actor::EventOrigin>(*origin);
  push({source, clock_.now(), buffer_for(event), {}, true, std::move(kept), {}});
}

void EventQueue::push(Item item) {
  counters_.bytes += item.size();
  if (!item.key.empty()) number_of_key_[item.key] = first_number_ + items_.size();
  items_.push_back(std::move(item));
  ++counters_.in;
  counters_.peak_depth = std::max<std::uint64_t>(counters_.peak_depth, items_.size());
  counters_.peak_bytes = std::max(counters_.peak_bytes, counters_.bytes);
  update_marks();
  if (items_.size() == 1) actor_.events_ready();
}

Bytes EventQueue::buffer_for(ByteSpan event) {
  if (spare_.empty() || event.size() > kSpareBytesMax) return to_bytes(event);
  Bytes buffer = std::move(spare_.back());
  spare_.pop_back();
  buffer.assign(event.begin(), event.end());
  return buffer;
}

void EventQueue::pop() {
  Item& item = items_.front();
  counters_.bytes -= item.size();
  if (item.is_reserved) {
    CHECK(promised_ > 0, "BOUND-1");
    --promised_;
  } else {
    --ordinary_;
  }
  if (!item.key.empty()) number_of_key_.erase(item.key);
  if (item.event.capacity() <= kSpareBytesMax && spare_.size() < kSpareMax) {
    spare_.push_back(std::move(item.event));
  }
  items_.pop_front();
  ++first_number_;
}

/// The newest takes the queued one's place, so that its turn stays.
bool EventQueue::coalesce(ByteSpan event, std::string_view key) {
  const auto found = number_of_key_.find(std::string(key));
  if (found == number_of_key_.end()) return false;
  Item& item = items_[found->second - first_number_];
  counters_.bytes -= item.event.size();
  item.event.assign(event.begin(), event.end());
  counters_.bytes += item.event.size();
  ++counters_.coalesced;
  overflow(event.size());
  return true;
}

void EventQueue::drop_oldest() {
  // Promised events stay: only ordinary ones may be dropped, and one stands before long.
  std::size_t oldest = 0;
  while (oldest < items_.size() && items_[oldest].is_reserved) ++oldest;
  CHECK(oldest < items_.size(), "BOUND-1");
  for (; oldest > 0; --oldest) std::swap(items_[oldest], items_[oldest - 1]);
  const std::uint64_t source = items_.front().source;
  const std::size_t bytes = items_.front().size();
  pop();
  ++gap_;
  ++counters_.dropped;
  user_.on_taken(source, bytes);
}

void EventQueue::overflow(std::size_t bytes) {
  PROBE("queue: overflow");
  ++episode_.items;
  episode_.bytes += bytes;
  const bool is_due = clock_.now() - episode_.told >= kTellEvery;
  if (episode_.is_open && !is_due) return;
  episode_.is_open = true;
  tell_overflow();
}

void EventQueue::tell_overflow() {
  episode_.told = clock_.now();
  actor_.record_overflow(
      {options_.name, recorded(options_.policy), episode_.items, episode_.bytes});
}

bool EventQueue::is_below(std::uint64_t numerator, std::uint64_t denominator) const {
  return ordinary_ * denominator < options_.limits.items_max * numerator &&
         counters_.bytes * denominator < options_.limits.bytes_max * numerator;
}

void EventQueue::update_marks() {
  if (!is_paused_ && !is_below(3, 4)) {
    is_paused_ = true;
    ++counters_.paused;
  }
}

void EventQueue::add(const Item& item, actor::EventBatch& batch) {
  if (item.body.empty()) return batch.add(item.event, item.origin.get());
  append(batch.buffer(), item.event);
  batch.add(item.body, item.origin.get());
}

void EventQueue::take(actor::EventBatch& batch) {
  if (gap_ > 0 && batch.accepts(0)) {
    user_.write_gap(std::exchange(gap_, 0), batch.buffer());
    batch.end_event();
  }
  bool is_opening = batch.empty();  // so far only events that open a batch
  while (!items_.empty() && batch.accepts(items_.front().size())) {
    const std::uint64_t source = items_.front().source;
    if (!user_.opens_batch(source)) {
      is_opening = false;
    } else if (!is_opening) {
      break;
    }
    const std::size_t bytes = items_.front().size();
    add(items_.front(), batch);
    pop();
    ++counters_.out;
    user_.on_taken(source, bytes);
  }
  if (!is_below(3, 8)) return;
  if (episode_.is_open) {
    tell_overflow();
    episode_ = {};
  }
  if (std::exchange(is_paused_, false)) {
    PROBE("queue: resumed");
    user_.on_resumed();
  }
}

QueueCounters EventQueue::counters() const {
  QueueCounters counters = counters_;
  counters.depth = items_.size();
  if (!items_.empty()) counters.oldest_age = clock_.now() - items_.front().since;
  return counters;
}

void EventQueue::measure(actor::Figures& figures) const {
  const QueueCounters now = counters();
  const auto gauge = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    figures.gauge({name, help}, static_cast<double>(value));
  };
  gauge("queue_depth", "Events that wait for the actor.", now.depth);
  gauge("queue_bytes", "Bytes of the events that wait.", now.bytes);
  gauge("queue_high_water_depth", "The most events that ever waited.", now.peak_depth);
  gauge("queue_high_water_bytes", "The most bytes that ever waited.", now.peak_bytes);
  gauge("queue_paused", "1 if the sources are not read: the queue is over its high mark.",
        is_paused_ ? 1 : 0);
  figures.gauge({"queue_oldest_age_seconds", "How long the first event has waited."},
                std::chrono::duration<double>(now.oldest_age).count());
  figures.counter({"queue_in_total", "Events queued."}, now.in);
  figures.counter({"queue_out_total", "Events taken by the actor."}, now.out);
  figures.counter({"queue_refused_total", "Events refused for want of room."}, now.refused);
  figures.counter({"queue_coalesced_total", "Events merged into one that waited."}, now.coalesced);
  figures.counter({"queue_dropped_total", "Events dropped; the actor was told."}, now.dropped);
  figures.counter({"queue_pauses_total", "Times the sources were paused."}, now.paused);
}

void EventQueue::release_memory() {
  spare_ = {};
  items_.release_memory();
}

void EventQueue::clear() {
  while (!items_.empty()) pop();
  gap_ = 0;
  episode_ = {};
  is_paused_ = false;
}

}  // namespace theater::host
