// The types of wit/filesystem.wit, as C++ values.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "host/wit_types.h"

namespace theater::hosts::filesystem {

/// The WIT variant `action`, as a guest passes it: views of its arguments.
struct Action {
  static constexpr std::array<std::string_view, 5> kWitCases{"write", "append", "make-directory",
                                                             "rename", "remove"};
  enum Case : std::size_t { kWrite, kAppend, kMakeDirectory, kRename, kRemove };
  std::variant<ByteSpan, ByteSpan, std::monostate, std::string_view, std::monostate> value;

  /// What is written or appended.
  ByteSpan content() const {
    if (value.index() == kWrite) return std::get<kWrite>(value);
    return value.index() == kAppend ? std::get<kAppend>(value) : ByteSpan();
  }
};

/// Name, size in bytes, whether it is a directory.
using Entry = std::tuple<std::string, std::uint64_t, bool>;
using Entries = std::expected<std::vector<Entry>, host::GuestError>;

/// The last event of a change.
inline Bytes event_bytes(OperationId id, const host::Outcome& outcome) {
  return wasm::to_binary(host::Event<host::Outcome>{id.value, outcome});
}

}  // namespace theater::hosts::filesystem
