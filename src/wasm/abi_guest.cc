// Range checks and calls of the guest's realloc.
#include "wasm/abi_guest.h"

#include <fmt/format.h>

#include "wasm/utf8.h"

namespace theater::wasm {

std::optional<Trap> breach(const char* what, GuestRange range, std::uint64_t alignment,
                           std::uint64_t memory_size) {
  if (range.pointer % alignment != 0) {
    return Trap{TrapKind::kAbi,
                fmt::format("{} at {} is not aligned to {}", what, range.pointer, alignment),
                {}};
  }
  if (range.pointer + range.size > memory_size) {
    return Trap{TrapKind::kAbi,
                fmt::format("{} of {} bytes at {} is outside the memory of {} bytes", what,
                            range.size, range.pointer, memory_size),
                {}};
  }
  return std::nullopt;
}

bool GuestWriter::fetch() {
  if (guest_.memory == nullptr) return true;
  const auto now = guest_.memory->memory();
  if (now.size() < memory_.size()) return refuse(TrapKind::kAbi, "the guest memory has shrunk");
  memory_ = now;
  return true;
}

bool GuestWriter::reallocate(const char* what, std::uint32_t alignment, GuestRange old,
                             GuestRange& range) {
  if (guest_.memory == nullptr) return refuse(TrapKind::kAbi, "the function has no memory");
  auto answer = guest_.memory->realloc({static_cast<std::uint32_t>(old.pointer),
                                        static_cast<std::uint32_t>(old.size), alignment,
                                        static_cast<std::uint32_t>(range.size)});
  if (!answer) return refuse(std::move(answer.error()));
  range.pointer = *answer;
  return fetch() && check(what, alignment, range);
}

bool GuestWriter::check(const char* what, std::uint32_t alignment, GuestRange range) {
  auto found = breach(what, range, alignment, memory_.size());
  return found ? refuse(std::move(*found)) : true;
}

void StagedWriter::character(char32_t scalar) {
  make_room();
  cursor_ += encode_scalar(scalar, cursor_);
}

}  // namespace theater::wasm
