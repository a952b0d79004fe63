// Watermark slots and their file.
#include "chain/watermark.h"

#include <algorithm>

#include "chain/crc32c.h"
#include "chain/log_format.h"

namespace theater::chain {
namespace {

constexpr std::string_view kMagic = "theawat\n";
constexpr std::size_t kFields = 96;  // bytes used; the rest of a slot is zero
constexpr std::size_t kCrcAt = kWatermarkSlotBytes - 4;
constexpr std::size_t kFileBytes = 2 * kWatermarkSlotBytes;

std::string path_in(const std::string& directory) {
  return fmt::format("{}/{}", directory, kWatermarkName);
}

}  // namespace

void encode(const Watermark& watermark, std::span<std::uint8_t, kWatermarkSlotBytes> out) {
  std::ranges::fill(out, 0);
  std::ranges::copy(as_bytes(kMagic), out.data());
  store_le<std::uint32_t>(out.data() + 8, kLogFormat);
  store_le<std::uint32_t>(out.data() + 12, static_cast<std::uint32_t>(watermark.state));
  std::ranges::copy(watermark.node.span(), out.data() + 16);
  const std::uint64_t words[] = {watermark.turn,   watermark.epoch,     watermark.segment,
                                 watermark.offset, watermark.lsn.value, watermark.number};
  for (std::size_t i = 0; i < std::size(words); ++i) store_le(out.data() + 32 + 8 * i, words[i]);
  std::ranges::copy(watermark.link.span(), out.data() + 80);
  store_le<std::uint32_t>(out.data() + kCrcAt, crc32c(ByteSpan(out).first(kCrcAt)));
}

Result<Watermark> decode_watermark(ByteSpan slot) {
  if (slot.size() != kWatermarkSlotBytes || as_text(slot.first(8)) != kMagic ||
      load_le<std::uint32_t>(slot.data() + kCrcAt) != crc32c(slot.first(kCrcAt))) {
    return fail(Code::kCorrupt, "the watermark slot is damaged");
  }
  const auto word = [&](std::size_t i) { return load_le<std::uint64_t>(slot.data() + 32 + 8 * i); };
  Watermark watermark;
  watermark.state = static_cast<NodeState>(load_le<std::uint32_t>(slot.data() + 12));
  watermark.node = NodeId::from(slot.subspan(16, NodeId::size()));
  watermark.turn = word(0);
  watermark.epoch = word(1);
  watermark.segment = word(2);
  watermark.offset = word(3);
  watermark.lsn = {word(4)};
  watermark.number = word(5);
  watermark.link = BatchLink::from(slot.subspan(80, BatchLink::size()));
  const bool zero_rest = std::ranges::all_of(slot.subspan(kFields, kCrcAt - kFields),
                                             [](std::uint8_t byte) { return byte == 0; });
  if (load_le<std::uint32_t>(slot.data() + 8) != kLogFormat || !zero_rest ||
      watermark.state > NodeState::kStopped) {
    return fail(Code::kCorrupt, "the watermark slot is not in canonical form");
  }
  return watermark;
}

std::optional<Watermark> WatermarkSlots::newest() const {
  const bool first = slots[0] == Slot::kValid, second = slots[1] == Slot::kValid;
  if (!first && !second) return std::nullopt;
  if (first && second) return values[0].turn > values[1].turn ? values[0] : values[1];
  return first ? values[0] : values[1];
}

Result<WatermarkSlots> read_watermark(io::FileSystem& files, const std::string& directory) {
  TRY(const Bytes bytes, io::read_file(files, path_in(directory), kFileBytes));
  if (bytes.size() != kFileBytes) {
    return fail(Code::kCorrupt, "{}: {} bytes, not {}", path_in(directory), bytes.size(),
                kFileBytes);
  }
  WatermarkSlots result;
  for (std::size_t i = 0; i < 2; ++i) {
    const ByteSpan slot = ByteSpan(bytes).subspan(i * kWatermarkSlotBytes, kWatermarkSlotBytes);
    const bool empty = std::ranges::all_of(slot, [](std::uint8_t byte) { return byte == 0; });
    auto value = decode_watermark(slot);
    const bool valid = value && value->turn % 2 == i;
    result.slots[i] = valid   ? WatermarkSlots::Slot::kValid
                      : empty ? WatermarkSlots::Slot::kEmpty
                              : WatermarkSlots::Slot::kDamaged;
    if (valid) result.values[i] = *value;
  }
  return result;
}

Result<std::unique_ptr<WatermarkFile>> WatermarkFile::open(io::FileSystem& files,
                                                           const std::string& directory) {
  std::uint64_t turn = 0;
  if (const auto slots = read_watermark(files, directory)) {
    if (const auto newest = slots->newest()) turn = newest->turn;
  } else if (slots.error().code != Code::kNotFound) {
    return std::unexpected(slots.error());
  } else {
    TRY_OK(io::write_file_atomically(files, path_in(directory), Bytes(kFileBytes)));
  }
  TRY(auto file, files.open(path_in(directory), io::OpenMode::kReadWrite));
  return std::unique_ptr<WatermarkFile>(new WatermarkFile(std::move(file), turn));
}

Status WatermarkFile::write(Watermark watermark) {
  watermark.turn = turn_ + 1;
  std::array<std::uint8_t, kWatermarkSlotBytes> slot;
  encode(watermark, slot);
  TRY_OK(file_->write_at((watermark.turn % 2) * kWatermarkSlotBytes, slot));
  TRY_OK(file_->sync_data());
  ++turn_;
  return {};
}

}  // namespace theater::chain
