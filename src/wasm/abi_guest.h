// Checked access to guest memory for the two halves of the canonical ABI. Internal to abi_*.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "wasm/abi.h"
#include "wasm/leb128.h"

namespace theater::wasm {

/// A range of guest memory; arithmetic on it is in 64 bits and cannot overflow.
struct GuestRange {
  std::uint64_t pointer = 0;
  std::uint64_t size = 0;
};

/// "what of N bytes at P is not ..." or nothing when the range is aligned and inside the memory.
std::optional<Trap> breach(const char* what, GuestRange range, std::uint64_t alignment,
                           std::uint64_t memory_size);

/// Writes values into guest memory. The first trap sticks; functions that answer bool answer
/// whether to go on.
class GuestWriter {
 public:
  explicit GuestWriter(const GuestSide& guest) : guest_(guest) { fetch(); }

  /// Lets the guest allocate, checks its answer.
  [[nodiscard]] bool allocate(const char* what, std::uint32_t alignment, GuestRange& range) {
    return reallocate(what, alignment, {}, range);
  }
  /// Lets the guest move `old` to a range of `range.size` bytes.
  [[nodiscard]] bool reallocate(const char* what, std::uint32_t alignment, GuestRange old,
                                GuestRange& range);
  /// Checks a range the guest chose.
  [[nodiscard]] bool check(const char* what, std::uint32_t alignment, GuestRange range);

  /// Host address of a place in a range that was checked. Invalid after the next (re)allocate.
  std::uint8_t* at(std::uint64_t pointer) { return memory_.data() + pointer; }
  template <typename T>
  void put(std::uint64_t pointer, T value) {
    std::memcpy(at(pointer), &value, sizeof value);
  }

  bool refuse(Trap trap) {
    if (!trap_) trap_ = std::move(trap);
    return false;
  }
  bool refuse(TrapKind kind, std::string message) {
    return refuse(Trap{kind, std::move(message), {}});
  }
  bool ok() const { return !trap_.has_value(); }
  std::optional<Trap>& trap() { return trap_; }

 private:
  bool fetch();

  const GuestSide& guest_;
  std::span<std::uint8_t> memory_;
  std::optional<Trap> trap_;
};

/// Appends canonical binary through a small buffer, so that scalars cost no call each.
class StagedWriter {
 public:
  StagedWriter(Bytes& out, std::uint64_t bytes_max)
      : out_(out), start_(out.size()), bytes_max_(bytes_max) {}
  StagedWriter(const StagedWriter&) = delete;
  StagedWriter& operator=(const StagedWriter&) = delete;

  void byte(std::uint8_t value) {
    make_room();
    *cursor_++ = value;
  }
  void unsigned_number(std::uint64_t value) {
    make_room();
    cursor_ = write_unsigned(cursor_, value);
  }
  void signed_number(std::int64_t value) {
    make_room();
    cursor_ = write_signed(cursor_, value);
  }
  template <typename T>
  void fixed(T value) {
    make_room();
    std::memcpy(cursor_, &value, sizeof value);
    cursor_ += sizeof value;
  }
  void character(char32_t scalar);
  void raw(ByteSpan bytes) {
    flush();
    append(out_, bytes);
  }
  void flush() {
    append(out_, {stage_, cursor_});
    cursor_ = stage_;
  }
  /// Whether `more` bytes still fit under the maximum.
  bool fits(std::uint64_t more) const {
    return out_.size() - start_ + static_cast<std::uint64_t>(cursor_ - stage_) + more <= bytes_max_;
  }

 private:
  static constexpr std::size_t kStageBytes = 512;
  void make_room() {
    if (cursor_ > stage_ + kStageBytes - 16) [[unlikely]]
      flush();
  }

  Bytes& out_;
  std::size_t start_;
  std::uint64_t bytes_max_;
  std::uint8_t stage_[kStageBytes];
  std::uint8_t* cursor_ = stage_;
};

/// A string in guest memory: where, and its length in tagged code units.
struct GuestString {
  std::uint32_t pointer = 0;
  std::uint32_t tagged_units = 0;
};

/// Stores UTF-8 text (valid, the caller has checked) in the guest's encoding.
[[nodiscard]] bool store_string(GuestWriter& writer, StringEncoding encoding, ByteSpan text,
                                GuestString& stored);
/// Appends length and UTF-8 text of a guest string, or says why it must trap.
std::optional<Trap> load_string(std::span<const std::uint8_t> memory, StringEncoding encoding,
                                GuestString string, StagedWriter& out);

}  // namespace theater::wasm
