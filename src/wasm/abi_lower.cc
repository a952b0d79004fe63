// Lowering: canonical binary to core values and guest memory.
#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "wasm/abi.h"
#include "wasm/abi_guest.h"
#include "wasm/binary_reader.h"
#include "wasm/utf8.h"

namespace theater::wasm {

namespace {

/// Reads binary that comes in pieces; a refusal by any of them sticks.
class PieceReader {
 public:
  explicit PieceReader(std::span<const ByteSpan> pieces) : pieces_(pieces) {
    for (const ByteSpan piece : pieces) later_ += piece.size();
  }

  /// The reader of the piece that holds the next byte.
  BinaryReader& next() {
    if (reader_.remaining() == 0) [[unlikely]]
      advance();
    return reader_;
  }
  /// A count of at most the bytes that remain in all pieces.
  std::uint64_t count() {
    BinaryReader& reader = next();
    return reader.count(later_);
  }
  /// Length and raw bytes.
  ByteSpan bytes() {
    const std::uint64_t length = count();
    return length == 0 ? ByteSpan{} : next().raw(length);
  }
  bool ok() const { return reader_.ok(); }
  Status finish() {
    if (ok()) advance();
    TRY_OK(reader_.finish());
    return {};
  }

 private:
  void advance() {
    while (reader_.ok() && reader_.remaining() == 0 && taken_ < pieces_.size()) {
      const ByteSpan piece = pieces_[taken_++];
      later_ -= piece.size();
      reader_ = BinaryReader(piece);
    }
  }

  std::span<const ByteSpan> pieces_;
  std::size_t taken_ = 0;
  std::uint64_t later_ = 0;  // bytes of the pieces not taken
  BinaryReader reader_{ByteSpan{}};
};

/// A narrow value in a core slot: the bytes above it are zero, so that a slot joined to i64 by a
/// variant holds the zero-extended value whatever its case.
template <typename T>
CoreValue slot(T value) {
  CoreValue made;
  made.i64 = 0;
  std::memcpy(made.bytes, &value, sizeof value);
  return made;
}

/// Lowers one call's values. Recursion is as deep as the types.
class Lowering {
 public:
  Lowering(const FunctionLayout& layout, std::span<const ByteSpan> pieces, const GuestSide& guest)
      : layout_(layout), guest_(guest), reader_(pieces), writer_(guest) {}

  TrapOr<void> arguments(std::span<CoreValue> core) {
    const LayoutNode& tuple = layout_.node(layout_.parameters());
    if (layout_.parameters_spilled()) {
      GuestRange range{0, tuple.size};
      if (writer_.allocate("parameter area", tuple.alignment, range)) {
        store(tuple, range.pointer);
        core[0] = slot(static_cast<std::uint32_t>(range.pointer));
      }
    } else {
      flatten(tuple, core.data());
    }
    return finish();
  }

  TrapOr<void> result(const ImportReturn& place) {
    if (!layout_.has_result()) return finish();
    const LayoutNode& node = layout_.node(layout_.result());
    if (layout_.result_spilled()) {
      const auto pointer = static_cast<std::uint32_t>(place.core_arguments.back().i32);
      if (writer_.check("result area", node.alignment, {pointer, node.size})) store(node, pointer);
    } else {
      flatten(node, place.core_results.data());
    }
    return finish();
  }

 private:
  TrapOr<void> finish() {
    if (!writer_.ok()) return std::unexpected(std::move(*writer_.trap()));
    if (auto status = reader_.finish(); !status) {
      return std::unexpected(
          Trap{TrapKind::kHost, fmt::format("malformed value: {}", status.error().message), {}});
    }
    return {};
  }

  bool going_on() const { return writer_.ok() && reader_.ok(); }

  void store(const LayoutNode& node, std::uint64_t place);
  void store_fields(const LayoutNode& node, std::uint64_t place);
  void store_case(const LayoutNode& node, std::uint64_t place);
  void flatten(const LayoutNode& node, CoreValue* out);
  CoreValue flatten_scalar(const LayoutNode& node);
  void flatten_fields(const LayoutNode& node, CoreValue* out);
  void flatten_case(const LayoutNode& node, CoreValue* out);

  std::uint32_t read_case(const LayoutNode& node) {
    return static_cast<std::uint32_t>(reader_.next().unsigned_number(node.part_count - 1));
  }
  std::uint32_t read_flags(const LayoutNode& node);
  GuestString read_string();
  std::uint32_t read_handle(const LayoutNode& node);

  struct GuestList {
    std::uint32_t pointer = 0;
    std::uint32_t count = 0;
  };
  GuestList read_list(const LayoutNode& node);
  void store_elements(const LayoutNode& element, std::uint64_t place, std::uint64_t count);
  void store_raw(std::uint64_t place, std::uint64_t size);
  template <typename Read>
  void store_numbers(std::uint64_t place, std::uint64_t count, Read read);

  const FunctionLayout& layout_;
  const GuestSide& guest_;
  PieceReader reader_;
  GuestWriter writer_;
};

std::uint32_t Lowering::read_flags(const LayoutNode& node) {
  BinaryReader& reader = reader_.next();
  std::uint64_t bits = 0;
  for (std::uint32_t done = 0; done < node.label_count; done += 8) {
    bits |= std::uint64_t{reader.byte()} << done;
  }
  if (bits >> node.label_count != 0) reader.refuse("unused flag bit is set");
  return static_cast<std::uint32_t>(bits);
}

GuestString Lowering::read_string() {
  const ByteSpan text = reader_.bytes();
  if (!is_valid_utf8(text)) reader_.next().refuse("string is not valid UTF-8");
  GuestString stored;
  if (going_on()) (void)store_string(writer_, guest_.encoding, text, stored);
  return stored;
}

std::uint32_t Lowering::read_handle(const LayoutNode& node) {
  const std::uint64_t id = reader_.next().unsigned_number(UINT64_MAX);
  if (!going_on()) return 0;
  if (guest_.handles == nullptr) {
    writer_.refuse(TrapKind::kResource, "the function has no handle table");
    return 0;
  }
  auto handle = node.kind == Kind::kOwn ? guest_.handles->lower_own(node.resource, id)
                                        : guest_.handles->lower_borrow(node.resource, id);
  if (handle) return *handle;
  writer_.refuse(std::move(handle.error()));
  return 0;
}

Lowering::GuestList Lowering::read_list(const LayoutNode& node) {
  const LayoutNode& element = layout_.node(layout_.parts(node)->node);
  const std::uint64_t count = reader_.count();
  if (!going_on()) return {};
  if (count > kListBytesMax || count * element.size > kListBytesMax) {
    writer_.refuse(TrapKind::kHost, "list is longer than the canonical ABI allows");
    return {};
  }
  GuestRange range{0, count * element.size};
  if (!writer_.allocate("list", element.alignment, range)) return {};
  store_elements(element, range.pointer, count);
  return {static_cast<std::uint32_t>(range.pointer), static_cast<std::uint32_t>(count)};
}

void Lowering::store_raw(std::uint64_t place, std::uint64_t size) {
  if (size == 0) return;
  const ByteSpan bytes = reader_.next().raw(size);
  if (!bytes.empty()) std::memcpy(writer_.at(place), bytes.data(), bytes.size());
}

/// Elements without anything behind a pointer: nothing reallocates, so the place holds still.
template <typename Read>
void Lowering::store_numbers(std::uint64_t place, std::uint64_t count, Read read) {
  std::uint8_t* out = writer_.at(place);
  for (; count > 0 && reader_.ok(); --count) {
    const auto number = read(reader_.next());
    std::memcpy(out, &number, sizeof number);
    out += sizeof number;
  }
}

void Lowering::store_elements(const LayoutNode& element, std::uint64_t place, std::uint64_t count) {
  switch (element.kind) {
    case Kind::kS8:
    case Kind::kU8:
      return store_raw(place, count);
    case Kind::kBool:
      return store_numbers(place, count, [](BinaryReader& r) { return std::uint8_t{r.truth()}; });
    case Kind::kU16:
      return store_numbers(place, count, [](BinaryReader& r) {
        return static_cast<std::uint16_t>(r.unsigned_number(UINT16_MAX));
      });
    case Kind::kU32:
      return store_numbers(place, count, [](BinaryReader& r) {
        return static_cast<std::uint32_t>(r.unsigned_number(UINT32_MAX));
      });
    case Kind::kU64:
      return store_numbers(place, count,
                           [](BinaryReader& r) { return r.unsigned_number(UINT64_MAX); });
    case Kind::kS32:
      return store_numbers(place, count, [](BinaryReader& r) {
        return static_cast<std::int32_t>(r.signed_number(32));
      });
    case Kind::kS64:
      return store_numbers(place, count, [](BinaryReader& r) { return r.signed_number(64); });
    case Kind::kF32:
      return store_numbers(place, count, [](BinaryReader& r) { return r.f32(); });
    case Kind::kF64:
      return store_numbers(place, count, [](BinaryReader& r) { return r.f64(); });
    default:
      for (; count > 0 && going_on(); --count, place += element.size) store(element, place);
  }
}

void Lowering::store_fields(const LayoutNode& node, std::uint64_t place) {
  const LayoutPart* const parts = layout_.parts(node);
  for (std::uint32_t i = 0; i < node.part_count && going_on(); ++i) {
    store(layout_.node(parts[i].node), place + parts[i].offset);
  }
}

void Lowering::store_case(const LayoutNode& node, std::uint64_t place) {
  const std::uint32_t index = read_case(node);
  switch (node.discriminant_bytes) {
    case 1:
      writer_.put(place, static_cast<std::uint8_t>(index));
      break;
    case 2:
      writer_.put(place, static_cast<std::uint16_t>(index));
      break;
    default:
      writer_.put(place, index);
  }
  const std::uint32_t payload = layout_.parts(node)[index].node;
  if (payload != kNoNode && going_on()) store(layout_.node(payload), place + node.payload_offset);
}

void Lowering::store(const LayoutNode& node, std::uint64_t place) {
  switch (node.kind) {
    case Kind::kBool:
      return writer_.put(place, std::uint8_t{reader_.next().truth()});
    case Kind::kS8:
    case Kind::kU8:
      return writer_.put(place, reader_.next().byte());
    case Kind::kS16:
      return writer_.put(place, static_cast<std::int16_t>(reader_.next().signed_number(16)));
    case Kind::kU16:
      return writer_.put(place,
                         static_cast<std::uint16_t>(reader_.next().unsigned_number(UINT16_MAX)));
    case Kind::kS32:
      return writer_.put(place, static_cast<std::int32_t>(reader_.next().signed_number(32)));
    case Kind::kU32:
      return writer_.put(place,
                         static_cast<std::uint32_t>(reader_.next().unsigned_number(UINT32_MAX)));
    case Kind::kS64:
      return writer_.put(place, reader_.next().signed_number(64));
    case Kind::kU64:
      return writer_.put(place, reader_.next().unsigned_number(UINT64_MAX));
    case Kind::kF32:
      return writer_.put(place, reader_.next().f32());
    case Kind::kF64:
      return writer_.put(place, reader_.next().f64());
    case Kind::kChar:
      return writer_.put(place, reader_.next().character());
    case Kind::kString:
      return writer_.put(place, read_string());
    case Kind::kList:
      return writer_.put(place, read_list(node));
    case Kind::kOwn:
    case Kind::kBorrow:
      return writer_.put(place, read_handle(node));
    case Kind::kFlags: {
      const std::uint32_t bits = read_flags(node);
      std::memcpy(writer_.at(place), &bits, node.size);
      return;
    }
    case Kind::kRecord:
      return store_fields(node, place);
    default:
      return store_case(node, place);
  }
}

void Lowering::flatten_fields(const LayoutNode& node, CoreValue* out) {
  const LayoutPart* const parts = layout_.parts(node);
  for (std::uint32_t i = 0; i < node.part_count && going_on(); ++i) {
    const LayoutNode& part = layout_.node(parts[i].node);
    flatten(part, out);
    out += part.core_count;
  }
}

void Lowering::flatten_case(const LayoutNode& node, CoreValue* out) {
  const std::uint32_t index = read_case(node);
  out[0] = slot(index);
  for (std::uint32_t i = 1; i < node.core_count; ++i) out[i] = slot(std::uint64_t{0});
  const std::uint32_t payload = layout_.parts(node)[index].node;
  if (payload != kNoNode && going_on()) flatten(layout_.node(payload), out + 1);
}

/// Of the kinds from kBool to kChar: one core value.
CoreValue Lowering::flatten_scalar(const LayoutNode& node) {
  switch (node.kind) {
    case Kind::kBool:
      return slot(std::uint32_t{reader_.next().truth()});
    case Kind::kS8:
      return slot(std::int32_t{static_cast<std::int8_t>(reader_.next().byte())});
    case Kind::kU8:
      return slot(std::uint32_t{reader_.next().byte()});
    case Kind::kS16:
    case Kind::kS32:
      return slot(static_cast<std::int32_t>(reader_.next().signed_number(node.size * 8)));
    case Kind::kU16:
    case Kind::kU32: {
      const std::uint64_t most = node.size == 2 ? UINT16_MAX : UINT32_MAX;
      return slot(static_cast<std::uint32_t>(reader_.next().unsigned_number(most)));
    }
    case Kind::kS64:
      return slot(reader_.next().signed_number(64));
    case Kind::kU64:
      return slot(reader_.next().unsigned_number(UINT64_MAX));
    case Kind::kF32:
      return slot(reader_.next().f32());
    case Kind::kF64:
      return slot(reader_.next().f64());
    default:
      return slot(reader_.next().character());
  }
}

void Lowering::flatten(const LayoutNode& node, CoreValue* out) {
  if (node.kind <= Kind::kChar) {
    out[0] = flatten_scalar(node);
    return;
  }
  switch (node.kind) {
    case Kind::kString: {
      const GuestString stored = read_string();
      out[0] = slot(stored.pointer);
      out[1] = slot(stored.tagged_units);
      return;
    }
    case Kind::kList: {
      const GuestList stored = read_list(node);
      out[0] = slot(stored.pointer);
      out[1] = slot(stored.count);
      return;
    }
    case Kind::kOwn:
    case Kind::kBorrow:
      out[0] = slot(read_handle(node));
      return;
    case Kind::kFlags:
      out[0] = slot(read_flags(node));
      return;
    case Kind::kRecord:
      return flatten_fields(node, out);
    default:
      return flatten_case(node, out);
  }
}

}  // namespace

TrapOr<void> lower_arguments(const FunctionLayout& function, std::span<const ByteSpan> pieces,
                             const GuestSide& guest, std::span<CoreValue> core_arguments) {
  CHECK(core_arguments.size() == function.export_parameters().size(), "one slot a core parameter");
  return Lowering(function, pieces, guest).arguments(core_arguments);
}

TrapOr<void> lower_result(const FunctionLayout& function, ByteSpan result, const GuestSide& guest,
                          const ImportReturn& place) {
  CHECK(place.core_arguments.size() == function.import_parameters().size() &&
            place.core_results.size() == function.import_results().size(),
        "one slot a core parameter and result");
  return Lowering(function, {&result, 1}, guest).result(place);
}

}  // namespace theater::wasm
