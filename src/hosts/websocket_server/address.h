// Address and AddressBook: listening addresses, shared by the actors whose paths they serve.
//
// An address is listened on by one shard, its home: the one whose actor asked first. There the
// request heads are read; the connection then moves, detached, to the shard of the actor whose
// path it names. The routes are guarded by a mutex, which is taken when an actor starts or stops
// and once for each new connection, never for a message.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/family.h"
#include "hosts/websocket_server/connection.h"
#include "hosts/websocket_server/page.h"
#include "hosts/websocket_server/tls.h"

namespace theater::hosts::websocket_server {

/// Where admitted connections go. Called on the shard of its route.
class Admitter {
 public:
  virtual void admit(Visitor visitor) = 0;

 protected:
  ~Admitter() = default;
};

/// One actor's claim on an address.
struct Route {
  std::string actor;
  std::string path;        // of upgrade requests
  bool has_pages = false;  // plain requests go here
  io::Executor* executor = nullptr;
  /// Shared with its instance, which alone destroys it, on the route's shard: a connection on its
  /// way finds out there that nobody is at home.
  std::weak_ptr<Admitter*> admitter;
};

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
  void remove(const std::string& actor);
  bool is_unclaimed() const;
  /// On the home shard; from then on nothing can be added.
  void close_if_unclaimed();
  const std::optional<TlsFiles>& tls() const { return tls_; }
  const host::Services& home() const { return home_; }
  std::string bound() const { return bound_; }
  /// Times it accepted nobody for a while: out of descriptors, or of room for request heads.
  std::uint64_t accept_pauses() const { return accept_pauses_.load(std::memory_order_relaxed); }
  // Home shard: what receptions tell.
  void received(std::uint64_t reception, ByteSpan head, ByteSpan early);
  void refused(std::uint64_t reception, const Refusal& refusal);
  void left(std::uint64_t reception);

 private:
  void close();
  void on_acceptable() override;
  void welcome(std::unique_ptr<io::Stream> stream);
  void rest();
  std::unique_ptr<io::Stream> take(std::uint64_t reception);
  void answer(std::unique_ptr<io::Stream> stream, const Refusal& refusal);
  std::optional<Route> route_of(const Request& request) const;

  const std::string name_;
  const std::optional<TlsFiles> tls_;
  const host::Services home_;
  std::string bound_;
  std::atomic<std::uint64_t> accept_pauses_{0};
  mutable std::mutex mutex_;
  std::vector<Route> routes_;  // guarded by mutex_
  bool is_closed_ = false;     // guarded by mutex_

  // Home shard only.
  std::shared_ptr<TlsContext> tls_context_;  // shared with the streams made from it
  std::unique_ptr<io::Listener> listener_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Reception>> receptions_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> refusals_;
  std::uint64_t last_id_ = 0;
  std::optional<io::TimerId> resting_;
  bool is_waiting_ = false;  // receptions_ is full
};

/// A claim; gives itself up on destruction.
class Claim {
 public:
  Claim(std::shared_ptr<Address> address, std::string actor, io::Executor& executor);
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  std::string bound() const { return address_->bound(); }
  std::uint64_t accept_pauses() const { return address_->accept_pauses(); }

 private:
  std::shared_ptr<Address> address_;
  std::string actor_;
  io::Executor& executor_;
};

/// The family's addresses. Any thread.
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

}  // namespace theater::hosts::websocket_server
