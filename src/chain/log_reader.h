// LogReader: the frames of a data directory in lsn order, read-only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "chain/attachment_resolver.h"
#include "chain/batch_scanner.h"
#include "chain/log_format.h"
#include "chain/log_position.h"
#include "io/file.h"

namespace theater::chain {

enum class ReadUpTo : std::uint8_t {
  kEnd,      // the last valid batch; what is behind it is judged by the evidence rule
  kDurable,  // the last batch proved durable by a later one or the watermark
};

/// Reads batch by batch, checking headers, CRCs and continuity (not hashes: verify does). May run
/// beside a writing node, then with kDurable: `next` answers nullptr at the durable end and goes on
/// when called again later. Not for concurrent use.
class LogReader {
 public:
  /// Begins with the first frame of segment `from`, or of the next one that has any.
  static Result<std::unique_ptr<LogReader>> open(io::FileSystem& files,
                                                 const std::string& directory, ReadUpTo up_to,
                                                 std::uint64_t from = 1);

  /// The next frame, or nullptr at the end. kCorrupt where an acknowledged batch is damaged; the
  /// message names file and offset.
  Result<const Frame*> next();
  /// Decodes the current frame's record with its pages.
  Status decode(const Frame& frame, Record& record) { return resolver_.decode(frame, record); }
  /// The bytes of an attachment of the current frame, valid until the next call.
  Result<AttachmentBytes> resolve(const Frame& frame, std::size_t attachment,
                                  const PayloadCommitment* commitment) {
    return resolver_.resolve(frame, attachment, commitment);
  }
  /// Whether `next` answered nullptr although a batch is there: nothing vouches for that one yet.
  bool awaits_proof() const { return batch_ != nullptr && !proved_; }
  AttachmentResolver& resolver() { return resolver_; }
  /// Of the frame that comes next.
  Lsn next_lsn() const { return next_lsn_; }
  static Location location(const Frame& frame) { return location(frame.segment, frame.offset); }
  static Location location(std::uint64_t segment, std::uint64_t offset);

 private:
  LogReader(io::FileSystem& files, const std::string& directory, ReadUpTo up_to,
            BatchScanner scanner)
      : files_(files),
        directory_(directory),
        up_to_(up_to),
        scanner_(std::move(scanner)),
        resolver_(files, directory),
        next_lsn_(scanner_.position().next_lsn) {}
  Result<bool> next_batch();
  Result<bool> is_durable(std::uint64_t batch_number);
  Result<bool> missing_batch();
  std::unexpected<Error> corrupt(std::string_view why) const;

  io::FileSystem& files_;
  const std::string directory_;
  const ReadUpTo up_to_;
  BatchScanner scanner_;
  AttachmentResolver resolver_;
  const ScannedBatch* batch_ = nullptr;  // being read, or waiting for its proof
  bool proved_ = false;
  std::size_t at_ = 0;         // of the next frame in the batch's body
  std::uint64_t vouched_ = 0;  // number of the last batch known durable from the watermark
  Lsn next_lsn_;
  Frame frame_;
};

}  // namespace theater::chain
