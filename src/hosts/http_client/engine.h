// Engine: libcurl's multi interface on a shard: its sockets watched, its timer kept, its results
// brought to whoever asked. The only place beside Exchange that includes libcurl.
#pragma once

#include <curl/curl.h>

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "host/family.h"
#include "hosts/http_client/exchange.h"
#include "io/descriptors.h"

namespace theater::hosts::http_client {

/// One actor's, on its shard; so are the connections it keeps for the next request. Destruction
/// ends every exchange without a word and closes every socket.
class Engine final : private io::DescriptorUser, private ExchangeOwner {
 public:
  Engine(const Grant& grant, const host::Services& services);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Begins; the user's on_end comes once, never inside this call, unless it is cancelled.
  void begin(std::uint64_t key, Ask ask, ExchangeUser& user);
  void resume(std::uint64_t key);
  void cancel(std::uint64_t key);

  std::size_t exchanges() const { return entries_.size(); }
  /// Open, those that are kept for the next request included.
  std::size_t sockets() const;
  bool has_timer() const { return timer_.has_value(); }

 private:
  struct Entry {
    std::unique_ptr<Exchange> exchange;
    ExchangeUser* user;
    bool is_added = false;  // to libcurl
  };

  // libcurl's callbacks.
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer(CURLM*, long milliseconds, void* self);

  void on_ready(int descriptor, io::Readiness ready) override;
  void on_over(std::uint64_t key, std::optional<host::GuestError> failure) override;
  void on_socket_opened(curl_socket_t socket) override { opened_.insert(socket); }
  void on_socket_closed(curl_socket_t socket) override { opened_.erase(socket); }

  void on_resolved(std::uint64_t key, theater::Result<io::Resolver::Addresses> found);
  void turn(curl_socket_t socket, int what);
  void reap();
  void remove(std::uint64_t key);

  const Grant& grant_;
  const host::Services services_;
  CURLM* multi_;
  std::map<std::uint64_t, Entry> entries_;
  std::optional<io::TimerId> timer_;
  std::set<curl_socket_t> opened_;  // and not told to be closed
  bool is_in_curl_ = false;
};

}  // namespace theater::hosts::http_client
