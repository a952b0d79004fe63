// http_client::Instance: from a guest's request to the exchange and back.
#include "hosts/http_client/instance.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "hosts/outbound/fields.h"

namespace theater::hosts::http_client {

using host::GuestCode;
using host::GuestError;
using host::OperationEnd;

namespace {

constexpr Nanoseconds kRestTime = std::chrono::seconds(kIdleSecondsMax);
constexpr std::uint64_t kHeadShare = 16 * 1024;  // of an inline result, for status and headers
constexpr std::size_t kMethodBytesMax = 32;

/// Sending it twice is as good as sending it once, by the rules of HTTP.
bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

/// A proxy's, and a debugger's.
bool is_method(std::string_view method) {
  return outbound::is_token(method) && method.size() <= kMethodBytesMax && method != "CONNECT" &&
         method != "TRACE" &&
         std::ranges::none_of(method, [](char c) { return c >= 'a' && c <= 'z'; });
}

bool has_header(const Request& request, std::string_view name) {
  return std::ranges::any_of(request.headers, [&](const auto& header) {
    return outbound::lower(std::get<0>(header)) == outbound::lower(name);
  });
}

GuestError error_of(GuestCode code, std::string message) {
  return {code, "", std::move(message), std::nullopt};
}

}  // namespace

Instance::Instance(const host::Binding<Instance>& binding, Grant grant,
                   const host::Context& context)
    : OperatingInstance(binding, context,
                        {{"http-client events",
                          host::QueuePolicy::kPause,
                          {grant.limits.queue_items, grant.limits.queue_bytes, 0}},
                         {grant.limits.inflight_max, grant.limits.waiting_max}}),
      grant_(std::move(grant)),
      services_(context.services),
      actor_(context.actor) {}

Instance::~Instance() {
  if (resting_) services_.executor.cancel(*resting_);
}

// What the guest asks.

std::optional<GuestError> Instance::refusal(const Request& request) const {
  const auto url = outbound::parse_url(request.url);
  if (!url) return error_of(GuestCode::kInvalid, url.error().message);
  if (url->scheme != "http" && url->scheme != "https") {
    return error_of(GuestCode::kInvalid, "a request has scheme http or https");
  }
  if (!is_method(request.method)) {
    return error_of(GuestCode::kInvalid, fmt::format("no method \"{}\"", request.method));
  }
  if (!grant_.allow.allows(*url, request.method)) {
    return error_of(GuestCode::kDenied,
                    fmt::format("no entry of allow covers {} {}", request.method, request.url));
  }
  if (request.method == "HEAD" && !request.body.empty()) {
    return error_of(GuestCode::kInvalid, "HEAD takes no body");
  }
  if (auto good = outbound::check_fields(request.headers); !good) return good.error();
  for (const Secret& secret : grant_.secrets) {
    if (!secret.where.allows(*url, request.method) || !has_header(request, secret.header)) continue;
    return error_of(GuestCode::kDenied,
                    fmt::format("header \"{}\" is a secret of the host here", secret.header));
  }
  if (request.body.size() <= grant_.limits.request_max) return std::nullopt;
  return error_of(
      GuestCode::kTooLarge,
      fmt::format("{} bytes, request_max is {}", request.body.size(), grant_.limits.request_max));
}

Nanoseconds Instance::time_of(std::uint32_t timeout_ms) const {
  if (timeout_ms == 0) return grant_.limits.total;
  return std::min<Nanoseconds>(Milliseconds(timeout_ms), grant_.limits.total);
}

host::Planned Instance::start(const Request& request, Deliver delivery, std::uint32_t timeout_ms) {
  if (auto why = refusal(request)) return std::unexpected(std::move(*why));
  constexpr host::Delivery kDeliveries[] = {host::Delivery::kInline, host::Delivery::kParts,
                                            host::Delivery::kKept};
  host::Plan plan;
  plan.delivery = kDeliveries[static_cast<std::size_t>(delivery)];
  plan.time_max = time_of(timeout_ms);
  const bool may_repeat = is_safe(request.method) ||
                          grant_.reissue.allows(*outbound::parse_url(request.url), request.method);
  plan.crash = may_repeat ? host::CrashRule::kReissue : host::CrashRule::kInterrupt;
  return plan;
}

host::Wait<Result> Instance::check_send(const Request& request, std::uint32_t) {
  if (auto why = refusal(request)) return Result(std::unexpected(std::move(*why)));
  return std::nullopt;
}

// Doing it.

Ask Instance::ask_of(const Request& request, Deliver delivery) const {
  const std::uint64_t whole =
      std::min(grant_.limits.response_max, host::kInlineBytesMax - kHeadShare);
  const std::uint64_t body_max = delivery == Deliver::kParts  ? grant_.limits.stream_max
                                 : delivery == Deliver::kKept ? grant_.limits.response_max
                                                              : whole;
  return {*outbound::parse_url(request.url),
          std::string(request.method),
          request.headers,
          to_bytes(request.body),
          body_max,
          delivery == Deliver::kParts};
}

void Instance::begin(host::Work& work, const Request& request, Deliver delivery, std::uint32_t) {
  Ask ask = ask_of(request, delivery);
  if (!is_safe(request.method) && !has_header(request, "idempotency-key")) {
    const std::string key = fmt::format("{}-{}", actor_.identity().id.hex(), work.id.value);
    ask.headers.emplace_back("Idempotency-Key", to_bytes(as_bytes(key)));
  }
  Errand errand;
  errand.operation = work.id;
  errand.delivery = delivery;
  run(std::move(errand), std::move(ask));
}

void Instance::send(host::Ticket& ticket, const Request& request, std::uint32_t timeout_ms) {
  Errand errand;
  errand.ticket = ticket.value;
  Ask ask = ask_of(request, Deliver::kKept);
  errand.timer = services_.executor.after(time_of(timeout_ms), [this, value = ticket.value] {
    on_wait_over(value);
    finish_wait(value, std::unexpected(error_of(GuestCode::kDeadline, "the time is over")));
  });
  run(std::move(errand), std::move(ask));
}

void Instance::run(Errand errand, Ask ask) {
  if (resting_) services_.executor.cancel(*resting_);
  resting_.reset();
  const std::uint64_t key = ++last_key_;
  if (grant_.limits.redirects > 0) errand.asked = ask;
  errands_.emplace(key, std::move(errand));
  begin_exchange(key, std::move(ask));
}

void Instance::begin_exchange(std::uint64_t key, Ask ask) {
  std::optional<Engine>& engine = engines_[ask.may_pause ? 1 : 0];
  if (!engine) engine.emplace(grant_, services_);
  engine->begin(key, std::move(ask), *this);
}

// What the engine tells.

void Instance::on_head(std::uint64_t key, Response head) {
  Errand& errand = errands_.at(key);
  if (errand.asked) errand.next = redirect(*errand.asked, head, grant_);
  if (errand.next) return;  // its body is not for the guest
  errand.response = std::move(head);
  if (errand.operation) expect_body(errand);
}

/// How much it will be, if the server says so.
void Instance::expect_body(const Errand& errand) {
  for (const auto& [name, value] : errand.response.headers) {
    std::uint64_t size = 0;
    const std::string_view text = as_text(value);
    const char* end = text.data() + text.size();
    if (name != "content-length") continue;
    const auto [stop, error] = std::from_chars(text.data(), end, size);
    if (error != std::errc{} || stop != end || size > grant_.limits.stream_max) return;
    return expect(*errand.operation, errand.sent + size);
  }
}

void Instance::on_sent(std::uint64_t key, std::uint64_t bytes) {
  Errand& errand = errands_.at(key);
  errand.sent = bytes;
  if (errand.operation) progress(*errand.operation, bytes);
}

/// Bodies that are to be kept are bounded together with those that are, while they come.
bool Instance::may_keep(std::size_t more) {
  std::uint64_t bytes = book().kept_bytes() + more;
  for (const auto& [key, errand] : errands_) {
    const bool is_kept = errand.operation && errand.delivery == Deliver::kKept;
    bytes += is_kept ? errand.response.body.size() : 0;
  }
  return bytes <= host::kKeptBytesMax;
}

Taken Instance::on_body(std::uint64_t key, ByteSpan piece) {
  Errand& errand = errands_.at(key);
  if (errand.next) return Taken::kYes;
  if (errand.delivery != Deliver::kParts) {
    const bool is_kept = errand.operation && errand.delivery == Deliver::kKept;
    if (is_kept && !may_keep(piece.size())) return Taken::kNoRoom;
    append(errand.response.body, piece);
    bytes_in_ += piece.size();
    if (errand.operation) progress(*errand.operation, errand.sent + errand.response.body.size());
    return Taken::kYes;
  }
  const OperationId id = *errand.operation;
  if (!errand.is_head_told) {
    errand.is_head_told = part(id, event_bytes<Payload::kHead>(id.value, errand.response), 0);
    if (!errand.is_head_told) return Taken::kNotNow;
  }
  const bool is_taken =
      part(id, event_bytes<Payload::kPart>(id.value, to_bytes(piece)), piece.size());
  if (is_taken) bytes_in_ += piece.size();
  return is_taken ? Taken::kYes : Taken::kNotNow;
}

void Instance::on_end(std::uint64_t key, std::optional<GuestError> failure) {
  const auto found = errands_.find(key);
  if (follow(key, found->second, failure)) return;
  Errand errand = std::move(found->second);
  drop(found);
  Result result = std::move(errand.response);
  if (failure) result = std::unexpected(std::move(*failure));
  ++(result ? done_ : failed_);
  if (errand.operation) {
    finish_operation(*errand.operation, errand.delivery, std::move(result));
  } else {
    finish_wait(errand.ticket, result);
  }
}

/// What has ended was a redirect: the next exchange begins, under the same key. Or it fails.
bool Instance::follow(std::uint64_t key, Errand& errand, std::optional<GuestError>& failure) {
  auto next = std::exchange(errand.next, std::nullopt);
  if (failure || !next) return false;
  if (*next && errand.followed == grant_.limits.redirects) {
    *next = std::unexpected(
        error_of(GuestCode::kProtocol, fmt::format("over {} redirects", errand.followed)));
  }
  if (!*next) {
    failure = next->error();
    return false;
  }
  ++errand.followed;
  errand.sent = 0;
  errand.asked = **next;
  begin_exchange(key, *std::move(*next));
  return true;
}

void Instance::finish_operation(OperationId id, Deliver delivery, Result result) {
  if (!result) {
    finish(id, OperationEnd::kFailed, write_end(id, result.error()));
    return;
  }
  if (delivery == Deliver::kKept) {
    Bytes body = std::exchange(result->body, {});
    finish_kept(id, event_bytes<Payload::kEnded>(id.value, std::move(result)), std::move(body));
    return;
  }
  finish(id, OperationEnd::kDone, event_bytes<Payload::kEnded>(id.value, std::move(result)));
}

void Instance::finish_wait(std::uint64_t ticket, const Result& result) {
  answer<&Instance::check_send>(ticket, result);
}

/// Its exchange has ended or is to be forgotten.
void Instance::drop(Errands::iterator errand) {
  if (errand->second.timer) services_.executor.cancel(*errand->second.timer);
  errands_.erase(errand);
  if (errands_.empty() && !resting_) {
    resting_ = services_.executor.after(kRestTime, [this] { rest(); });
  }
}

/// Nobody asks for anything: kept connections are not worth their descriptors.
void Instance::rest() {
  resting_.reset();
  for (auto& engine : engines_) engine.reset();
}

// What the kit asks.

Instance::Errands::iterator Instance::of_operation(OperationId id) {
  return std::ranges::find_if(errands_,
                              [&](const auto& one) { return one.second.operation == id; });
}

void Instance::abort(OperationId id) {
  const auto found = of_operation(id);
  if (found == errands_.end()) return;
  cancel(found->first);
  drop(found);
}

void Instance::cancel(std::uint64_t key) {
  for (auto& engine : engines_) {
    if (engine) engine->cancel(key);
  }
}

void Instance::on_wait_over(std::uint64_t ticket) {
  const auto found = std::ranges::find_if(errands_, [&](const auto& one) {
    return !one.second.operation && one.second.ticket == ticket;
  });
  if (found == errands_.end()) return;
  cancel(found->first);
  drop(found);
}

Bytes Instance::write_end(OperationId id, const GuestError& why) {
  return event_bytes<Payload::kEnded>(id.value, std::unexpected(why));
}

void Instance::on_credit(OperationId id) {
  const auto found = of_operation(id);
  if (found == errands_.end()) return;
  for (auto& engine : engines_) {
    if (engine) engine->resume(found->first);
  }
}

// Life.

Status Instance::recover() {
  TRY_OK(read_secrets(grant_));
  return OperatingInstance::recover();
}

/// Sockets first: nothing may be open when the actor is told that all is drained.
void Instance::stop(actor::StopMode mode) {
  for (auto& engine : engines_) engine.reset();
  while (!errands_.empty()) drop(errands_.begin());
  if (resting_) services_.executor.cancel(*resting_);
  resting_.reset();
  OperatingInstance::stop(mode);
}

std::size_t Instance::sockets() const {
  std::size_t count = 0;
  for (const auto& engine : engines_) count += engine ? engine->sockets() : 0;
  return count;
}

actor::Census Instance::census() const {
  actor::Census census = OperatingInstance::census();
  census.descriptors += sockets();
  for (const auto& engine : engines_) census.timers += engine && engine->has_timer() ? 1 : 0;
  if (resting_) ++census.timers;
  for (const auto& [key, errand] : errands_) census.bytes += errand.response.body.size();
  return census;
}

void Instance::measure(actor::Figures& figures) const {
  OperatingInstance::measure(figures);
  figures.gauge({"http_client_exchanges", "Requests under way."},
                static_cast<double>(errands_.size()));
  figures.gauge({"http_client_sockets", "Sockets now open, idle ones included."},
                static_cast<double>(sockets()));
  figures.counter({"http_client_done_total", "Requests that were answered."}, done_);
  figures.counter({"http_client_failed_total", "Requests that failed."}, failed_);
  figures.counter({"http_client_bytes_in_total", "Bytes of bodies received."}, bytes_in_);
}

}  // namespace theater::hosts::http_client
