// http_client::Instance: one actor's requests.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>

#include "host/operating.h"
#include "hosts/http_client/engine.h"
#include "hosts/http_client/redirect.h"

namespace theater::hosts::http_client {

/// One actor's, on its shard. Operations and waits become exchanges of an engine, which is made
/// for the first of them and dropped a while after the last.
class Instance final : public host::OperatingInstance<Instance>, private ExchangeUser {
 public:
  Instance(const host::Binding<Instance>& binding, Grant grant, const host::Context& context);
  ~Instance() override;

  host::Planned start(const Request& request, Deliver delivery, std::uint32_t timeout_ms);
  void begin(host::Work& work, const Request& request, Deliver delivery, std::uint32_t timeout_ms);
  host::Wait<Result> check_send(const Request& request, std::uint32_t timeout_ms);
  void send(host::Ticket& ticket, const Request& request, std::uint32_t timeout_ms);

  Status recover() override;
  void stop(actor::StopMode mode) override;
  actor::Census census() const override;
  void measure(actor::Figures& figures) const override;

 private:
  /// One exchange, and for whom.
  struct Errand {
    std::optional<OperationId> operation;
    std::uint64_t ticket = 0;  // without an operation
    Deliver delivery = Deliver::kWhole;
    Response response;  // so far
    bool is_head_told = false;
    std::uint64_t sent = 0;            // of the request's body
    std::optional<Ask> asked;          // where redirects are followed: the last
    std::uint64_t followed = 0;        // redirects
    std::optional<Next> next;          // the response under way is a redirect
    std::optional<io::TimerId> timer;  // of a wait: its timeout-ms
  };
  using Errands = std::map<std::uint64_t, Errand>;

  // What the kit asks.
  void abort(OperationId id) override;
  Bytes write_end(OperationId id, const host::GuestError& why) override;
  void on_credit(OperationId id) override;
  void on_wait_over(std::uint64_t ticket) override;

  // What the engine tells.
  void on_head(std::uint64_t key, Response head) override;
  void on_sent(std::uint64_t key, std::uint64_t bytes) override;
  Taken on_body(std::uint64_t key, ByteSpan piece) override;
  void on_end(std::uint64_t key, std::optional<host::GuestError> failure) override;

  std::optional<host::GuestError> refusal(const Request& request) const;
  Nanoseconds time_of(std::uint32_t timeout_ms) const;
  Ask ask_of(const Request& request, Deliver delivery) const;
  void run(Errand errand, Ask ask);
  void begin_exchange(std::uint64_t key, Ask ask);
  bool follow(std::uint64_t key, Errand& errand, std::optional<host::GuestError>& failure);
  void expect_body(const Errand& errand);
  bool may_keep(std::size_t more);
  void drop(Errands::iterator errand);
  void finish_operation(OperationId id, Deliver delivery, Result result);
  void finish_wait(std::uint64_t ticket, const Result& result);
  Errands::iterator of_operation(OperationId id);
  void cancel(std::uint64_t key);
  std::size_t sockets() const;
  void rest();

  Grant grant_;
  const host::Services services_;
  actor::ActorPort& actor_;
  // Two, for libcurl would mix them up: connections that may be shared, and those of exchanges that
  // may pause, by HTTP/1.1.
  std::array<std::optional<Engine>, 2> engines_;
  Errands errands_;
  std::uint64_t last_key_ = 0;
  std::optional<io::TimerId> resting_;  // until the engines are dropped
  std::uint64_t done_ = 0, failed_ = 0, bytes_in_ = 0;
};

}  // namespace theater::hosts::http_client
