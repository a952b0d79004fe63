// The types of wit/tcp.wit.
#pragma once

#include <array>
#include <variant>

#include "host/wit_types.h"

namespace theater::hosts::tcp {

/// The WIT variant `order`.
struct Order {
  static constexpr std::array<std::string_view, 6> kWitCases{"active",    "once",       "passive",
                                                             "start-tls", "shut-write", "close"};
  enum Case : std::size_t { kActive, kOnce, kPassive, kStartTls, kShutWrite, kClose };
  std::variant<std::uint32_t, std::monostate, std::monostate, std::optional<std::string>,
               std::monostate, std::monostate>
      value;

  Case kind() const { return static_cast<Case>(value.index()); }
  template <Case kCase, typename... Args>
  static Order make(Args&&... args) {
    Order made;
    made.value.emplace<kCase>(std::forward<Args>(args)...);
    return made;
  }
};

/// The WIT record `handing`.
struct Handing {
  std::string peer, sender;
  Bytes note;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("peer", &Handing::peer), wasm::field("sender", &Handing::sender),
                      wasm::field("note", &Handing::note)};
  }
};

/// The WIT variant `payload`.
struct Payload {
  static constexpr std::array<std::string_view, 10> kWitCases{
      "opened",  "handed",    "data",    "paused",      "end-of-data",
      "secured", "congested", "drained", "transferred", "closed"};
  enum Case : std::size_t {
    kOpened,
    kHanded,
    kData,
    kPaused,
    kEndOfData,
    kSecured,
    kCongested,
    kDrained,
    kTransferred,
    kClosed,
  };
  std::variant<std::string, Handing, Bytes, std::monostate, std::monostate, std::monostate,
               std::monostate, std::monostate, host::Outcome, std::optional<host::GuestError>>
      value;
};

template <Payload::Case kCase, typename... Value>
Bytes event_bytes(std::uint64_t id, Value&&... value) {
  host::Event<Payload> event{id, {}};
  event.payload.value.emplace<kCase>(std::forward<Value>(value)...);
  return wasm::to_binary(event);
}

}  // namespace theater::hosts::tcp
