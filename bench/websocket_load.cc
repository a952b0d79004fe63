// websocket_load: clients that each send a message (or with --http a GET) and wait for the answer,
// again and again; prints messages a second and round-trip times as JSON.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <vector>

#include "load_connection.h"

namespace {

using namespace theater;
using bench::Clock;
using bench::LoadConnection;

constexpr int kEventsMax = 256;
constexpr int kWaitMilliseconds = 1000;

struct Arguments {
  bench::Target target{"127.0.0.1", 0, "/"};
  std::size_t connections = 100;
  std::size_t bytes = 1024;
  double seconds = 5;
  double warm_up = 1;
  bool any_payload = false;
};

struct Measured {
  double seconds = 0;
  std::vector<float> microseconds;  // of each round trip
};

/// Answers each whole echo with the next message until `end`.
Status exchange(int poll, std::vector<LoadConnection>& connections, Clock::time_point end,
                std::vector<float>& times) {
  epoll_event events[kEventsMax];
  for (Clock::time_point now = Clock::now(); now < end;) {
    const int count = ::epoll_wait(poll, events, kEventsMax, kWaitMilliseconds);
    if (count <= 0) return fail(Code::kDeadline, "no echo for a second");
    for (int index = 0; index < count; ++index) {
      LoadConnection& connection = connections[events[index].data.u64];
      TRY(const bool whole, connection.receive());
      if (!whole) continue;
      now = Clock::now();
      times.push_back(std::chrono::duration<float, std::micro>(now - connection.sent_at()).count());
      TRY_OK(connection.send());
    }
  }
  return {};
}

Result<bench::Message> message_of(const Arguments& arguments) {
  if (arguments.target.protocol == bench::Protocol::kHttp) {
    return bench::learn_request(arguments.target);
  }
  bench::Message message = bench::make_message(arguments.bytes);
  if (arguments.any_payload) message.same_bytes -= arguments.bytes;
  return message;
}

Result<Measured> measure(const Arguments& arguments) {
  TRY(const bench::Message message, message_of(arguments));
  std::vector<LoadConnection> connections;
  connections.reserve(arguments.connections);
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t index = 0; index < arguments.connections; ++index) {
    TRY(auto connection, LoadConnection::open(arguments.target, message));
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, connection.descriptor(), &event);
    connections.push_back(std::move(connection));
  }
  for (LoadConnection& connection : connections) TRY_OK(connection.send());
  const auto span = [](double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  Measured measured;
  measured.microseconds.reserve(1 << 20);
  TRY_OK(
      exchange(poll, connections, Clock::now() + span(arguments.warm_up), measured.microseconds));
  measured.microseconds.clear();
  const auto begin = Clock::now();
  TRY_OK(exchange(poll, connections, begin + span(arguments.seconds), measured.microseconds));
  measured.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  ::close(poll);
  return measured;
}

void print(const Arguments& arguments, Measured& measured) {
  std::ranges::sort(measured.microseconds);
  const auto at = [&](double share) {
    if (measured.microseconds.empty()) return 0.0f;
    return measured.microseconds[static_cast<std::size_t>(
        share * static_cast<double>(measured.microseconds.size() - 1))];
  };
  fmt::print(
      "{{\"connections\":{},\"bytes\":{},\"seconds\":{:.3f},\"messages\":{},\"per_second\":{:.0f},"
      "\"p50_us\":{:.1f},\"p99_us\":{:.1f},\"max_us\":{:.1f}}}\n",
      arguments.connections, arguments.bytes, measured.seconds, measured.microseconds.size(),
      static_cast<double>(measured.microseconds.size()) / measured.seconds, at(0.5), at(0.99),
      at(1));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Measures a WebSocket echo, or GETs."};
  app.add_option("PORT", arguments.target.port, "on 127.0.0.1")->required();
  app.add_option("PATH", arguments.target.path);
  app.add_option("--connections", arguments.connections);
  app.add_option("--bytes", arguments.bytes);
  app.add_option("--seconds", arguments.seconds);
  app.add_option("--warm-up", arguments.warm_up);
  app.add_flag("--any-payload", arguments.any_payload, "the answer need only be as long");
  app.add_flag_callback(
      "--http", [&] { arguments.target.protocol = bench::Protocol::kHttp; }, "GET instead");
  CLI11_PARSE(app, argc, argv);
  auto measured = measure(arguments);
  if (!measured) {
    fmt::print(stderr, "websocket_load: {}\n", measured.error().message);
    return 1;
  }
  print(arguments, *measured);
}
