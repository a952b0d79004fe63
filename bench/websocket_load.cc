// websocket_load: clients that each send a message (or with --http a GET) and wait for the answer,
// again and again, at once or with --rate when it is due; prints messages a second and the times
// from due to answered as JSON.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <deque>
#include <vector>

#include "load_connection.h"

namespace {

using namespace theater;
using bench::Clock;
using bench::LoadConnection;

constexpr int kEventsMax = 256;
constexpr int kWaitSeconds = 5;

struct Arguments {
  bench::Target target{"127.0.0.1", 0, "/"};
  std::size_t connections = 100;
  std::size_t bytes = 1024;
  double seconds = 5;
  double warm_up = 1;
  double rate = 0;  // messages a second of all connections; 0: each as soon as it can
  bool any_payload = false;
  std::string text, held;
};

struct Measured {
  double seconds = 0;
  std::vector<float> microseconds;  // of each round trip
};

/// The connections of one run.
class Clients {
 public:
  Clients(const Arguments& arguments, const bench::Message& message)
      : arguments_(arguments), message_(message), poll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~Clients() { ::close(poll_); }
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  Status open() {
    connections_.reserve(arguments_.connections);
    for (std::size_t index = 0; index < arguments_.connections; ++index) {
      TRY(auto connection, LoadConnection::open(arguments_.target, message_));
      epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, connection.descriptor(), &event);
      connections_.push_back(std::move(connection));
      idle_.push_back(index);
    }
    due_ = Clock::now();
    return {};
  }

  /// Sends what is due and takes answers until `end`. A message that finds no idle connection is
  /// late, and its time counts from when it was due.
  Status exchange(Clock::time_point end, std::vector<float>& times) {
    for (Clock::time_point now = Clock::now(); now < end; now = Clock::now()) {
      TRY_OK(send(now));
      epoll_event events[kEventsMax];
      const timespec wait = time_to_wait(now);
      const int count = ::epoll_pwait2(poll_, events, kEventsMax, &wait, nullptr);
      if (count <= 0 && idle_.empty()) return fail(Code::kDeadline, "no answer for five seconds");
      for (int index = 0; index < count; ++index) {
        TRY_OK(receive(events[index].data.u64, times));
      }
    }
    return {};
  }

 private:
  Status send(Clock::time_point now) {
    const bool is_paced = arguments_.rate > 0;
    const auto step = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(is_paced ? 1 / arguments_.rate : 0));
    for (; !idle_.empty() && (!is_paced || due_ <= now); due_ += step) {
      TRY_OK(connections_[idle_.front()].send(is_paced ? due_ : Clock::now()));
      idle_.pop_front();
    }
    return {};
  }

  timespec time_to_wait(Clock::time_point now) const {
    if (idle_.empty()) return {.tv_sec = kWaitSeconds, .tv_nsec = 0};
    const auto left = std::max(due_ - now, Clock::duration::zero());
    return {.tv_sec = left / std::chrono::seconds(1),
            .tv_nsec = (left % std::chrono::seconds(1)).count()};
  }

  /// Without a pace, the next message follows the answer at once.
  Status receive(std::size_t index, std::vector<float>& times) {
    LoadConnection& connection = connections_[index];
    TRY(const bool whole, connection.receive());
    if (!whole) return {};
    const Clock::time_point now = Clock::now();
    times.push_back(std::chrono::duration<float, std::micro>(now - connection.due()).count());
    if (arguments_.rate == 0) return connection.send(now);
    idle_.push_back(index);
    return {};
  }

  const Arguments& arguments_;
  const bench::Message& message_;
  const int poll_;
  std::vector<LoadConnection> connections_;
  std::deque<std::size_t> idle_;
  Clock::time_point due_;  // of the next message, if there is a pace
};

Result<bench::Message> message_of(const Arguments& arguments) {
  if (arguments.target.protocol == bench::Protocol::kHttp) {
    return bench::learn_request(arguments.target);
  }
  if (!arguments.text.empty()) return bench::make_question(arguments.text, arguments.held);
  bench::Message message = bench::make_message(arguments.bytes);
  if (arguments.any_payload) message.same_bytes -= arguments.bytes;
  return message;
}

Result<Measured> measure(const Arguments& arguments) {
  TRY(const bench::Message message, message_of(arguments));
  Clients clients(arguments, message);
  TRY_OK(clients.open());
  const auto span = [](double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  Measured measured;
  measured.microseconds.reserve(1 << 20);
  TRY_OK(clients.exchange(Clock::now() + span(arguments.warm_up), measured.microseconds));
  measured.microseconds.clear();
  const auto begin = Clock::now();
  TRY_OK(clients.exchange(begin + span(arguments.seconds), measured.microseconds));
  measured.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
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
  app.add_option("--rate", arguments.rate, "messages a second, of all connections");
  app.add_flag("--any-payload", arguments.any_payload, "the answer need only be as long");
  auto* const held = app.add_option("--held", arguments.held, "what each answer holds");
  app.add_option("--text", arguments.text, "sends this instead of bytes")->needs(held);
  app.add_flag_callback(
      "--http", [&] { arguments.target.protocol = bench::Protocol::kHttp; }, "GET instead");
  CLI11_PARSE(app, argc, argv);
  ::prctl(PR_SET_TIMERSLACK, 1);  // nanoseconds: what is due is sent then
  auto measured = measure(arguments);
  if (!measured) {
    fmt::print(stderr, "websocket_load: {}\n", measured.error().message);
    return 1;
  }
  print(arguments, *measured);
}
