// Lifting: core values and guest memory to canonical binary.
#include <fmt/format.h>

#include <bit>
#include <utility>

#include "base/check.h"
#include "wasm/abi.h"
#include "wasm/abi_guest.h"
#include "wasm/binary_writer.h"
#include "wasm/utf8.h"

namespace theater::wasm {

namespace {

constexpr const char* kTooLarge = "the values of one call are too large";

/// Lifts one call's values. Recursion is as deep as the types. Nothing the guest can run happens
/// meanwhile, so the memory holds still; every range is checked before it is read.
class Lifting {
 public:
  Lifting(const FunctionLayout& layout, const GuestSide& guest, Bytes& out)
      : layout_(layout), guest_(guest), writer_(out, guest.lifted_bytes_max) {
    if (guest.memory != nullptr) memory_ = guest.memory->memory();
  }

  TrapOr<void> lift(std::uint32_t index, std::span<const CoreValue> core, bool spilled) {
    const LayoutNode& node = layout_.node(index);
    if (spilled) {
      const auto pointer = static_cast<std::uint32_t>(core[0].i32);
      if (check("spilled values", {pointer, node.size}, node.alignment)) load(node, pointer);
    } else if (node.core_count > 0) {
      lift_flat(node, core.data());
    }
    if (!trap_ && !writer_.fits(0)) refuse(TrapKind::kAbi, kTooLarge);
    if (trap_) return std::unexpected(std::move(*trap_));
    writer_.flush();
    return {};
  }

 private:
  bool check(const char* what, GuestRange range, std::uint64_t alignment) {
    auto found = breach(what, range, alignment, memory_.size());
    if (found && !trap_) trap_ = std::move(found);
    return !trap_;
  }
  void refuse(TrapKind kind, std::string message) {
    if (!trap_) trap_ = Trap{kind, std::move(message), {}};
  }
  template <typename T>
  T get(std::uint64_t place) const {
    T value;
    std::memcpy(&value, memory_.data() + place, sizeof value);
    return value;
  }

  void load(const LayoutNode& node, std::uint64_t place);
  void load_fields(const LayoutNode& node, std::uint64_t place);
  void load_case(const LayoutNode& node, std::uint64_t place);
  void lift_flat(const LayoutNode& node, const CoreValue* core);
  void lift_flat_fields(const LayoutNode& node, const CoreValue* core);
  void lift_flat_case(const LayoutNode& node, const CoreValue* core);

  bool write_case(const LayoutNode& node, std::uint32_t index);
  void write_flags(const LayoutNode& node, std::uint32_t bits);
  void write_character(std::uint32_t number);
  void write_handle(const LayoutNode& node, std::uint32_t handle);
  void write_string(GuestString string);

  struct GuestList {
    std::uint32_t pointer = 0;
    std::uint32_t count = 0;
  };
  void write_list(const LayoutNode& node, GuestList list);
  void write_elements(const LayoutNode& element, GuestList list);
  template <typename T, typename Write>
  void write_numbers(GuestList list, Write write) {
    const std::uint8_t* cursor = memory_.data() + list.pointer;
    for (std::uint32_t left = list.count; left > 0; --left, cursor += sizeof(T)) {
      T number;
      std::memcpy(&number, cursor, sizeof number);
      write(number);
    }
  }

  const FunctionLayout& layout_;
  const GuestSide& guest_;
  std::span<const std::uint8_t> memory_;
  StagedWriter writer_;
  std::uint64_t lifted_elements_ = 0;  // of lists of other things than numbers
  std::optional<Trap> trap_;
};

bool Lifting::write_case(const LayoutNode& node, std::uint32_t index) {
  if (index >= node.part_count) {
    refuse(TrapKind::kAbi, fmt::format("discriminant {} of {} cases", index, node.part_count));
    return false;
  }
  writer_.unsigned_number(index);
  return layout_.parts(node)[index].node != kNoNode;
}

void Lifting::write_flags(const LayoutNode& node, std::uint32_t bits) {
  if (node.label_count < 32) bits &= (1u << node.label_count) - 1;
  for (std::uint32_t done = 0; done < node.label_count; done += 8) {
    writer_.byte(static_cast<std::uint8_t>(bits >> done));
  }
}

void Lifting::write_character(std::uint32_t number) {
  if (!is_scalar_value(number)) {
    return refuse(TrapKind::kAbi, fmt::format("{:#x} is no Unicode scalar value", number));
  }
  writer_.character(number);
}

void Lifting::write_handle(const LayoutNode& node, std::uint32_t handle) {
  if (guest_.handles == nullptr) {
    return refuse(TrapKind::kResource, "the function has no handle table");
  }
  auto id = node.kind == Kind::kOwn ? guest_.handles->lift_own(node.resource, handle)
                                    : guest_.handles->lift_borrow(node.resource, handle);
  if (id) return writer_.unsigned_number(*id);
  if (!trap_) trap_ = std::move(id.error());
}

void Lifting::write_string(GuestString string) {
  auto trap = load_string(memory_, guest_.encoding, string, writer_);
  if (trap && !trap_) trap_ = std::move(trap);
}

void Lifting::write_list(const LayoutNode& node, GuestList list) {
  const LayoutNode& element = layout_.node(layout_.parts(node)->node);
  const GuestRange range{list.pointer, std::uint64_t{list.count} * element.size};
  if (range.size > kListBytesMax) {
    return refuse(TrapKind::kAbi, fmt::format("list of {} bytes is too long", range.size));
  }
  if (!check("list", range, element.alignment)) return;
  // Each element is at least one canonical byte; this bounds the work before it is done.
  if (!writer_.fits(list.count)) return refuse(TrapKind::kAbi, kTooLarge);
  writer_.unsigned_number(list.count);
  write_elements(element, list);
}

void Lifting::write_elements(const LayoutNode& element, GuestList list) {
  switch (element.kind) {
    case Kind::kS8:
    case Kind::kU8:
      return writer_.raw(memory_.subspan(list.pointer, list.count));
    case Kind::kBool:
      return write_numbers<std::uint8_t>(list, [&](auto n) { writer_.byte(n == 0 ? 0 : 1); });
    case Kind::kU16:
      return write_numbers<std::uint16_t>(list, [&](auto n) { writer_.unsigned_number(n); });
    case Kind::kU32:
      return write_numbers<std::uint32_t>(list, [&](auto n) { writer_.unsigned_number(n); });
    case Kind::kU64:
      return write_numbers<std::uint64_t>(list, [&](auto n) { writer_.unsigned_number(n); });
    case Kind::kS32:
      return write_numbers<std::int32_t>(list, [&](auto n) { writer_.signed_number(n); });
    case Kind::kS64:
      return write_numbers<std::int64_t>(list, [&](auto n) { writer_.signed_number(n); });
    case Kind::kF32:
      return write_numbers<float>(list, [&](auto n) { writer_.fixed(canonical_bits(n)); });
    case Kind::kF64:
      return write_numbers<double>(list, [&](auto n) { writer_.fixed(canonical_bits(n)); });
    default:
      break;
  }
  lifted_elements_ += list.count;
  if (lifted_elements_ > kLiftedElementsMax) return refuse(TrapKind::kAbi, kTooLarge);
  std::uint64_t place = list.pointer;
  for (std::uint32_t left = list.count; left > 0 && !trap_; --left, place += element.size) {
    load(element, place);
  }
}

void Lifting::load_fields(const LayoutNode& node, std::uint64_t place) {
  const LayoutPart* const parts = layout_.parts(node);
  for (std::uint32_t i = 0; i < node.part_count && !trap_; ++i) {
    load(layout_.node(parts[i].node), place + parts[i].offset);
  }
}

void Lifting::load_case(const LayoutNode& node, std::uint64_t place) {
  const std::uint32_t index = node.discriminant_bytes == 1   ? get<std::uint8_t>(place)
                              : node.discriminant_bytes == 2 ? get<std::uint16_t>(place)
                                                             : get<std::uint32_t>(place);
  if (!write_case(node, index)) return;
  load(layout_.node(layout_.parts(node)[index].node), place + node.payload_offset);
}

void Lifting::load(const LayoutNode& node, std::uint64_t place) {
  switch (node.kind) {
    case Kind::kBool:
      return writer_.byte(get<std::uint8_t>(place) == 0 ? 0 : 1);
    case Kind::kS8:
    case Kind::kU8:
      return writer_.byte(get<std::uint8_t>(place));
    case Kind::kS16:
      return writer_.signed_number(get<std::int16_t>(place));
    case Kind::kU16:
      return writer_.unsigned_number(get<std::uint16_t>(place));
    case Kind::kS32:
      return writer_.signed_number(get<std::int32_t>(place));
    case Kind::kU32:
      return writer_.unsigned_number(get<std::uint32_t>(place));
    case Kind::kS64:
      return writer_.signed_number(get<std::int64_t>(place));
    case Kind::kU64:
      return writer_.unsigned_number(get<std::uint64_t>(place));
    case Kind::kF32:
      return writer_.fixed(canonical_bits(get<float>(place)));
    case Kind::kF64:
      return writer_.fixed(canonical_bits(get<double>(place)));
    case Kind::kChar:
      return write_character(get<std::uint32_t>(place));
    case Kind::kString:
      return write_string(get<GuestString>(place));
    case Kind::kList:
      return write_list(node, get<GuestList>(place));
    case Kind::kOwn:
    case Kind::kBorrow:
      return write_handle(node, get<std::uint32_t>(place));
    case Kind::kFlags: {
      std::uint32_t bits = 0;
      std::memcpy(&bits, memory_.data() + place, node.size);
      return write_flags(node, bits);
    }
    case Kind::kRecord:
      return load_fields(node, place);
    default:
      return load_case(node, place);
  }
}

void Lifting::lift_flat_fields(const LayoutNode& node, const CoreValue* core) {
  const LayoutPart* const parts = layout_.parts(node);
  for (std::uint32_t i = 0; i < node.part_count && !trap_; ++i) {
    const LayoutNode& part = layout_.node(parts[i].node);
    lift_flat(part, core);
    core += part.core_count;
  }
}

void Lifting::lift_flat_case(const LayoutNode& node, const CoreValue* core) {
  const auto index = static_cast<std::uint32_t>(core[0].i32);
  if (!write_case(node, index)) return;
  // A joined slot is read by the width its case wants; that is the specification's coercion.
  lift_flat(layout_.node(layout_.parts(node)[index].node), core + 1);
}

void Lifting::lift_flat(const LayoutNode& node, const CoreValue* core) {
  const std::int32_t narrow = core->i32;
  switch (node.kind) {
    case Kind::kBool:
      return writer_.byte(narrow == 0 ? 0 : 1);
    case Kind::kS8:
    case Kind::kU8:
      return writer_.byte(static_cast<std::uint8_t>(narrow));
    case Kind::kS16:
      return writer_.signed_number(static_cast<std::int16_t>(narrow));
    case Kind::kU16:
      return writer_.unsigned_number(static_cast<std::uint16_t>(narrow));
    case Kind::kS32:
      return writer_.signed_number(narrow);
    case Kind::kU32:
      return writer_.unsigned_number(static_cast<std::uint32_t>(narrow));
    case Kind::kS64:
      return writer_.signed_number(core->i64);
    case Kind::kU64:
      return writer_.unsigned_number(static_cast<std::uint64_t>(core->i64));
    case Kind::kF32:
      return writer_.fixed(canonical_bits(core->f32));
    case Kind::kF64:
      return writer_.fixed(canonical_bits(core->f64));
    case Kind::kChar:
      return write_character(static_cast<std::uint32_t>(narrow));
    case Kind::kString:
      return write_string(
          {static_cast<std::uint32_t>(narrow), static_cast<std::uint32_t>(core[1].i32)});
    case Kind::kList:
      return write_list(
          node, {static_cast<std::uint32_t>(narrow), static_cast<std::uint32_t>(core[1].i32)});
    case Kind::kOwn:
    case Kind::kBorrow:
      return write_handle(node, static_cast<std::uint32_t>(narrow));
    case Kind::kFlags:
      return write_flags(node, static_cast<std::uint32_t>(narrow));
    case Kind::kRecord:
      return lift_flat_fields(node, core);
    default:
      return lift_flat_case(node, core);
  }
}

}  // namespace

TrapOr<void> lift_result(const FunctionLayout& function, std::span<const CoreValue> core_results,
                         const GuestSide& guest, Bytes& result) {
  CHECK(core_results.size() == function.export_results().size(), "one slot a core result");
  if (!function.has_result()) return {};
  return Lifting(function, guest, result)
      .lift(function.result(), core_results, function.result_spilled());
}

TrapOr<void> lift_arguments(const FunctionLayout& function,
                            std::span<const CoreValue> core_arguments, const GuestSide& guest,
                            Bytes& arguments) {
  CHECK(core_arguments.size() == function.import_parameters().size(), "one slot a core parameter");
  return Lifting(function, guest, arguments)
      .lift(function.parameters(), core_arguments, function.parameters_spilled());
}

}  // namespace theater::wasm
