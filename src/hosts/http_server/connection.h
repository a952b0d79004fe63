// Connection: one client, request after request. The I/O edge around the table in machine.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "hosts/http/body_decoder.h"
#include "hosts/http/head_scanner.h"
#include "hosts/http/response.h"
#include "hosts/http_server/connection_owner.h"
#include "hosts/http_server/grant.h"
#include "hosts/http_server/machine.h"
#include "hosts/http_server/server_events.h"
#include "io/network.h"

namespace theater::hosts::http_server {

/// Owned by its actor's instance, on the actor's shard. One request at a time: what a client sends
/// ahead waits, read up to kPipelineBytesMax. Idle or parked it holds no buffer. It ends by
/// reaching State::kClosed; destroying it earlier resets the peer and reports nothing.
class Connection final : private io::StreamUser {
 public:
  struct Setup {
    std::uint64_t number;
    const Grant& grant;
    ConnectionOwner& owner;
  };
  Connection(const Setup& setup, std::unique_ptr<io::Stream> stream);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins with a request whose head another has read.
  Status start(io::Network& network, http::Request request, ByteSpan early);

  // What becomes of the request; without effect in a state that does not want it.
  void taken();
  /// `body`: the response's, if others write it too: it is not copied.
  void respond(const http::ResponseMessage& response, const SharedFrame& body = nullptr);
  void park(Nanoseconds hold);
  void stream(const http::ResponseMessage& response);
  /// The host answers instead of the guest; `ending`: what its last event says.
  void fail(http::Refusal refusal, std::optional<Ending> ending = std::nullopt);
  // Of a stream.
  void write(ByteSpan chunk);
  void write_event(const std::string& text);
  /// False: the client is too slow, the stream is ended.
  bool publish(Publication& publication);
  void finish();
  /// Of a body in parts.
  void more(std::uint64_t credit);

  /// What is answered next is the last: the answer says so.
  void serve_no_more() { keeps_alive_ = false; }
  /// The actor stops: what it has not begun to answer is refused, what it has is finished.
  void eject();
  /// Writes what the socket takes. Once for all that was queued before.
  void flush();
  /// Parts may be delivered again; or it was turned away, and this is another task: its next
  /// request is read.
  void resume();
  /// Gives up the socket, if it still has it; then it is to be destroyed.
  std::unique_ptr<io::Stream> give_up();
  /// The client takes too little of too much: nothing more is written. Only of is_stuck().
  void cut_off();
  /// Whether its socket takes no more of an answer.
  bool is_stuck() const;
  /// Looks at the deadlines; about once a second.
  void sweep(MonotonicTime now);

  std::uint64_t number() const { return setup_.number; }
  std::uint64_t request() const { return request_; }  // 0: none
  State state() const { return machine_.state(); }
  MonotonicTime deadline() const { return deadline_; }  // of this state
  MonotonicTime moved() const { return moved_; }        // when bytes last left, or began to wait
  std::string peer() const { return stream_->peer(); }
  bool is_events() const { return is_events_; }
  /// A body is to be read before the guest is given the request.
  bool awaits_body() const { return body_ && setup_.grant.body == BodyMode::kWhole; }
  bool is_congested() const { return is_congested_; }
  bool is_held() const { return is_held_ || was_turned_away_; }
  /// Some of its request's body is to come, and wanted.
  bool takes_body() const;
  std::size_t outgoing_bytes() const { return outbox_.bytes(); }
  /// Of those, what was never shared with others.
  std::size_t own_outgoing_bytes() const { return outbox_.own_bytes(); }
  std::size_t held_bytes() const;
  /// What the client had seen of an event stream; null: it names nothing. Only while handling.
  const std::string* last_event_id() const { return last_event_id_.get(); }

  // The owner's marks.
  bool is_dirty = false;    // has a place in its list of the unflushed
  bool is_awaited = false;  // the guest waits for room: on_room() is called

 private:
  /// A request whose body is being read.
  struct Pending {
    http::Request request;
    Bytes body;
  };

  void on_readable() override;
  void on_writable() override;

  void apply(Input input);
  void act(Action action);
  void process(ByteSpan input);
  bool step(ByteSpan& input);
  bool read_head(ByteSpan& input);
  bool read_body(ByteSpan& input);
  bool read_parts(ByteSpan& input);
  void begin(http::Request request);
  void refuse(http::Refusal refusal);
  void want_continue(const http::Request& request);
  bool has_spoken();
  void deliver();
  void note(const http::Request& request);
  bool waits() const { return (is_held_ || needs_credit_) && takes_body(); }
  bool is_turned_away() const { return was_turned_away_ && state() == State::kIdle; }
  void want_more();
  void write_out();
  void write_response(const http::ResponseMessage& response);
  void write_refusal();
  void write_head();
  void append_stream(ByteSpan data);
  std::string_view connection_line() const;
  bool stays() const;
  void broke(Ending how);
  void expire();
  void sweep_stream(MonotonicTime now);
  void end_of_peer();
  void update_congestion();
  void set_deadline();
  void report();

  const Setup setup_;
  const Limits& limits_;
  std::unique_ptr<io::Stream> stream_;
  Outbox outbox_;
  Bytes unread_;  // the beginning of the next head, or what is ahead of its turn
  http::HeadScanner scanner_;
  std::unique_ptr<Pending> pending_;
  std::unique_ptr<http::BodyDecoder> body_;  // while the body is not complete
  std::unique_ptr<std::string> last_event_id_;
  std::uint64_t request_ = 0;
  std::uint64_t credit_ = 0;                         // bytes of parts that may come
  const http::ResponseMessage* response_ = nullptr;  // being written, inside a call
  SharedFrame body_of_all_;                          // likewise: its body, if others write it too
  std::unique_ptr<http::Refusal> refusal_;
  std::optional<Ending> ending_;  // what on_over will say
  MonotonicTime deadline_;
  MonotonicTime moved_;  // when bytes last left, or began to wait
  MonotonicTime congested_since_;
  Nanoseconds hold_{0};
  ConnectionMachine machine_{State::kIdle};
  std::uint8_t minor_version_ = 1;
  bool is_bare_ = false;  // the response has no body: HEAD, 204
  bool keeps_alive_ = true;
  bool is_chunked_ = false;
  bool is_events_ = false;
  bool is_processing_ = false;
  bool is_write_blocked_ = false;
  bool is_congested_ = false;
  bool is_held_ = false;  // its owner has no room
  bool needs_credit_ = false;
  bool is_ahead_ = false;  // the client has sent more than this request
  bool is_ejected_ = false;
  bool was_turned_away_ = false;
  bool has_peer_ended_ = false;
};

}  // namespace theater::hosts::http_server
