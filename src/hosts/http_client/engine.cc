// Engine: turns of libcurl's wheel.
#include "hosts/http_client/engine.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "hosts/outbound/dialer.h"

namespace theater::hosts::http_client {

using host::GuestCode;
using host::GuestError;

Engine::Engine(const Grant& grant, const host::Services& services)
    : grant_(grant), services_(services), multi_(curl_multi_init()) {
  CHECK(multi_, "libcurl has memory");
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Engine::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Engine::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
}

Engine::~Engine() {
  while (!entries_.empty()) remove(entries_.begin()->first);
  curl_multi_cleanup(multi_);
  if (timer_) services_.executor.cancel(*timer_);
}

/// libcurl tells of most of its ends, but not of sockets that were never connected.
std::size_t Engine::sockets() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      opened_, [](curl_socket_t socket) { return ::fcntl(socket, F_GETFD) >= 0; }));
}

void Engine::begin(std::uint64_t key, Ask ask, ExchangeUser& user) {
  const std::string host = ask.url.host;
  ExchangeOwner& owner = *this;
  Entry& entry = entries_[key];
  entry.user = &user;
  entry.exchange = std::make_unique<Exchange>(Exchange::Setup{key, grant_, services_, owner, user},
                                              std::move(ask));
  entry.exchange->start();
  entry.exchange->lookup = services_.resolver.resolve(
      host, grant_.limits.connect, [this, key](auto found) { on_resolved(key, std::move(found)); });
}

void Engine::on_resolved(std::uint64_t key, theater::Result<io::Resolver::Addresses> found) {
  Entry& entry = entries_.at(key);
  Exchange& exchange = *entry.exchange;
  exchange.lookup.reset();
  if (found) found = outbound::permitted(std::move(*found), grant_.private_addresses);
  if (!found) {
    const GuestCode code = outbound::code_of_lookup(found.error().code);
    return exchange.fail(
        {code, "", fmt::format("{}: {}", exchange.ask().url.host, found.error().message), {}});
  }
  exchange.set_addresses(*found);
  entry.is_added = true;
  CHECK(curl_multi_add_handle(multi_, exchange.handle()) == CURLM_OK, "a handle is added once");
}

void Engine::resume(std::uint64_t key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  is_in_curl_ = true;
  found->second.exchange->resume();
  is_in_curl_ = false;
  reap();
}

void Engine::cancel(std::uint64_t key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  found->second.exchange->apply(Input::kCancel);
  remove(key);
}

void Engine::remove(std::uint64_t key) {
  CHECK(!is_in_curl_, "libcurl is not called by its own callbacks");
  const auto found = entries_.find(key);
  if (found->second.is_added) curl_multi_remove_handle(multi_, found->second.exchange->handle());
  entries_.erase(found);
}

void Engine::on_over(std::uint64_t key, std::optional<GuestError> failure) {
  ExchangeUser* user = entries_.at(key).user;
  remove(key);
  user->on_end(key, std::move(failure));
}

// libcurl's wheel.

int Engine::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  auto& it = *static_cast<Engine*>(self);
  if (what == CURL_POLL_REMOVE) {
    it.services_.descriptors.unwatch(socket);
    return 0;
  }
  const auto wanted = what == CURL_POLL_IN    ? io::Readiness::kRead
                      : what == CURL_POLL_OUT ? io::Readiness::kWrite
                                              : io::Readiness::kBoth;
  // An error here would be the end of every exchange: one that nobody watches ends by its time.
  (void)it.services_.descriptors.watch(socket, wanted, it);
  return 0;
}

int Engine::on_timer(CURLM*, long milliseconds, void* self) {
  auto& it = *static_cast<Engine*>(self);
  if (it.timer_) it.services_.executor.cancel(*it.timer_);
  it.timer_.reset();
  if (milliseconds < 0) return 0;
  it.timer_ = it.services_.executor.after(Milliseconds(milliseconds), [&it] {
    it.timer_.reset();
    it.turn(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void Engine::on_ready(int descriptor, io::Readiness ready) {
  int what = 0;
  if (io::has(ready, io::Readiness::kRead)) what |= CURL_CSELECT_IN;
  if (io::has(ready, io::Readiness::kWrite)) what |= CURL_CSELECT_OUT;
  turn(descriptor, what);
}

void Engine::turn(curl_socket_t socket, int what) {
  int running = 0;
  is_in_curl_ = true;
  curl_multi_socket_action(multi_, socket, what, &running);
  is_in_curl_ = false;
  reap();
}

/// Ends what libcurl has ended. Its users may begin and cancel others meanwhile.
void Engine::reap() {
  std::vector<std::pair<std::uint64_t, CURLcode>> ended;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Exchange* exchange = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
    ended.emplace_back(exchange->key(), message->data.result);
  }
  for (const auto& [key, code] : ended) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) found->second.exchange->done(code);
  }
}

}  // namespace theater::hosts::http_client
