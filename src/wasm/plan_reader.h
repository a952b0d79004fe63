// PlanReader: the primitives of the plan format, read strictly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace theater::wasm {

/// The first refusal sticks: later reads answer zero or empty, and finish() tells the reason.
class PlanReader {
 public:
  explicit PlanReader(ByteSpan bytes) : bytes_(bytes) {}

  std::uint8_t byte();
  std::uint32_t number();
  /// A number below `bound`.
  std::uint32_t bounded(std::size_t bound);
  /// A byte below `count`.
  std::uint8_t tag(std::uint8_t count);
  /// A number of items, at most `maximum` and at most the bytes that are left.
  std::size_t count(std::size_t maximum);
  std::optional<std::uint32_t> maybe();
  std::string text();
  ByteSpan blob();
  std::string_view raw(std::size_t length);

  bool ok() const { return reason_ == nullptr; }
  std::size_t offset() const { return offset_; }
  /// `reason` is a literal.
  void refuse(const char* reason);
  /// kCorrupt with the reason, or for bytes left over.
  Status finish();

 private:
  std::size_t left() const { return bytes_.size() - offset_; }

  ByteSpan bytes_;
  std::size_t offset_ = 0;
  const char* reason_ = nullptr;
};

}  // namespace theater::wasm
