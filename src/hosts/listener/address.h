// Address and AddressBook: listening addresses, shared by the actors whose paths they serve.
//
// An address is listened on by one shard, its home: the one whose actor asked first. There the
// first request head of each connection is read; the connection then moves, detached, to the shard
// of the actor whose path it names. The routes are guarded by a mutex, which is taken when an actor
// starts or stops, and once for each connection and each HTTP request; never for a message.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/family.h"
#include "hosts/listener/page.h"
#include "hosts/listener/visitor.h"
#include "io/tls.h"

namespace theater::hosts::listener {

using TlsContext = io::TlsContext;
using TlsFiles = io::TlsFiles;

/// Where admitted connections go. Called on the shard of its route.
class Admitter {
 public:
  virtual void admit(Visitor visitor) = 0;

 protected:
  ~Admitter() = default;
};

enum class RouteKind : std::uint8_t {
  kWebSocket,  // upgrades of exactly this path
  kHttp,       // requests of this path and of all below it; the longest route wins
};

/// One actor's claim on an address.
struct Route {
  std::string actor;
  RouteKind kind = RouteKind::kWebSocket;
  std::string path;
  bool has_pages = false;  // plain requests that nobody else serves go here
  io::Executor* executor = nullptr;
  /// Shared with its instance, which alone destroys it, on the route's shard: a connection on its
  /// way finds out there that nobody is at home.
  std::weak_ptr<Admitter*> admitter;
  const void* claimant = nullptr;  // names the instance; set by AddressBook::claim
};

/// Whether a request of `path` belongs to an http route of `prefix`.
bool is_under(std::string_view path, std::string_view prefix);

class Reception;

/// One listening address. Shared by the claims on it and by tasks on their way to its home.
class Address final : private io::ListenerUser, public std::enable_shared_from_this<Address> {
 public:
  Address(std::string name, std::optional<TlsFiles> tls, const host::Services& home);
  ~Address();

  /// On the home shard, once.
  Status open();
  /// Any shard. kConflict if the path, or the pages, belong to another actor.
  Status add(Route route);
  void remove(const void* claimant);
  bool is_unclaimed() const;
  /// Of those whose path it serves; empty if there is none.
  std::string first_actor() const;
  /// On the home shard; from then on nothing can be added.
  void close_if_unclaimed();
  /// Any shard: hands a connection with a request on it to whoever serves that.
  void dispatch(Visitor visitor);
  /// Any shard: whether `claimant` is whom dispatch would choose.
  bool leads_to(const http::Request& request, const void* claimant) const;
  const std::optional<TlsFiles>& tls() const { return tls_; }
  const host::Services& home() const { return home_; }
  std::string bound() const { return bound_; }
  /// Times it accepted nobody for a while: out of descriptors, or of room for request heads.
  std::uint64_t accept_pauses() const { return accept_pauses_.load(std::memory_order_relaxed); }
  /// Connections without a request that had to give way to those of other clients.
  std::uint64_t displaced() const { return displaced_.load(std::memory_order_relaxed); }
  // Home shard: what receptions tell.
  void received(std::uint64_t reception, ByteSpan head, ByteSpan early);
  void refused(std::uint64_t reception, const http::Refusal& refusal);
  void left(std::uint64_t reception);

 private:
  void close();
  void on_acceptable() override;
  void welcome(std::unique_ptr<io::Stream> stream);
  void rest();
  std::string crowd() const;
  void displace(const std::string& client);
  std::unique_ptr<io::Stream> take(std::uint64_t reception);
  void answer(std::unique_ptr<io::Stream> stream, Answer answer);
  std::optional<Route> route_of(const http::Request& request) const;

  const std::string name_;
  const std::optional<TlsFiles> tls_;
  const host::Services home_;
  std::string bound_;
  std::atomic<std::uint64_t> accept_pauses_{0}, displaced_{0};
  mutable std::mutex mutex_;
  std::vector<Route> routes_;  // guarded by mutex_
  bool is_closed_ = false;     // guarded by mutex_

  // Home shard only.
  std::shared_ptr<io::TlsContext> tls_context_;  // shared with the streams made from it
  std::unique_ptr<io::Listener> listener_;
  /// A reception, and whose it is.
  struct Place {
    std::unique_ptr<Reception> reception;
    std::string client;
  };
  std::map<std::uint64_t, Place> receptions_;     // the oldest first
  std::map<std::string, std::size_t> of_client_;  // how many of them
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> refusals_;
  std::uint64_t last_id_ = 0;
  std::optional<io::TimerId> resting_;
  bool is_waiting_ = false;  // receptions_ is full
};

/// A claim; gives itself up on destruction. On the claimant's shard.
class Claim {
 public:
  Claim(std::shared_ptr<Address> address, const Route& route);
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  std::string bound() const { return address_->bound(); }
  std::uint64_t accept_pauses() const { return address_->accept_pauses(); }
  std::uint64_t displaced() const { return address_->displaced(); }
  /// Whether a later request on one of the claimant's connections is the claimant's too.
  bool owns(const http::Request& request) const { return address_->leads_to(request, claimant_); }
  /// Gives a connection up to whoever serves the request on it.
  void forward(Visitor visitor) const { address_->dispatch(std::move(visitor)); }

 private:
  std::shared_ptr<Address> address_;
  const void* claimant_;
  io::Executor& executor_;
};

/// The addresses of all families. Any thread.
class AddressBook {
 public:
  /// Claims a route on `listen`, on the claimant's shard; opens the address there if it is the
  /// first. Claims of one address must agree on TLS.
  Result<std::unique_ptr<Claim>> claim(const std::string& listen,
                                       const std::optional<TlsFiles>& tls, Route route,
                                       const host::Services& services);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<Address>> addresses_;
};

}  // namespace theater::hosts::listener
