// TcpFixture: for tests, a tcp instance whose guest is the test.
#pragma once

#include <gtest/gtest.h>

#include "host/fake_actor.h"
#include "hosts/tcp/family.h"
#include "hosts/tcp/instance.h"

namespace theater::hosts::tcp {

inline constexpr std::size_t kConnectCall = 0, kSendCall = 1, kControlCall = 2, kTransferCall = 3;

/// The guest's side; whoever derives brings the shard.
struct TcpGuest {
  using Seen = std::vector<std::string>;
  using Code = std::optional<host::GuestCode>;
  host::FakeActor actor;
  std::shared_ptr<host::Family> family = make_family();  // shared by the actors of a node
  std::unique_ptr<actor::FamilyInstance> instance;
  std::uint64_t next_id = 1;

  void make(const host::Services& services, std::string_view grant) {
    const auto table = actor::parse_settings(grant, "test.toml", {});
    auto made = family->create(*table, {services, actor});
    ASSERT_TRUE(made) << made.error().message;
    instance = std::move(*made);
    const Status status = instance->recover();
    ASSERT_TRUE(status) << status.error().message;
  }
  Code call_only(std::size_t function, const Bytes& arguments) {
    Bytes result;
    actor::CallContext context;
    context.next_id = next_id;
    instance->call(function, arguments, context, result);
    if (result[0] == 0) return std::nullopt;
    return static_cast<host::GuestCode>(result[1]);
  }
  Code call(std::size_t function, const Bytes& arguments) {
    const Code refused = call_only(function, arguments);
    instance->settle(actor::Settlement::kCommitted);
    if (!refused) instance->perform({function, arguments, next_id, Seq{1}, 0});
    if (!refused && function == kConnectCall) ++next_id;
    return refused;
  }
  Code connect(const std::string& host, std::uint16_t port) {
    return call(kConnectCall, host::arguments_of(host, port));
  }
  Code send(std::uint64_t id, std::string_view text) {
    return call(kSendCall, host::arguments_of(id, to_bytes(as_bytes(text))));
  }
  template <Order::Case kCase, typename... Args>
  Code order(std::uint64_t id, Args&&... args) {
    return call(kControlCall,
                host::arguments_of(id, Order::make<kCase>(std::forward<Args>(args)...)));
  }
  Code transfer(std::uint64_t id, const std::string& to, std::string_view note = "") {
    return call(kTransferCall, host::arguments_of(id, to, to_bytes(as_bytes(note))));
  }
  /// The events that wait, as "id: what"; accepted connections count from 101.
  Seen take_now() {
    Seen seen;
    actor::EventBatch batch({});
    instance->events()->take(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto event = *wasm::from_binary<host::Event<Payload>>(batch[i]);
      const bool is_accepted = (event.id & kHostIdBit) != 0;
      const std::uint64_t number = (event.id & ~kHostIdBit) + (is_accepted ? 100 : 0);
      seen.push_back(fmt::format("{}: {}", number, describe(event.payload)));
    }
    return seen;
  }
  static std::string describe(const Payload& payload) {
    if (const auto* data = std::get_if<Payload::kData>(&payload.value)) {
      return data->size() > 40 ? fmt::format("{} bytes", data->size())
                               : std::string(as_text(*data));
    }
    if (const auto* handed = std::get_if<Payload::kHanded>(&payload.value)) {
      return fmt::format("handed by {}: {}", handed->sender, as_text(handed->note));
    }
    if (const auto* moved = std::get_if<Payload::kTransferred>(&payload.value)) {
      return *moved ? "transferred" : "not transferred " + label(moved->error());
    }
    if (payload.value.index() != Payload::kClosed) {
      return std::string(Payload::kWitCases[payload.value.index()]);
    }
    const auto& why = std::get<Payload::kClosed>(payload.value);
    if (!why) return "closed";
    return "closed " + label(*why);
  }
  static std::string label(const host::GuestError& why) {
    const auto code = static_cast<std::size_t>(why.code);
    return fmt::format("({})", wasm::WitLabels<host::GuestCode>::kLabels[code]);
  }
};

}  // namespace theater::hosts::tcp
