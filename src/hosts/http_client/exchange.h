// Exchange: one request and its response: a libcurl handle, the table in machine.h, and time.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <optional>
#include <string>

#include "host/family.h"
#include "hosts/http_client/grant.h"
#include "hosts/http_client/machine.h"
#include "hosts/http_client/payload.h"
#include "hosts/outbound/url.h"

namespace theater::hosts::http_client {

/// What is asked of a server, ready to be sent.
struct Ask {
  outbound::Url url;
  std::string method;
  host::Headers headers;
  Bytes body;
  std::uint64_t body_max = 0;  // of the response
  bool may_pause = false;      // on_body may say "not now"
};

/// What becomes of a piece of a body.
enum class Taken : std::uint8_t {
  kYes,
  kNotNow,  // the same bytes come again after Engine::resume
  kNoRoom,  // there will be none: the exchange ends
};

/// Whoever wants an exchange. on_head, on_sent and on_body are called by libcurl: they note and
/// queue, nothing else. `key` names the exchange.
class ExchangeUser {
 public:
  virtual void on_head(std::uint64_t key, Response head) = 0;
  /// So much of the request's body is sent.
  virtual void on_sent(std::uint64_t key, std::uint64_t bytes) = 0;
  virtual Taken on_body(std::uint64_t key, ByteSpan piece) = 0;
  /// The last call.
  virtual void on_end(std::uint64_t key, std::optional<host::GuestError> failure) = 0;

 protected:
  ~ExchangeUser() = default;
};

/// The engine's side of its exchanges.
class ExchangeOwner {
 public:
  /// The exchange is over; never inside a call of libcurl.
  virtual void on_over(std::uint64_t key, std::optional<host::GuestError> failure) = 0;
  virtual void on_socket_opened(curl_socket_t socket) = 0;
  virtual void on_socket_closed(curl_socket_t socket) = 0;

 protected:
  ~ExchangeOwner() = default;
};

/// Owned by its engine, on its shard; destroyed after its handle has left libcurl's multi.
class Exchange final {
 public:
  struct Setup {
    std::uint64_t key;
    const Grant& grant;
    const host::Services& services;
    ExchangeOwner& owner;
    ExchangeUser& user;
  };
  Exchange(const Setup& setup, Ask ask);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Its time runs from now on.
  void start() { act(Action::kWatch); }
  /// Where its host is; all options are set then.
  void set_addresses(const io::Resolver::Addresses& addresses);
  void apply(Input input);
  /// libcurl is done with it.
  void done(CURLcode code);
  void fail(host::GuestError why);
  /// Room for the body again.
  void resume();

  std::uint64_t key() const { return setup_.key; }
  CURL* handle() const { return easy_; }
  const Ask& ask() const { return ask_; }
  State state() const { return machine_.state(); }
  std::optional<io::LookupId> lookup;  // under way

 private:
  // libcurl's callbacks.
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_piece(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent);
  static int on_connected(void* self, char* address, char*, int, int);
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int close_socket(void* owner, curl_socket_t socket);
  static CURLcode trust(CURL*, void* context, void* self);

  void set_request();
  void set_safety();
  void set_sharing();
  void set_callbacks();
  void act(Action action);
  void arm();
  void on_time();
  bool is_permitted(const io::IpAddress& address);
  bool take_header(std::string_view line);
  bool add_header(std::string_view line);
  host::GuestError late() const;
  host::GuestError failure_of(CURLcode code) const;

  const Setup setup_;
  const Ask ask_;
  CURL* easy_;
  curl_slist* header_list_ = nullptr;
  curl_slist* address_list_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  ExchangeMachine machine_{State::kConnecting};
  Response head_;
  std::size_t head_bytes_ = 0;
  bool is_head_complete_ = false;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  std::optional<host::GuestError> failure_;  // known before libcurl says so
  MonotonicTime progress_;                   // the last
  std::optional<io::TimerId> timer_;
};

}  // namespace theater::hosts::http_client
