// LogVerifier: checks a node's log in whole: batches, records, attachments, chains, watermark.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "chain/attachment_resolver.h"
#include "chain/batch_scanner.h"
#include "chain/chain_rules.h"
#include "chain/verify.h"
#include "chain/watermark.h"
#include "io/file.h"

namespace theater::chain {

/// Reads and changes nothing. One use. The first damage in log order ends the reading and is
/// `report.bad`; an Error means that the log could not be read at all.
class LogVerifier {
 public:
  /// What the caller sees on the way; each may be empty.
  struct Hooks {
    /// Each event that names a file beside the log (genesis, upgrade, snapshot) and holds.
    std::function<void(const Record&, const Location&)> on_file;
    /// The reading enters a segment; the chains are as they are before it.
    std::function<void(const SegmentHeader&)> on_segment;
  };

  LogVerifier(io::FileSystem& files, const std::string& directory, const VerifyOptions& options,
              Hooks hooks);
  ~LogVerifier();

  Status run(const NodeId& node, VerifyReport& report);

  /// The chains as far as the log was read.
  std::size_t chains() const { return actors_.size(); }
  const ChainRules* chain(const ActorId& actor) const {
    const auto found = actors_.find(actor);
    return found == actors_.end() ? nullptr : found->second.get();
  }

 private:
  struct Place {  // of what is being checked, for the report
    Location location;
    std::optional<ActorId> actor;
    std::optional<Seq> seq;
  };

  Status check_all(const NodeId& node);
  Status load_watermark(const NodeId& node);
  Result<WatermarkSlots> read_slots() const;
  Result<bool> look_for_start();
  Status by_the_rules(const std::function<Status()>& check);
  Status check_slot(std::size_t index, const NodeId& node);
  Status check_watermark_end();
  Status check_file_names();
  Status check_prepared(std::string_view name);
  Result<std::optional<std::uint64_t>> first_nonzero_of(std::string_view name) const;
  Status check_batches();
  Status check_batch(const ScannedBatch& batch);
  Status check_frame(const Frame& frame);
  Status check_attachments(const Frame& frame, std::optional<Delta>& delta);
  Status check_attachment(const Frame& frame, std::size_t index, const Expected& expected);
  Status check_pay_place(const Frame& frame, const StoredAttachment& attachment);
  Status check_watermarks_at(const ScannedBatch& batch);
  Status enter_segment(std::uint64_t segment);
  Status leave_segment(std::uint64_t segment, std::uint64_t end);
  Result<Evidence> missing_batch();
  Status check_end();
  Status check_tail(std::uint64_t from);
  Status check_pay_end(std::uint64_t segment);
  Status report_missing_batch();
  void name_damaged_event(ByteSpan frames);
  ActorId likely_actor(ByteSpan frame, std::span<const ActorId> known) const;
  ChainRules& rules_of(const ActorId& actor);
  void progress();

  bool running() const { return has_started_ || !newest_ || newest_->state == NodeState::kRunning; }
  void at(const std::string& name, std::uint64_t offset) {
    place_ = {{"log/" + name, offset}, std::nullopt, std::nullopt};
  }
  /// Another place in the same file, whose name is not made again.
  void at(std::uint64_t offset) {
    place_.location.offset = offset;
    place_.actor.reset();
    place_.seq.reset();
  }
  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }

  io::FileSystem& files_;
  const std::string directory_;
  const VerifyOptions& options_;
  Hooks hooks_;
  VerifyReport* report_ = nullptr;
  Place place_;
  std::optional<BatchScanner> scanner_;
  AttachmentResolver resolver_;
  WatermarkSlots watermarks_;
  std::optional<Watermark> newest_;
  bool has_started_ = false;  // a node, since the watermark was read
  BatchLink link_;
  Lsn next_lsn_{1};
  std::uint64_t segment_ = 0, pay_end_ = 0, next_progress_ = 0;
  std::uint64_t bytes_read_ = 0;  // of segments, for the progress
  References references_;
  std::unordered_map<ActorId, std::unique_ptr<ChainRules>> actors_;
  ChainRules* last_actor_ = nullptr;
  Frame frame_;
  Record record_;
  Bytes leaves_;
};

}  // namespace theater::chain
