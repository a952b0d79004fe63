// The log's structures: segment headers, batch headers, frames, watermark slots, deltas. What is
// accepted is encoded to the same bytes. CRCs are repaired first, so that the rest is reached.
#include <cstdlib>

#include "chain/chunk_tree.h"
#include "chain/crc32c.h"
#include "chain/log_format.h"
#include "chain/watermark.h"

namespace {

using namespace theater;
using namespace theater::chain;

void require(bool condition) {
  if (!condition) std::abort();
}

/// The input cut or filled up to `size`, with the CRC of all but the last four bytes in those.
template <std::size_t kSize>
std::array<std::uint8_t, kSize> with_crc(ByteSpan bytes) {
  std::array<std::uint8_t, kSize> out{};
  std::copy_n(bytes.data(), std::min(bytes.size(), kSize), out.data());
  store_le<std::uint32_t>(out.data() + kSize - 4, crc32c(ByteSpan(out).first(kSize - 4)));
  return out;
}

void check_segment_header(ByteSpan bytes) {
  const auto raw = with_crc<kSegmentHeaderBytes>(bytes);
  const auto header = decode_segment_header(raw);
  if (!header) return;
  std::array<std::uint8_t, kSegmentHeaderBytes> again;
  encode(*header, again);
  require(again == raw);
}

void check_batch_header(ByteSpan bytes) {
  const auto raw = with_crc<kBatchHeaderBytes>(bytes);
  const auto header = decode_batch_header(raw);
  if (!header) return;
  std::array<std::uint8_t, kBatchHeaderBytes> again;
  encode(*header, again);
  require(again == raw);
}

void check_watermark(ByteSpan bytes) {
  const auto raw = with_crc<kWatermarkSlotBytes>(bytes);
  const auto mark = decode_watermark(raw);
  if (!mark) return;
  std::array<std::uint8_t, kWatermarkSlotBytes> again;
  encode(*mark, again);
  require(again == raw);
}

void check_frame(ByteSpan bytes) {
  if (bytes.size() < kFrameHeaderBytes) return;
  Bytes raw = to_bytes(bytes);
  store_le<std::uint32_t>(raw.data(), static_cast<std::uint32_t>(raw.size()));
  seal_frame(raw);
  Frame frame;
  if (!parse_frame(raw, frame)) return;
  std::uint64_t total = kFrameHeaderBytes + frame.record.size();
  for (const StoredAttachment& attachment : frame.attachments) {
    total += kAttachmentHeaderBytes;
    switch (attachment.place) {
      case AttachmentPlace::kHere:
        total += attachment.pay_bytes();
        break;
      case AttachmentPlace::kPay:
        total += 12;
        break;
      default:
        total += 8;
    }
  }
  require(total == raw.size());
}

void check_delta(ByteSpan bytes) {
  const auto delta = decode_delta(bytes);
  if (delta) require(equal(encode_delta(*delta), bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      check_segment_header(bytes);
      break;
    case 1:
      check_batch_header(bytes);
      break;
    case 2:
      check_watermark(bytes);
      break;
    case 3:
      check_frame(bytes);
      break;
    default:
      check_delta(bytes);
  }
  return 0;
}
