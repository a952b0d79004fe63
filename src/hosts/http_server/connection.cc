// Connection: the socket's readiness and the request's bytes into inputs of the machine.
#include "hosts/http_server/connection.h"

#include <algorithm>
#include <utility>

#include "hosts/listener/limits.h"

namespace theater::hosts::http_server {

namespace {

/// Where the request's body may still be arriving beside what is done with the request.
bool is_in_progress(State state) {
  return state == State::kQueued || state == State::kHandling || state == State::kParked ||
         state == State::kStreaming;
}

}  // namespace

Connection::Connection(const Setup& setup, std::unique_ptr<io::Stream> stream)
    : setup_(setup),
      limits_(setup.grant.limits),
      stream_(std::move(stream)),
      outbox_(setup.owner.outgoing()) {
  set_deadline();
}

Connection::~Connection() = default;

Status Connection::start(io::Network& network, http::Request request, ByteSpan early) {
  TRY_OK(stream_->attach(network, *this));
  is_processing_ = true;
  begin(std::move(request));
  is_processing_ = false;
  process(early);
  flush();
  return {};
}

std::unique_ptr<io::Stream> Connection::give_up() {
  if (stream_) stream_->abandon();
  return std::move(stream_);
}

std::size_t Connection::held_bytes() const {
  return outbox_.bytes() + unread_.capacity() + (pending_ ? pending_->body.capacity() : 0);
}

// The machine.

void Connection::apply(Input input) {
  const State before = state();
  const auto step = machine_.step(input);
  if (state() != before) {
    set_deadline();
    setup_.owner.on_moved(*this, before, state());
  }
  for (const Action action : step.actions) act(action);
}

void Connection::act(Action action) {
  switch (action) {
    case Action::kDeliver:
      return deliver();
    case Action::kWriteRefusal:
      return write_refusal();
    case Action::kWriteResponse:
      return write_response(*response_);
    case Action::kWriteNothing:
      return write_response({204, {}, {}});
    case Action::kWriteHead:
      return write_head();
    case Action::kWriteEnd:
      if (is_chunked_ && !is_bare_) {
        append(outbox_.begin(http::kLastChunk.size()), as_bytes(http::kLastChunk));
        outbox_.commit();
      }
      return;
    case Action::kReport:
      return report();
    case Action::kShut:
      return stream_->shut_write();
    case Action::kDestroy:
      return setup_.owner.on_gone(*this);
  }
}

void Connection::report() {
  if (request_ == 0) return;
  setup_.owner.on_over(*this, ending_);
  request_ = 0;
  ending_.reset();
  is_events_ = is_congested_ = is_awaited = false;
  last_event_id_.reset();
}

void Connection::set_deadline() {
  const auto span = [&]() -> Nanoseconds {
    switch (state()) {
      case State::kIdle:
        return limits_.keep_alive;
      case State::kReading:
        return limits_.body_wait;
      case State::kQueued:
        return limits_.handler;
      case State::kParked:
        return hold_;
      case State::kWriting:
        return limits_.slow;
      default:
        return kLinger;
    }
  };
  if (state() == State::kHandling) return;                // the time began when it was queued
  deadline_ = setup_.owner.tick_time() + span() + kTick;  // the tick may be almost over
}

// Requests.

/// Takes what has arrived as far as it goes now; the rest waits in unread_.
void Connection::process(ByteSpan input) {
  if (is_processing_) return;
  is_processing_ = true;
  Bytes held = std::exchange(unread_, {});
  if (!held.empty()) {
    append(held, input);
    input = held;
  }
  do {
    is_ahead_ = !input.empty();
  } while (step(input));
  is_processing_ = false;
  is_ahead_ = !input.empty();
  if (state() == State::kIdle && has_peer_ended_ && !is_turned_away())
    return apply(Input::kPeerEnd);
  if (state() != State::kClosed && is_ahead_) unread_ = to_bytes(input);
}

/// One thing; false: nothing more can be done now.
bool Connection::step(ByteSpan& input) {
  switch (state()) {
    case State::kIdle:
      return !was_turned_away_ && read_head(input);
    case State::kReading:
      return read_body(input);
    case State::kWriting:
      return has_spoken();
    case State::kLingering:
    case State::kClosed:
      input = {};
      return false;
    default:
      return body_ && read_parts(input);
  }
}

bool Connection::read_head(ByteSpan& input) {
  if (input.empty()) return false;
  const auto end = scanner_.scan(input);
  if (!end || !*end) {
    if (!end) return refuse(end.error()), true;
    deadline_ = std::min(deadline_, setup_.owner.tick_time() + listener::kHeadTime + kTick);
    return false;
  }
  scanner_ = {};
  auto request = http::parse_request(input.first(**end));
  input = input.subspan(**end);
  if (!request) return refuse(request.error()), true;
  if (setup_.owner.owns(*request)) return begin(std::move(*request)), true;
  stream_->detach();
  setup_.owner.forward({std::move(stream_), std::move(*request), to_bytes(input)});
  apply(Input::kBroken);
  return false;
}

void Connection::note(const http::Request& request) {
  minor_version_ = request.minor_version;
  keeps_alive_ = request.keeps_alive;
  is_bare_ = request.method == "HEAD";
  if (const auto last = http::find_header(request.headers, "last-event-id")) {
    last_event_id_ = std::make_unique<std::string>(*last);
  }
}

void Connection::begin(http::Request request) {
  note(request);
  if (request.has_body()) body_ = std::make_unique<http::BodyDecoder>(request.framing);
  if (request.target == "*") return fail({204, ""});
  const bool is_whole = setup_.grant.body == BodyMode::kWhole;
  if (is_whole && request.framing.length > limits_.body_max) {
    return refuse({413, fmt::format("a body has at most {} bytes", limits_.body_max)});
  }
  const auto admitted = setup_.owner.admit(*this);
  if (!admitted) return fail(admitted.error());
  request_ = *admitted;
  credit_ = limits_.part_credit;
  pending_ = std::make_unique<Pending>(std::move(request), Bytes());
  want_continue(pending_->request);
  apply(is_whole && body_ ? Input::kAsk : Input::kReady);
}

void Connection::want_continue(const http::Request& request) {
  if (!request.expects_continue || !request.has_body()) return;
  append(outbox_.begin(http::kContinue.size()), as_bytes(http::kContinue));
  outbox_.commit();
  write_out();
}

/// The event is queued; without room for it the client comes again.
void Connection::deliver() {
  const auto pending = std::exchange(pending_, nullptr);
  if (!setup_.owner.deliver(*this, pending->request, pending->body)) {
    return fail({503, "too much waits for the actor", kRetrySeconds});
  }
  if (setup_.grant.body == BodyMode::kParts && !body_) setup_.owner.on_complete(*this);
}

bool Connection::read_body(ByteSpan& input) {
  switch (body_->next(input)) {
    case http::BodyDecoder::Step::kMore:
    case http::BodyDecoder::Step::kHeld:
      return false;
    case http::BodyDecoder::Step::kData:
      append(pending_->body, body_->data());
      if (pending_->body.size() > limits_.body_max) {
        refuse({413, fmt::format("a body has at most {} bytes", limits_.body_max)});
      }
      return true;
    case http::BodyDecoder::Step::kEnd:
      body_.reset();
      apply(Input::kReady);
      return true;
    case http::BodyDecoder::Step::kFailed:
      refuse(body_->failure());
      return true;
  }
  return false;
}

/// The end needs no credit: who has given all of the length is told that it is there.
bool Connection::read_parts(ByteSpan& input) {
  if (!setup_.owner.may_deliver(*this)) {
    is_held_ = true;
    return false;
  }
  switch (body_->next(input, std::min<std::uint64_t>(credit_, kScratchBytes))) {
    case http::BodyDecoder::Step::kMore:
      return false;
    case http::BodyDecoder::Step::kHeld:
      needs_credit_ = true;
      return false;
    case http::BodyDecoder::Step::kData:
      credit_ -= body_->data().size();
      setup_.owner.on_part(*this, body_->data());
      return true;
    case http::BodyDecoder::Step::kEnd:
      body_.reset();
      setup_.owner.on_complete(*this);
      return false;
    case http::BodyDecoder::Step::kFailed:
      ending_ = Ending::kBroken;
      if (state() == State::kStreaming) {
        broke(Ending::kBroken);
      } else {
        fail(body_->failure());
      }
      return true;
  }
  return false;
}

bool Connection::takes_body() const { return body_ && is_in_progress(state()); }

void Connection::more(std::uint64_t credit) {
  credit_ += std::min(credit, ~credit_);
  if (needs_credit_ && !is_held_) resume();
}

void Connection::resume() {
  is_held_ = was_turned_away_ = needs_credit_ = false;
  process({});
  flush();
}

// The socket.

void Connection::on_readable() {
  for (int turn = 0; turn < kReadsMax; ++turn) {
    const std::span<std::uint8_t> scratch = setup_.owner.scratch();
    const auto got = stream_->read(scratch);
    if (!got) return broke(Ending::kGone);
    if (!*got) break;
    if (**got == 0) return end_of_peer();
    process(scratch.first(**got));
    if (state() == State::kClosed) return;
    if (waits() || unread_.size() >= kPipelineBytesMax || **got < scratch.size()) break;
  }
  flush();
}

void Connection::want_more() {
  if (state() == State::kClosed || has_peer_ended_ || waits() || is_turned_away()) return;
  const bool is_ahead = is_in_progress(state()) || state() == State::kWriting;
  if (is_ahead && !takes_body() && unread_.size() >= kPipelineBytesMax) return;
  stream_->want_read();
}

void Connection::end_of_peer() {
  has_peer_ended_ = true;
  if (is_turned_away()) return;
  if (takes_body()) return broke(Ending::kGone);
  if (state() == State::kParked || state() == State::kStreaming || state() == State::kReading) {
    ending_ = Ending::kGone;
  }
  apply(Input::kPeerEnd);
  flush();
}

void Connection::broke(Ending how) {
  if (!ending_) ending_ = how;
  apply(Input::kBroken);
}

void Connection::on_writable() {
  is_write_blocked_ = false;
  flush();
}

void Connection::flush() {
  if (state() == State::kClosed) return;
  write_out();
  if (state() == State::kWriting && outbox_.is_empty()) process({});
  want_more();
}

void Connection::write_out() {
  if (state() == State::kClosed || is_write_blocked_ || outbox_.is_empty()) return;
  const std::size_t before = outbox_.bytes();
  if (auto status = outbox_.write_to(*stream_); !status) return broke(Ending::kGone);
  if (outbox_.bytes() < before) {
    moved_ = setup_.owner.tick_time();
    if (state() == State::kWriting) set_deadline();
  }
  if (!outbox_.is_empty()) {
    is_write_blocked_ = true;
    stream_->want_write();
  }
  update_congestion();
}

void Connection::update_congestion() {
  if (state() != State::kStreaming) return;
  const std::size_t bytes = outbox_.bytes();
  const bool is_over = bytes > (is_congested_ ? limits_.out_low : limits_.out_high);
  if (is_over != is_congested_) {
    is_congested_ = is_over;
    congested_since_ = setup_.owner.tick_time();
    setup_.owner.on_congestion(*this);
  }
  if (is_awaited && bytes <= limits_.out_low) setup_.owner.on_room(*this);
}

// Time.

void Connection::sweep(MonotonicTime now) {
  if (state() == State::kStreaming) return sweep_stream(now);
  if (state() == State::kClosed || now < deadline_) return;
  expire();
  flush();
}

void Connection::expire() {
  switch (state()) {
    case State::kIdle:
      if (!unread_.empty()) return refuse({408, "the head took too long"});
      break;
    case State::kReading:
      keeps_alive_ = false;
      refusal_ = std::make_unique<http::Refusal>(408, "the body took too long");
      break;
    case State::kQueued:
    case State::kHandling:
      ending_ = Ending::kLate;
      refusal_ = std::make_unique<http::Refusal>(504, "the actor took too long");
      break;
    case State::kParked:
      ending_ = Ending::kLate;
      break;
    default:
      ending_ = Ending::kSlow;
      break;
  }
  apply(Input::kDeadline);
}

/// A client that takes nothing, or too little, is cut off; one that only listens hears that we are
/// there.
void Connection::sweep_stream(MonotonicTime now) {
  const bool is_stuck = !outbox_.is_empty() && now - moved_ >= limits_.slow;
  const bool is_slow = is_congested_ && now - congested_since_ >= limits_.slow;
  if (is_stuck || is_slow) {
    ending_ = Ending::kSlow;
    return apply(Input::kDeadline);
  }
  if (is_events_ && outbox_.is_empty() && now - moved_ >= limits_.heartbeat) {
    append_stream(as_bytes(kHeartbeatText));
    flush();
  }
}

}  // namespace theater::hosts::http_server
