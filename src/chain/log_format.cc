// Encoding and strict decoding of the log's fixed structures.
#include "chain/log_format.h"

#include <algorithm>
#include <cstring>

#include "chain/crc32c.h"

namespace theater::chain {
namespace {

constexpr std::string_view kSegmentMagic = "theaseg\n";
constexpr std::string_view kBatchMagic = "theabat\n";

std::string numbered(std::string_view prefix, std::uint64_t number) {
  return fmt::format("{}{:010}.log", prefix, number);
}

std::optional<std::uint64_t> number_in(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : name.substr(prefix.size())) {
    if (c < '0' || c > '9' || number > UINT32_MAX) break;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return numbered(prefix, number) == name ? std::optional(number) : std::nullopt;
}

/// Writes fields at fixed places.
class Fields {
 public:
  explicit Fields(std::span<std::uint8_t> out) : out_(out) { std::ranges::fill(out, 0); }
  template <typename T>
  void put(std::size_t at, T value) {
    store_le<T>(out_.data() + at, value);
  }
  void put(std::size_t at, ByteSpan bytes) { std::ranges::copy(bytes, out_.data() + at); }
  /// The CRC of all before it, in the last four bytes.
  void finish() {
    put<std::uint32_t>(out_.size() - 4, crc32c(ByteSpan(out_).first(out_.size() - 4)));
  }

 private:
  std::span<std::uint8_t> out_;
};

template <typename T>
T get(ByteSpan bytes, std::size_t at) {
  return load_le<T>(bytes.data() + at);
}
template <typename T>
T get_id(ByteSpan bytes, std::size_t at) {
  return T::from(bytes.subspan(at, T::size()));
}

/// True if the last four bytes are the CRC of the rest.
bool crc_holds(ByteSpan bytes) {
  const std::size_t body = bytes.size() - 4;
  return get<std::uint32_t>(bytes, body) == crc32c(bytes.first(body));
}

std::unexpected<Error> corrupt(std::string_view what) { return fail(Code::kCorrupt, "{}", what); }

}  // namespace

std::string segment_name(std::uint64_t number) { return numbered("seg-", number); }
std::string pay_name(std::uint64_t number) { return numbered("pay-", number); }
std::optional<std::uint64_t> segment_number(std::string_view name) {
  return number_in(name, "seg-");
}
std::optional<std::uint64_t> pay_number(std::string_view name) { return number_in(name, "pay-"); }

void encode(const SegmentHeader& header, std::span<std::uint8_t, kSegmentHeaderBytes> out) {
  Fields fields(out);
  fields.put(0, as_bytes(kSegmentMagic));
  fields.put<std::uint32_t>(8, kLogFormat);
  fields.put<std::uint32_t>(12, header.batch_bytes_max);
  fields.put(16, header.uuid.span());
  fields.put(32, header.node.span());
  fields.put<std::uint64_t>(48, header.number);
  fields.put<std::uint64_t>(56, header.first_lsn.value);
  fields.put<std::uint64_t>(64, header.first_batch);
  fields.put(72, header.link.span());
  fields.put<std::uint64_t>(88, header.epoch);
  fields.put<std::uint64_t>(96, header.segment_bytes);
  fields.finish();
}

Result<SegmentHeader> decode_segment_header(ByteSpan bytes) {
  if (bytes.size() != kSegmentHeaderBytes) return corrupt("the segment header is cut short");
  if (as_text(bytes.first(8)) != kSegmentMagic || !crc_holds(bytes)) {
    return corrupt("the segment header is damaged");
  }
  if (get<std::uint32_t>(bytes, 8) != kLogFormat) {
    return fail(Code::kUnsupported, "the segment has format {}, this build reads {}",
                get<std::uint32_t>(bytes, 8), kLogFormat);
  }
  SegmentHeader header;
  header.batch_bytes_max = get<std::uint32_t>(bytes, 12);
  header.uuid = get_id<SegmentUuid>(bytes, 16);
  header.node = get_id<NodeId>(bytes, 32);
  header.number = get<std::uint64_t>(bytes, 48);
  header.first_lsn = {get<std::uint64_t>(bytes, 56)};
  header.first_batch = get<std::uint64_t>(bytes, 64);
  header.link = get_id<BatchLink>(bytes, 72);
  header.epoch = get<std::uint64_t>(bytes, 88);
  header.segment_bytes = get<std::uint64_t>(bytes, 96);
  std::array<std::uint8_t, kSegmentHeaderBytes> again;
  encode(header, again);
  const bool fits =
      header.segment_bytes >= kSegmentBytesMin && header.segment_bytes <= kSegmentBytesMax &&
      header.segment_bytes % kSectorBytes == 0 && header.batch_bytes_max >= kBatchBytesMin &&
      header.batch_bytes_max <= kBatchBytesMax;
  if (!fits || !equal(again, bytes)) return corrupt("the segment header is not in canonical form");
  return header;
}

void encode(const BatchHeader& header, std::span<std::uint8_t, kBatchHeaderBytes> out) {
  Fields fields(out);
  fields.put(0, as_bytes(kBatchMagic));
  fields.put<std::uint32_t>(8, kLogFormat);
  fields.put<std::uint32_t>(12, static_cast<std::uint32_t>(header.seal));
  fields.put<std::uint64_t>(16, header.epoch);
  fields.put(24, header.uuid.span());
  fields.put<std::uint64_t>(40, header.number);
  fields.put<std::uint64_t>(48, header.first_lsn.value);
  fields.put<std::uint32_t>(56, header.frames);
  fields.put<std::uint32_t>(60, header.body_bytes);
  fields.put<std::uint64_t>(64, header.durable_upto);
  fields.put(72, header.link.span());
  fields.put<std::uint32_t>(88, header.body_crc);
  fields.finish();
}

bool has_batch_magic(ByteSpan bytes) {
  return bytes.size() >= 8 && as_text(bytes.first(8)) == kBatchMagic;
}

Result<BatchHeader> decode_batch_header(ByteSpan bytes) {
  if (bytes.size() != kBatchHeaderBytes || !has_batch_magic(bytes) || !crc_holds(bytes)) {
    return corrupt("the batch header is damaged");
  }
  BatchHeader header;
  const auto flags = get<std::uint32_t>(bytes, 12);
  header.seal = static_cast<BatchHeader::Seal>(flags);
  header.epoch = get<std::uint64_t>(bytes, 16);
  header.uuid = get_id<SegmentUuid>(bytes, 24);
  header.number = get<std::uint64_t>(bytes, 40);
  header.first_lsn = {get<std::uint64_t>(bytes, 48)};
  header.frames = get<std::uint32_t>(bytes, 56);
  header.body_bytes = get<std::uint32_t>(bytes, 60);
  header.durable_upto = get<std::uint64_t>(bytes, 64);
  header.link = get_id<BatchLink>(bytes, 72);
  header.body_crc = get<std::uint32_t>(bytes, 88);
  std::array<std::uint8_t, kBatchHeaderBytes> again;
  encode(header, again);
  const bool empty = header.frames == 0 && header.body_bytes == 0;
  const bool sealed = header.seal == BatchHeader::Seal::kYes;
  if (flags > 1 || empty != sealed || header.body_bytes > kBatchBytesMax - kBatchHeaderBytes ||
      get<std::uint32_t>(bytes, 8) != kLogFormat || !equal(again, bytes)) {
    return corrupt("the batch header is not in canonical form");
  }
  return header;
}

}  // namespace theater::chain
