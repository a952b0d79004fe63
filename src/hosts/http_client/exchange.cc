// Exchange: a handle's life.
#include "hosts/http_client/exchange.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "host/operation_plan.h"
#include "hosts/outbound/fields.h"

namespace theater::hosts::http_client {

using host::GuestCode;
using host::GuestError;

Exchange::Exchange(const Setup& setup, Ask ask)
    : setup_(setup), ask_(std::move(ask)), easy_(curl_easy_init()) {
  CHECK(easy_, "libcurl has memory");
  set_request();
  set_safety();
  set_sharing();
  set_callbacks();
}

Exchange::~Exchange() {
  if (timer_) setup_.services.executor.cancel(*timer_);
  if (lookup) setup_.services.resolver.cancel(*lookup);
  curl_easy_cleanup(easy_);
  curl_slist_free_all(header_list_);
  curl_slist_free_all(address_list_);
}

// The machine.

void Exchange::apply(Input input) {
  const auto step = machine_.step(input);
  for (const Action action : step.actions) act(action);
}

void Exchange::act(Action action) {
  switch (action) {
    case Action::kWatch:
      progress_ = setup_.services.clock.now();
      if (!timer_) arm();
      return;
    case Action::kUnwatch:
      if (timer_) setup_.services.executor.cancel(*timer_);
      timer_.reset();
      return;
    case Action::kResume:
      curl_easy_pause(easy_, CURLPAUSE_CONT);
      return;
    case Action::kReport:
      return setup_.owner.on_over(setup_.key, std::move(failure_));
  }
}

void Exchange::resume() { apply(Input::kRoom); }

void Exchange::done(CURLcode code) {
  if (code != CURLE_OK && !failure_) failure_ = failure_of(code);
  if (code == CURLE_OK) failure_.reset();
  if (code == CURLE_OK && !is_head_complete_) {  // libcurl takes the end inside a head for its end
    failure_ = GuestError{GuestCode::kClosed,
                          "",
                          fmt::format("{}: the response ended in its head", ask_.url.host),
                          {}};
  }
  apply(Input::kDone);
}

void Exchange::fail(GuestError why) {
  failure_ = std::move(why);
  apply(Input::kDone);
}

// Time. One timer, which looks again when it was early, so that a piece of the body costs nothing.

void Exchange::arm() {
  const Limits& limits = setup_.grant.limits;
  const Nanoseconds allowed = state() == State::kConnecting  ? limits.connect
                              : state() == State::kReceiving ? limits.between_bytes
                                                             : limits.first_byte;
  const Nanoseconds left = progress_ + allowed - setup_.services.clock.now();
  if (left <= Nanoseconds(0)) {
    failure_ = late();
    return apply(Input::kLate);
  }
  timer_ = setup_.services.executor.after(left, [this] { on_time(); });
}

void Exchange::on_time() {
  timer_.reset();
  arm();
}

GuestError Exchange::late() const {
  const char* what = state() == State::kConnecting  ? "connect"
                     : state() == State::kReceiving ? "between_bytes"
                                                    : "first_byte";
  return {GuestCode::kDeadline, "", fmt::format("{}: {} is over", ask_.url.host, what),
          std::nullopt};
}

// What libcurl tells.

bool Exchange::is_permitted(const io::IpAddress& address) {
  const bool is_free = setup_.grant.private_addresses == outbound::PrivateAddresses::kAllowed;
  if (is_free || !address.is_private()) return true;
  failure_ = GuestError{GuestCode::kDenied, "",
                        fmt::format("{} is private; private_addresses is false", address.text()),
                        std::nullopt};
  return false;
}

/// A response's head, line by line; false: it is too large, or not to be had. Heads of interim
/// responses (1xx) are forgotten, trailers left out.
bool Exchange::take_header(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  head_bytes_ += line.size();
  if (head_bytes_ > kHeadBytesMax) {
    failure_ = GuestError{GuestCode::kProtocol, "", "the response's head is too large", {}};
    return false;
  }
  if (is_head_complete_) return true;
  if (line.starts_with("HTTP/")) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    head_ = {static_cast<std::uint16_t>(status), {}, {}};
    return true;
  }
  if (!line.empty()) return add_header(line);
  if (head_.status < 200) return true;
  is_head_complete_ = true;
  apply(Input::kHead);
  setup_.user.on_head(setup_.key, std::move(head_));
  return true;
}

/// False: it announces a transfer coding that was not asked for. libcurl would decode it, and hold
/// what it becomes: a small answer would fill the memory, paused or not.
bool Exchange::add_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !outbound::is_token(line.substr(0, colon))) return true;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  std::string name = outbound::lower(line.substr(0, colon));
  const std::string coding = name == "transfer-encoding" ? outbound::lower(value) : "chunked";
  if (coding != "chunked" && coding != "identity") {
    failure_ = GuestError{
        GuestCode::kProtocol, "",
        fmt::format("{}: a transfer coding that was not asked for", ask_.url.host), std::nullopt};
    return false;
  }
  head_.headers.emplace_back(std::move(name), to_bytes(as_bytes(value)));
  return true;
}

GuestError Exchange::failure_of(CURLcode code) const {
  GuestCode why = GuestCode::kIo;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      why = GuestCode::kUnreachable;
      break;
    case CURLE_OPERATION_TIMEDOUT:
      why = GuestCode::kDeadline;
      break;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      why = GuestCode::kTls;
      break;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      why = GuestCode::kClosed;
      break;
    case CURLE_FILESIZE_EXCEEDED:
      why = GuestCode::kTooLarge;
      break;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_URL_MALFORMAT:
      why = GuestCode::kProtocol;
      break;
    default:
      break;
  }
  const std::string detail = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
  return {why, detail, fmt::format("{}: {}", ask_.url.host, detail), std::nullopt};
}

// libcurl's callbacks. 0 or less than was offered ends the exchange.

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::size_t bytes = size * count;
  return static_cast<Exchange*>(self)->take_header({data, bytes}) ? bytes : 0;
}

std::size_t Exchange::on_piece(char* data, std::size_t size, std::size_t count, void* self) {
  auto& it = *static_cast<Exchange*>(self);
  const std::size_t bytes = size * count;
  if (it.received_ + bytes > it.ask_.body_max) {
    it.failure_ = GuestError{GuestCode::kTooLarge,
                             "",
                             fmt::format("the response is over {} bytes", it.ask_.body_max),
                             {}};
    return 0;
  }
  switch (it.setup_.user.on_body(it.setup_.key, as_bytes({data, bytes}))) {
    case Taken::kYes:
      break;
    case Taken::kNotNow:
      it.apply(Input::kFull);
      return CURL_WRITEFUNC_PAUSE;
    case Taken::kNoRoom:
      it.failure_ = GuestError{
          GuestCode::kFull,
          "",
          fmt::format("results that are kept have {} bytes together", host::kKeptBytesMax),
          {}};
      return 0;
  }
  it.received_ += bytes;
  it.apply(Input::kBody);
  return bytes;
}

int Exchange::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto& it = *static_cast<Exchange*>(self);
  if (it.state() != State::kSending) return 0;
  const auto now = static_cast<std::uint64_t>(sent);
  if (std::exchange(it.sent_, now) != now) {
    it.act(Action::kWatch);
    it.setup_.user.on_sent(it.setup_.key, now);
  }
  if (now >= it.ask_.body.size()) it.apply(Input::kSent);
  return 0;
}

/// The last look at where the connection leads, kept connections included.
int Exchange::on_connected(void* self, char* address, char*, int, int) {
  auto& it = *static_cast<Exchange*>(self);
  const auto peer = io::IpAddress::parse(address);
  if (!peer || !it.is_permitted(*peer)) return CURL_PREREQFUNC_ABORT;
  it.apply(Input::kConnected);
  return CURL_PREREQFUNC_OK;
}

curl_socket_t Exchange::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& it = *static_cast<Exchange*>(self);
  const auto peer = io::IpAddress::from(address->addr);
  if (!peer || !it.is_permitted(*peer)) return CURL_SOCKET_BAD;
  const int made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (made >= 0) it.setup_.owner.on_socket_opened(made);
  return made;
}

int Exchange::close_socket(void* owner, curl_socket_t socket) {
  static_cast<ExchangeOwner*>(owner)->on_socket_closed(socket);
  return ::close(socket);
}

}  // namespace theater::hosts::http_client
