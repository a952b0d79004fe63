// FakeLog: a log in memory that is durable as far as the test says.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "chain/codec.h"
#include "chain/hash.h"
#include "chain/log_writer.h"
#include "store/actor_history.h"

namespace theater::actor::testing {

/// Keeps every appended event as history would read it. One thread.
class FakeLog final : public chain::LogWriter {
 public:
  /// The test's hand: everything up to `lsn` survives; the gate is told through the executor.
  void make_durable(Lsn lsn) {
    durable_ = std::max(durable_, lsn);
    if (on_durable_) executor_->post([this] { on_durable_(durable_); });
  }
  void make_all_durable() { make_durable({events_.size()}); }
  void fail() { failed_ = true; }
  void mend() { failed_ = false; }
  /// What a power cut leaves.
  void cut() { events_.resize(durable_.value); }
  void set_disk(chain::DiskState disk) { disk_ = disk; }
  void set_undurable_bytes(std::uint64_t bytes) { undurable_ = bytes; }
  /// From now on each event that is not durable counts as so many bytes.
  void weigh_events(std::uint64_t bytes) { event_bytes_ = bytes; }
  /// The queue refuses what comes after `events` more, as if others had filled it by then.
  void fill_after(std::size_t events) { events_max_ = events_.size() + events; }
  /// The disk is short of room after `events` more.
  void run_short_after(std::size_t events, chain::DiskState disk = chain::DiskState::kSoft) {
    short_at_ = events_.size() + events;
    short_ = disk;
  }
  void make_room() {
    events_max_ = SIZE_MAX;
    is_full_ = false;
  }
  /// What an event counts in its chain's bytes: a record's worth, and what it commits to.
  std::uint64_t size_of(const store::StoredEvent& event) const {
    std::uint64_t bytes = record_bytes_ + (event.delta ? event.delta->size() : 0);
    for (const auto* list : {&event.inputs, &event.payloads, &event.outputs}) {
      for (const store::StoredEvent::Stored& stored : *list) bytes += stored.bytes.size();
    }
    return bytes;
  }
  void set_record_bytes(std::uint64_t bytes) { record_bytes_ = bytes; }
  /// How often a log thread would have been woken.
  std::size_t wakes() const { return wakes_; }
  /// Whether somebody waits for a batch, whosever frames it holds.
  bool is_awaited() const { return is_awaited_; }
  const std::vector<store::StoredEvent>& events() const { return events_; }
  store::StoredEvent& edit(std::size_t index) { return events_[index]; }

  Lsn durable() const override { return durable_; }
  std::uint64_t undurable_bytes() const override {
    if (is_full_) return chain::kShardQueueBytes;
    return undurable_ + (events_.size() - durable_.value) * event_bytes_;
  }
  chain::DiskState disk_state() const override { return disk_; }
  bool failed() const override { return failed_; }
  std::string failure() const override { return failed_ ? "the disk is gone" : ""; }
  void subscribe(chain::ShardIndex, io::Executor& executor,
                 std::move_only_function<void(Lsn)> on_durable) override {
    executor_ = &executor;
    on_durable_ = std::move(on_durable);
  }
  void await_batch(chain::ShardIndex) override { is_awaited_ = true; }
  void begin_group(chain::ShardIndex) override { is_grouping_ = true; }
  void end_group(chain::ShardIndex) override {
    is_grouping_ = false;
    wake();
  }
  chain::StepOutcome step() override { return chain::StepOutcome::kIdle; }
  void run() override {}
  void request_stop() override {}
  Status stop() override { return {}; }

 private:
  Result<chain::Submitted> submit(chain::ShardIndex, const chain::Link& link,
                                  const chain::RecordDraft& draft,
                                  std::span<const chain::Attachment> attachments) override {
    if (failed_) return theater::fail(Code::kIo, "the disk is gone");
    if (disk_ == chain::DiskState::kHard && chain::is_refused_on_full_disk(draft.kind)) {
      return theater::fail(Code::kNoSpace, "the disk is full");
    }
    if (events_.size() >= events_max_) {
      is_full_ = true;
      return theater::fail(Code::kFull, "the shard's log queue is full");
    }
    TRY(const Bytes bytes, chain::encode_record(link, draft));
    store::StoredEvent event;
    TRY_OK(chain::decode_record(bytes, event.record));
    event.record.inputs.assign(draft.inputs.begin(), draft.inputs.end());
    event.record.outputs.assign(draft.outputs.begin(), draft.outputs.end());
    event.leaf = chain::leaf_hash(bytes);
    event.lsn = {events_.size() + 1};
    std::size_t next = 0;
    const auto take = [&](std::size_t count, std::vector<store::StoredEvent::Stored>& out) {
      for (; count > 0; --count, ++next) {
        const chain::Attachment& one = attachments[next];
        out.push_back(one.stored ? events_[one.stored->value - 1].payloads.at(0)
                                 : store::StoredEvent::Stored{true, to_bytes(one.bytes), one.salt,
                                                              event.lsn});
      }
    };
    const bool has_manifest = std::holds_alternative<chain::GenesisBody>(draft.body);
    take(draft.inputs.size(), event.inputs);
    take(has_manifest ? 1 : draft.payloads.size(), event.payloads);
    if (next < attachments.size() &&
        attachments[next].attachment_class == chain::AttachmentClass::kDelta) {
      event.delta = to_bytes(attachments[next++].bytes);
    }
    take(draft.outputs.size(), event.outputs);
    const std::uint64_t bytes_in_log = std::max(event_bytes_, size_of(event));
    events_.push_back(std::move(event));
    if (events_.size() == short_at_) disk_ = short_;
    if (!is_grouping_) wake();
    return chain::Submitted{events_.back().lsn, events_.back().leaf, bytes_in_log};
  }
  void wake() {
    if (std::exchange(woken_for_, events_.size()) != events_.size()) ++wakes_;
  }

  std::vector<store::StoredEvent> events_;
  Lsn durable_;
  std::uint64_t undurable_ = 0, event_bytes_ = 0, record_bytes_ = 200;
  std::size_t events_max_ = SIZE_MAX, short_at_ = SIZE_MAX;
  bool is_full_ = false;  // has refused
  bool failed_ = false, is_grouping_ = false, is_awaited_ = false;
  std::size_t wakes_ = 0, woken_for_ = 0;  // events
  chain::DiskState disk_ = chain::DiskState::kGood, short_ = chain::DiskState::kSoft;
  io::Executor* executor_ = nullptr;
  std::move_only_function<void(Lsn)> on_durable_;
};

}  // namespace theater::actor::testing
