// Watermark slots and their file.
#include "chain/watermark.h"

#include <algorithm>
#include <bit>

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

bool all_zero(ByteSpan bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

std::uint32_t stored_crc(ByteSpan slot) { return load_le<std::uint32_t>(slot.data() + kCrcAt); }

/// What a slot says, whatever its CRC.
Result<Watermark> decode_fields(ByteSpan slot) {
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
  if (as_text(slot.first(8)) != kMagic || load_le<std::uint32_t>(slot.data() + 8) != kLogFormat ||
      !all_zero(slot.subspan(kFields, kCrcAt - kFields)) || watermark.state > NodeState::kStopped) {
    return fail(Code::kCorrupt, "the watermark slot is not in canonical form");
  }
  return watermark;
}

/// Whether one flipped bit is all that is wrong with a slot: that is rot, not a power cut.
bool one_bit_explains(ByteSpan slot) {
  if (std::popcount(crc32c(slot.first(kCrcAt)) ^ stored_crc(slot)) == 1) return true;
  Bytes flipped = to_bytes(slot.first(kCrcAt));
  for (std::size_t bit = 0; bit < 8 * kFields; ++bit) {
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    if (crc32c(flipped) == stored_crc(slot)) return true;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
  }
  return false;
}

/// A slot's fields stand in its first sector, its CRC in the last: of a write that a power cut
/// ended there may be one without the other. The fields of such a slot; all zero if there are none
/// yet. Nothing if the slot is not of that kind.
std::optional<Watermark> torn_fields(ByteSpan slot) {
  if (all_zero(slot.first(kCrcAt))) {
    if (std::popcount(stored_crc(slot)) == 1) return std::nullopt;
    return Watermark{};
  }
  const auto fields = decode_fields(slot);
  if (!fields || one_bit_explains(slot)) return std::nullopt;
  return *fields;
}

/// What stands in slot `index`; its fields, if it has any, go to `value`.
WatermarkSlots::Slot read_slot(ByteSpan slot, std::size_t index, Watermark& value) {
  using enum WatermarkSlots::Slot;
  if (all_zero(slot)) return kEmpty;
  const auto whole = decode_watermark(slot);
  if (whole) value = *whole;
  if (whole) return value.turn % 2 == index ? kValid : kDamaged;
  const auto torn = torn_fields(slot);
  if (torn) value = *torn;
  return torn && (value.turn % 2 == index || value.turn == 0) ? kTorn : kDamaged;
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
  if (slot.size() != kWatermarkSlotBytes || crc32c(slot.first(kCrcAt)) != stored_crc(slot)) {
    return fail(Code::kCorrupt, "the watermark slot is damaged");
  }
  return decode_fields(slot);
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
    result.slots[i] = read_slot(slot, i, result.values[i]);
  }
  return result;
}

Result<std::unique_ptr<WatermarkFile>> WatermarkFile::open(io::FileSystem& files,
                                                           const std::string& directory) {
  std::optional<Watermark> last;
  if (const auto slots = read_watermark(files, directory)) {
    last = slots->newest();
  } else if (slots.error().code != Code::kNotFound) {
    return std::unexpected(slots.error());
  } else {
    TRY_OK(io::write_file_atomically(files, path_in(directory), Bytes(kFileBytes)));
  }
  TRY(auto file, files.open(path_in(directory), io::OpenMode::kReadWrite));
  auto opened = std::unique_ptr<WatermarkFile>(new WatermarkFile(std::move(file)));
  if (last) TRY_OK(opened->store(*last));
  return opened;
}

Status WatermarkFile::write(Watermark watermark) {
  watermark.turn = turn_ + 1;
  return store(watermark);
}

Status WatermarkFile::store(const Watermark& watermark) {
  std::array<std::uint8_t, kWatermarkSlotBytes> slot;
  encode(watermark, slot);
  TRY_OK(file_->write_at((watermark.turn % 2) * kWatermarkSlotBytes, slot));
  TRY_OK(file_->sync_data());
  turn_ = watermark.turn;
  return {};
}

}  // namespace theater::chain
