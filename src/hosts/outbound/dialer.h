// Dialer: from a host's name to a connection, past the grant: what the name turns out to mean is
// checked, not the name.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "host/family.h"
#include "hosts/outbound/allow_list.h"
#include "io/network.h"
#include "io/resolver.h"

namespace theater::hosts::outbound {

/// The addresses of `all` that may be connected to. kDenied: none, and there were some.
Result<io::Resolver::Addresses> permitted(io::Resolver::Addresses all, PrivateAddresses rule);

/// What a guest is told of a lookup, or of permitted(), that failed so.
host::GuestCode code_of_lookup(Code code);

/// Who dials: is told how it ended. On the shard; outlives its Dialer.
class DialUser {
 public:
  /// Connected and detached. The dialer may be destroyed in either call; it makes only one.
  virtual void on_dialled(std::unique_ptr<io::Stream> stream) = 0;
  /// denied, not-found, unreachable, deadline, full, io.
  virtual void on_dial_failed(const host::GuestError& why) = 0;

 protected:
  ~DialUser() = default;
};

/// One attempt: looks the host up, tries its addresses one after another. On the shard; begins with
/// start(), tells its user once from a task, and tells nothing after its destruction.
class Dialer final : private io::StreamUser {
 public:
  struct Plan {
    std::string host;
    std::uint16_t port = 0;
    PrivateAddresses private_addresses = PrivateAddresses::kRefused;
    Nanoseconds time_max{0};
  };
  Dialer(Plan plan, const host::Services& services, DialUser& user);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;
  void start();

 private:
  void on_readable() override {}
  void on_writable() override;
  void on_resolved(Result<io::Resolver::Addresses> found);
  void try_next();
  void end();
  void give_up(host::GuestCode code, std::string_view why);

  const Plan plan_;
  const host::Services services_;
  DialUser& user_;
  std::optional<io::LookupId> lookup_;
  std::optional<io::TimerId> total_, turn_;
  io::Resolver::Addresses addresses_;  // not tried yet, the next one last
  MonotonicTime deadline_;
  std::unique_ptr<io::Stream> stream_;
  std::string last_ = "no address";  // failure
};

}  // namespace theater::hosts::outbound
