// The types of wit/file-watch.wit, as C++ values.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "host/wit_types.h"

namespace theater::hosts::file_watch {

/// The WIT enum `change`.
enum class Change : std::uint8_t { kCreated, kModified, kRemoved, kRenamed };

/// The WIT record `item`.
struct Item {
  std::string path;
  Change change = Change::kModified;
  std::optional<std::string> old_path;

  bool operator==(const Item&) const = default;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("path", &Item::path), wasm::field("change", &Item::change),
                      wasm::field("old-path", &Item::old_path)};
  }
};

/// The WIT variant `payload`. The same type twice: the case decides.
struct Payload {
  static constexpr std::array<std::string_view, 4> kWitCases{"ready", "changed", "rescan", "ended"};
  enum Case : std::size_t { kReady, kChanged, kRescan, kEnded };
  std::variant<std::monostate, Item, std::monostate, host::GuestError> value;
};

template <Payload::Case kCase, typename... Value>
Bytes event_bytes(std::uint64_t id, Value&&... value) {
  host::Event<Payload> event{id, {}};
  event.payload.value.emplace<kCase>(std::forward<Value>(value)...);
  return wasm::to_binary(event);
}

}  // namespace theater::hosts::file_watch

template <>
struct theater::wasm::WitLabels<theater::hosts::file_watch::Change> {
  static constexpr std::array<std::string_view, 4> kLabels{"created", "modified", "removed",
                                                           "renamed"};
};
