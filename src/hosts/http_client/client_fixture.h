// HttpClient: for tests, one instance and a real server on the loopback.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/fake_actor.h"
#include "host/testing/real_services.h"
#include "hosts/http_client/family.h"
#include "hosts/http_client/instance.h"
#include "hosts/http_client/test_server.h"

namespace theater::hosts::http_client {

using host::GuestCode;

inline constexpr int kStepsMax = 4000;
inline constexpr std::size_t kStart = 0, kSend = 1;

struct HttpClient : testing::Test, host::testing::RealServices {
  using Seen = std::vector<std::string>;
  host::FakeActor actor;
  TestServer server{network};
  std::unique_ptr<host::Family> family = make_family();
  std::unique_ptr<actor::FamilyInstance> instance;
  std::uint64_t next_id = 1;

  ~HttpClient() override {
    if (!instance) return;
    instance->stop(actor::StopMode::kKill);
    EXPECT_TRUE(instance->census().is_empty());
  }
  void begin(std::string_view grant = "", std::string_view scheme = "http") {
    resolver.set("a.test", {*io::IpAddress::parse("127.0.0.1")});
    resolver.set("localhost", {*io::IpAddress::parse("127.0.0.1")});
    const std::string text = fmt::format(
        "allow = [\"GET,HEAD,POST {0}://a.test:{1}\", \"{0}://localhost:{1}\", "
        "\"{0}://127.0.0.1:{1}\"]\nprivate_addresses = true\n{2}",
        scheme, server.port(), grant);
    make(text);
  }
  void make(std::string_view text) {
    const auto table = actor::parse_settings(text, "test.toml", {});
    auto made = family->create(*table, {services, actor});
    ASSERT_TRUE(made) << made.error().message;
    instance = std::move(*made);
    const Status status = instance->recover();
    ASSERT_TRUE(status) << status.error().message;
  }
  std::string url(std::string_view path = "/x", std::string_view host = "a.test",
                  std::string_view scheme = "http") const {
    return fmt::format("{}://{}:{}{}", scheme, host, server.port(), path);
  }
  /// Starts; the guest's code if it is refused.
  std::optional<GuestCode> start(const Request& request, Deliver delivery = Deliver::kWhole,
                                 std::uint32_t timeout_ms = 0) {
    const Bytes arguments = host::arguments_of(request, delivery, timeout_ms);
    Bytes result;
    actor::CallContext context;
    context.next_id = next_id;
    instance->call(kStart, arguments, context, result);
    instance->settle(actor::Settlement::kCommitted);
    if (result[0] != 0) return static_cast<GuestCode>(result[1]);
    instance->perform({kStart, arguments, next_id, Seq{1}, 0});
    ++next_id;
    return std::nullopt;
  }
  std::optional<GuestCode> get(std::string_view where, Deliver delivery = Deliver::kWhole) {
    return start({"GET", where, {}, {}}, delivery);
  }
  void run_until(const std::function<bool()>& done) {
    for (int i = 0; i < kStepsMax && !done(); ++i) executor.run_one_for(Milliseconds(5));
    ASSERT_TRUE(done());
  }
  Seen take() {
    Seen seen;
    actor::EventBatch batch({});
    instance->events()->take(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      seen.push_back(describe(*wasm::from_binary<host::Event<Payload>>(batch[i])));
      if (const auto* origin = batch.origin(i))
        instance->operations()->delivered(origin->operation);
    }
    return seen;
  }
  /// The events up to the first that is there.
  Seen wait() {
    run_until([&] { return instance->events()->has_events(); });
    return take();
  }
  static std::string describe(const host::Event<Payload>& event) {
    const auto& value = event.payload.value;
    if (const auto* part = std::get_if<Payload::kPart>(&value)) {
      return fmt::format("part {}", part->size());
    }
    if (const auto* head = std::get_if<Payload::kHead>(&value)) {
      return fmt::format("head {}", head->status);
    }
    const Result& result = std::get<Payload::kEnded>(value);
    if (result) return fmt::format("{} {}", result->status, as_text(result->body));
    const auto code = static_cast<std::size_t>(result.error().code);
    return fmt::format("error {}", wasm::WitLabels<GuestCode>::kLabels[code]);
  }
};

}  // namespace theater::hosts::http_client
