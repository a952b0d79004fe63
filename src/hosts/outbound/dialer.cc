// Dialer: one address after another, each with its share of the time.
#include "hosts/outbound/dialer.h"

#include <algorithm>
#include <utility>

namespace theater::hosts::outbound {

using host::GuestCode;

namespace {
constexpr std::size_t kAddressesMax = 8;  // of one name that are tried

}  // namespace

GuestCode code_of_lookup(Code code) {
  switch (code) {
    case Code::kDenied:
      return GuestCode::kDenied;
    case Code::kNotFound:
      return GuestCode::kNotFound;
    case Code::kDeadline:
      return GuestCode::kDeadline;
    case Code::kFull:
      return GuestCode::kFull;
    default:
      return GuestCode::kIo;
  }
}

Result<io::Resolver::Addresses> permitted(io::Resolver::Addresses all, PrivateAddresses rule) {
  if (rule == PrivateAddresses::kAllowed) return all;
  std::erase_if(all, [](const io::IpAddress& address) { return address.is_private(); });
  if (!all.empty()) return all;
  return fail(Code::kDenied, "its addresses are private; private_addresses is false");
}

Dialer::Dialer(Plan plan, const host::Services& services, DialUser& user)
    : plan_(std::move(plan)), services_(services), user_(user) {}

Dialer::~Dialer() { end(); }

/// Nothing comes back any more.
void Dialer::end() {
  if (lookup_) services_.resolver.cancel(*lookup_);
  if (total_) services_.executor.cancel(*total_);
  if (turn_) services_.executor.cancel(*turn_);
  lookup_.reset();
  total_.reset();
  turn_.reset();
}

void Dialer::start() {
  deadline_ = services_.clock.now() + plan_.time_max;
  total_ = services_.executor.after(plan_.time_max, [this] {
    total_.reset();
    give_up(GuestCode::kDeadline, "connecting took too long");
  });
  lookup_ = services_.resolver.resolve(plan_.host, plan_.time_max, [this](auto found) {
    lookup_.reset();
    on_resolved(std::move(found));
  });
}

void Dialer::on_resolved(Result<io::Resolver::Addresses> found) {
  if (found) found = permitted(std::move(*found), plan_.private_addresses);
  if (!found) return give_up(code_of_lookup(found.error().code), found.error().message);
  addresses_ = std::move(*found);
  if (addresses_.size() > kAddressesMax) addresses_.resize(kAddressesMax);
  std::ranges::reverse(addresses_);
  try_next();
}

/// The last address has all the time that is left, an earlier one half of it.
void Dialer::try_next() {
  if (turn_) services_.executor.cancel(*turn_);
  turn_.reset();
  stream_.reset();
  while (!addresses_.empty()) {
    const io::Endpoint endpoint{addresses_.back(), plan_.port};
    addresses_.pop_back();
    auto begun = services_.network.connect(endpoint);
    const Status watched =
        begun ? (*begun)->attach(services_.network, *this) : Status(std::unexpected(begun.error()));
    if (!watched) {
      last_ = watched.error().message;
      continue;
    }
    stream_ = std::move(*begun);
    stream_->want_write();
    if (addresses_.empty()) return;
    turn_ = services_.executor.after((deadline_ - services_.clock.now()) / 2,
                                     [this, endpoint_text = endpoint.text()] {
                                       turn_.reset();
                                       last_ = endpoint_text + ": no answer";
                                       try_next();
                                     });
    return;
  }
  give_up(GuestCode::kUnreachable, last_);
}

void Dialer::on_writable() {
  if (auto connected = stream_->write({}); !connected) {
    last_ = std::move(connected.error().message);
    return try_next();
  }
  stream_->detach();
  end();
  auto stream = std::move(stream_);
  user_.on_dialled(std::move(stream));
}

void Dialer::give_up(GuestCode code, std::string_view why) {
  end();
  stream_.reset();
  addresses_.clear();
  const host::GuestError error{code, "", fmt::format("{}: {}", plan_.host, why), std::nullopt};
  user_.on_dial_failed(error);
}

}  // namespace theater::hosts::outbound
