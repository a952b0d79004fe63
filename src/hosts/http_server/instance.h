// http_server::Instance: one actor's connections and requests.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/deferred.h"
#include "host/event_queue.h"
#include "host/family.h"
#include "host/patrol.h"
#include "host/rounds.h"
#include "hosts/http_server/chores.h"
#include "hosts/http_server/connection.h"
#include "hosts/http_server/exchanges.h"
#include "hosts/http_server/traffic.h"
#include "hosts/listener/address.h"
#include "hosts/listener/pages.h"

namespace theater::hosts::http_server {

/// What an instance has from its family.
struct InstanceSetup {
  const host::Binding<class Instance>& binding;
  listener::AddressBook& addresses;
  std::span<std::uint8_t> scratch;  // the shard's
  Grant grant;
};

/// One actor's, on its shard. Holds its claim on the address, its connections, their requests and
/// events. Calls see requests as they will be when all earlier calls have been performed; what is
/// performed is queued on the connections and written once for each batch of effects.
class Instance final : public host::BoundInstance<Instance>,
                       private host::QueueUser,
                       private ConnectionOwner,
                       private listener::Admitter {
 public:
  Instance(InstanceSetup setup, const host::Context& context);
  ~Instance() override;

  // Host functions (instance_calls.cc).
  host::Outcome respond(std::uint64_t id, const http::ResponseMessage& response);
  host::Outcome respond_all(const Ids& ids, const http::ResponseMessage& response);
  host::Outcome finish(std::uint64_t id);
  host::Outcome write(std::uint64_t id, ByteSpan chunk);
  host::Outcome send_event(std::uint64_t id, const ServerEvent& event);
  host::Outcome publish(std::string_view topic, const ServerEvent& event);
  host::Outcome more(std::uint64_t id, std::uint32_t credit);

  // Their effects.
  void perform_respond(std::uint64_t id, const http::ResponseMessage& response);
  void perform_respond_all(const Ids& ids, const http::ResponseMessage& response);
  void perform_finish(std::uint64_t id);
  void perform_write(std::uint64_t id, ByteSpan chunk);
  void perform_send_event(std::uint64_t id, const ServerEvent& event);
  void perform_publish(std::string_view topic, const ServerEvent& event);
  void perform_more(std::uint64_t id, std::uint32_t credit);

  // What the handler returns (instance_answers.cc).
  void handled(const actor::EventBatch& inputs, const actor::HandledEnd& end) override;
  void perform_answers(const Answers& answers);

  // Restart (instance_restart.cc).
  Bytes save() const override;
  Status load(ByteSpan saved) override;
  Status fold_event(ByteSpan event) override;
  void fold_respond(std::uint64_t id, const http::ResponseMessage& response);
  void fold_respond_all(const Ids& ids, const http::ResponseMessage& response);
  void fold_answers(const Answers& answers);
  Status recover() override;

  void settle(actor::Settlement settlement) override;
  actor::EventSource* events() override { return &queue_; }
  void expect_stop(actor::EndReason reason) override;
  void stop(actor::StopMode mode) override;
  actor::Census census() const override;
  // instance_measure.cc
  void measure(actor::Figures& figures) const override;
  std::size_t list_requests(std::vector<actor::RequestView>& views,
                            std::size_t most) const override;

  /// The address, with its real port; empty before recover().
  std::string bound_address() const { return claim_ ? claim_->bound() : ""; }

 private:
  /// What an event in the queue is about; with the request's id its source.
  enum class About : std::uint64_t { kRequest, kPart, kComplete, kCongestion, kEnded };

  // Admitter.
  void admit(listener::Visitor visitor) override;

  // ConnectionOwner.
  bool owns(const http::Request& request) override { return !claim_ || claim_->owns(request); }
  void forward(listener::Visitor visitor) override;
  std::expected<std::uint64_t, http::Refusal> admit(Connection& connection) override;
  bool deliver(Connection& connection, const http::Request& request, ByteSpan body) override;
  bool may_deliver(const Connection& connection) override;
  void on_part(Connection& connection, ByteSpan part) override;
  void on_complete(Connection& connection) override;
  void on_congestion(Connection& connection) override;
  void on_room(Connection& connection) override;
  void on_turned_away(Connection& connection) override;
  void on_over(Connection& connection, std::optional<Ending> ending) override;
  void on_moved(Connection& connection, State from, State to) override;
  void on_answered(std::uint16_t status) override { ++traffic_.responses[status / 100]; }
  void on_gone(Connection& connection) override;
  std::span<std::uint8_t> scratch() override { return setup_.scratch; }
  MonotonicTime tick_time() const override { return tick_time_; }
  std::string_view date_line() const override { return date_line_; }
  const websocket::ByteCount& outgoing() const override { return outgoing_; }

  // QueueUser.
  void on_taken(std::uint64_t source, std::size_t bytes) override;
  void on_resumed() override;
  void write_gap(std::uint64_t, Bytes&) override {}

  static std::uint64_t source(About about, std::uint64_t id);
  std::uint64_t count(State state) const { return counts_[static_cast<std::size_t>(state)]; }
  std::unexpected<http::Refusal> turn_away(std::uint16_t status, std::string message);
  void put_promised(Exchange& exchange, About about, std::uint64_t id, const Bytes& event);
  void queue_congestion(std::uint64_t id, Exchange& exchange);
  void tell_if_over(std::uint64_t id, Exchange& exchange);
  void forget(std::uint64_t id);
  Connection* current(std::uint64_t id, const Exchange& exchange) const;
  void note_answer(std::uint64_t id, const Answer& answer);
  void perform_answer(std::uint64_t id, Exchange& exchange, const Answer& answer);
  void perform_now(Connection& connection, const http::ResponseMessage& response);
  void perform_later(Connection& connection, std::uint32_t hold_ms);
  void perform_streamed(std::uint64_t id, Exchange& exchange, const Streamed& answer);
  void join_topic(std::uint64_t id, Exchange& exchange, std::string_view topic);
  host::Outcome check(const http::ResponseMessage& response) const;
  host::Outcome check_stream(std::uint64_t id, std::size_t bytes);
  host::Outcome ask_for_chore(std::size_t payload, std::size_t ids);
  // Work in parts (instance_chores.cc).
  void give(std::uint64_t id, const http::ResponseMessage& response, const SharedFrame& body);
  void add_chore(Chore chore);
  void do_chores();
  void do_next(Chore& chore);
  void publish_to(std::uint64_t id, const Chore& chore);
  void catch_up(std::uint64_t id);
  Connection* find_connection(std::uint64_t number) const;
  void mark_dirty(Connection& connection);
  void flush_dirty();
  void make_room();
  bool has_room_for_part() const;
  void resume_held();
  void hear_turned_away();
  void bury();
  void drop_connections();
  void report_interrupted();
  void arm_tick();
  void start_tick();
  void tick();
  void sweep(std::uint64_t number);
  void end_tick();
  void cancel_tick();
  void tell_losses();
  void drained_if_empty();

  InstanceSetup setup_;
  const Limits& limits_;
  const host::Services services_;
  actor::ActorPort& actor_;
  host::EventQueue queue_;
  listener::Pages pages_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  Exchanges exchanges_;
  const ByteCount outgoing_ = websocket::count_bytes();  // shared with its connections
  Topics topics_;
  std::map<std::string, std::uint64_t> clients_, reading_;  // by address: requests; bodies to come
  std::array<std::uint64_t, static_cast<std::size_t>(State::kCount)> counts_{};  // connections
  std::deque<Delivery> deliveries_;
  Chores chores_;
  std::vector<std::uint64_t> folding_;  // restart: requests of the last recv
  std::uint64_t last_connection_ = 0, last_publication_ = 0, last_id_ = 0;  // without kHostIdBit
  host::RefusedWrites refused_;
  std::vector<std::uint64_t> dirty_, held_, turned_away_;  // to flush; without room; to read again
  std::vector<std::uint64_t> interrupted_;                 // restart: ended events not queued yet
  std::vector<std::unique_ptr<Connection>> dead_;
  Bytes event_;  // being written
  Traffic traffic_;
  std::uint64_t untold_refusals_ = 0, untold_cut_offs_ = 0;  // not yet in the chain
  MonotonicTime tick_time_;
  std::string date_line_;
  std::optional<io::TimerId> tick_;
  bool is_leaving_ = false;   // a stop is to come: nothing new
  bool is_stopping_ = false;  // it has come
  bool is_drained_told_ = true;
  host::Deferred<Instance> deferred_{services_.executor, *this};
  host::Patrol patrol_{services_,
                       {[this](std::uint64_t number) { sweep(number); }, [this] { end_tick(); }}};
  /// Routes hold it weakly: this instance may be gone when they arrive. Destroyed on its shard.
  std::shared_ptr<listener::Admitter*> self_;
  std::unique_ptr<listener::Claim> claim_;
};

}  // namespace theater::hosts::http_server
