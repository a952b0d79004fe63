// AttachmentResolver: finds the bytes that a record commits to, wherever they are stored.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "chain/batch_scanner.h"
#include "chain/commitments.h"
#include "chain/event.h"
#include "chain/limits.h"
#include "chain/log_format.h"
#include "chain/segment_window.h"
#include "io/file.h"

namespace theater::chain {

/// Bytes of one attachment. Valid until the resolver's or the frame's next change.
struct AttachmentBytes {
  Salt salt;  // of a payload
  ByteSpan bytes;
  Lsn holder;  // the frame that has them
};

/// Reads pay files and earlier frames. `note` every batch, in order, before resolving what is in
/// it; the places of the last `places_max` are kept, what is before them is looked for in the
/// segments. Checks places and lengths, not digests: verify does. Not for concurrent use.
class AttachmentResolver {
 public:
  AttachmentResolver(io::FileSystem& files, std::string directory,
                     std::size_t places_max = kBatchPlacesMax)
      : files_(files), directory_(std::move(directory)), places_max_(places_max) {}

  void note(const ScannedBatch& batch);

  /// Decodes a frame's record, its pages included (their hashes are checked), and checks that its
  /// attachments are those that the record commits to.
  Status decode(const Frame& frame, Record& record);

  /// The bytes of one attachment of a decoded frame. `commitment` is needed for payloads.
  Result<AttachmentBytes> resolve(const Frame& frame, std::size_t attachment,
                                  const PayloadCommitment* commitment);

 private:
  struct BatchPlaceOnDisk {
    Lsn first_lsn;
    std::uint64_t segment = 0, offset = 0, bytes = 0;
  };

  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }
  Result<AttachmentBytes> read_pay(const Frame& frame, const StoredAttachment& attachment);
  Result<AttachmentBytes> read_elsewhere(Lsn lsn, const PayloadCommitment& commitment);
  Status find_frame(Lsn lsn, Frame& frame);
  Result<BatchPlaceOnDisk> find_batch(Lsn lsn);
  Result<BatchPlaceOnDisk> search_batch(Lsn lsn);
  Result<ByteSpan> page_bytes(const Frame& frame, std::size_t attachment, const Page& page);
  Status decode_pages(const Frame& frame, Record& record);

  io::FileSystem& files_;
  const std::string directory_;
  const std::size_t places_max_;
  std::deque<BatchPlaceOnDisk> batches_;
  std::optional<SegmentWindow> pay_, earlier_;
  std::uint64_t pay_number_ = 0, earlier_number_ = 0;
  Frame earlier_frame_;
  Record earlier_record_;
};

/// Whether a frame carries a delta.
HasDelta delta_of(const Frame& frame);
/// The pages of a decoded record.
PagesOf pages_of(const Record& record);

}  // namespace theater::chain
