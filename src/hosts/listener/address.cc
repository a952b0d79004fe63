// Address: accepting, routing, handing over.
#include "hosts/listener/address.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "hosts/listener/client.h"
#include "hosts/listener/limits.h"
#include "hosts/listener/reception.h"

namespace theater::hosts::listener {

namespace {

/// The actor a plain request asks for: "actor=NAME" in the query; empty: whoever has the pages.
std::string_view wanted_actor(const http::Request& request) {
  constexpr std::string_view kKey = "actor=";
  std::string_view query = request.query();
  const auto at = query.find(kKey);
  if (at == std::string_view::npos) return {};
  query.remove_prefix(at + kKey.size());
  return query.substr(0, query.find('&'));
}

}  // namespace

bool is_under(std::string_view path, std::string_view prefix) {
  if (prefix == "/" || path == "*") return true;
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

Address::Address(std::string name, std::optional<TlsFiles> tls, const host::Services& home)
    : name_(std::move(name)), tls_(std::move(tls)), home_(home) {}

Address::~Address() { close(); }

Status Address::open() {
  if (tls_) {
    TRY(tls_context_, TlsContext::server(*tls_));
  }
  TRY(listener_, home_.network.listen(name_, *this));
  bound_ = listener_->address();
  listener_->want_accept();
  return {};
}

void Address::close() {
  if (resting_) home_.executor.cancel(*resting_);
  resting_.reset();
  receptions_.clear();
  of_client_.clear();
  refusals_.clear();
  listener_.reset();
}

// Routes.

Status Address::add(Route route) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return fail(Code::kClosed, "{} is being closed", name_);
  for (const Route& other : routes_) {
    if (other.path == route.path && other.kind == route.kind) {
      return fail(
          Code::kConflict,
          "path {} of {} belongs to actor {}; set another path or listen in the grant of {}",
          route.path, name_, other.actor, route.actor);
    }
    if (other.has_pages && route.has_pages && other.actor != route.actor) {
      return fail(Code::kConflict,
                  "the static folder of {} belongs to actor {}; set another listen, or no static, "
                  "in the grant of {}",
                  name_, other.actor, route.actor);
    }
  }
  routes_.push_back(std::move(route));
  return {};
}

void Address::remove(const void* claimant) {
  const std::lock_guard lock(mutex_);
  std::erase_if(routes_, [&](const Route& route) { return route.claimant == claimant; });
}

std::string Address::first_actor() const {
  const std::lock_guard lock(mutex_);
  return routes_.empty() ? std::string() : routes_.front().actor;
}

bool Address::is_unclaimed() const {
  const std::lock_guard lock(mutex_);
  return routes_.empty();
}

void Address::close_if_unclaimed() {
  {
    const std::lock_guard lock(mutex_);
    if (!routes_.empty()) return;
    is_closed_ = true;
  }
  close();
}

/// The head of a chain is shown by the actor that is named, or by whoever has the pages. An upgrade
/// that no path takes is a plain request, as any upgrade may be.
std::optional<Route> Address::route_of(const http::Request& request) const {
  const std::lock_guard lock(mutex_);
  if (request.path() != kHeadPath) {
    const bool is_upgrade = request.asks_for_websocket();
    const Route* found = nullptr;
    for (const Route& route : routes_) {
      if (route.kind == RouteKind::kWebSocket) {
        if (is_upgrade && route.path == request.path()) return route;
      } else if (is_under(request.path(), route.path)) {
        if (!found || found->path.size() < route.path.size()) found = &route;
      }
    }
    if (found) return *found;
    if (is_upgrade) return std::nullopt;
  }
  const std::string_view actor = wanted_actor(request);
  const Route* found = nullptr;
  for (const Route& route : routes_) {
    const bool matches = actor.empty() ? route.has_pages || !found : route.actor == actor;
    if (matches) found = &route;
  }
  if (!found) return std::nullopt;
  return *found;
}

bool Address::leads_to(const http::Request& request, const void* claimant) const {
  const auto route = route_of(request);
  return route && route->kind == RouteKind::kHttp && route->claimant == claimant &&
         request.path() != kHeadPath && is_under(request.path(), route->path);
}

void Address::dispatch(Visitor visitor) {
  const auto route = route_of(visitor.request);
  if (route) {
    route->executor->post([admitter = route->admitter, guest = std::move(visitor)]() mutable {
      if (const auto host = admitter.lock()) (*host)->admit(std::move(guest));
    });
    return;
  }
  Answer answer_text = answer_refusal({404, "nothing here"}, part_of(visitor.request));
  home_.executor.post([weak = weak_from_this(), stream = std::move(visitor.stream),
                       text = std::move(answer_text)]() mutable {
    if (const auto self = weak.lock()) self->answer(std::move(stream), std::move(text));
  });
}

// Accepting.

void Address::on_acceptable() {
  for (std::size_t i = 0; i < kAcceptsMax; ++i) {
    const bool is_full = receptions_.size() >= kReceptionsMax;
    const std::string client = is_full ? crowd() : std::string();
    if (is_full && client.empty()) {
      accept_pauses_.fetch_add(1, std::memory_order_relaxed);
      is_waiting_ = true;  // the kernel keeps the others until a reception ends
      return;
    }
    auto accepted = listener_->accept();
    if (!accepted && accepted.error().code == Code::kFull) return rest();
    if (!accepted) continue;  // that connection is gone already
    if (!*accepted) break;
    if (is_full) displace(client);
    welcome(std::move(**accepted));
  }
  listener_->want_accept();
}

/// Who has most places, if that is more than one client's share; else nobody.
std::string Address::crowd() const {
  const auto most =
      std::ranges::max_element(of_client_, {}, [](const auto& client) { return client.second; });
  const bool is_crowd = most != of_client_.end() && most->second > kClientReceptionsMax;
  return is_crowd ? most->first : std::string();
}

/// All places are taken, and `client` is a crowd: it gives up the place it has had longest, so that
/// one client that says nothing does not keep all others out.
void Address::displace(const std::string& client) {
  const auto oldest =
      std::ranges::find(receptions_, client, [](const auto& one) { return one.second.client; });
  displaced_.fetch_add(1, std::memory_order_relaxed);
  take(oldest->first);
}

/// Out of descriptors or memory: the waiting connections keep until some are free.
void Address::rest() {
  accept_pauses_.fetch_add(1, std::memory_order_relaxed);
  resting_ = home_.executor.after(kAcceptRest, [this] {
    resting_.reset();
    listener_->want_accept();
  });
}

void Address::welcome(std::unique_ptr<io::Stream> stream) {
  if (tls_context_) stream = tls_context_->wrap(std::move(stream));
  const std::uint64_t id = ++last_id_;
  std::string client = client_of(stream->peer());
  auto reception = std::make_unique<Reception>(id, *this, std::move(stream));
  if (!reception->start()) return;  // out of memory for watching it: closed
  ++of_client_[client];
  receptions_.emplace(id, Place{std::move(reception), std::move(client)});
}

std::unique_ptr<io::Stream> Address::take(std::uint64_t reception) {
  const auto found = receptions_.find(reception);
  CHECK(found != receptions_.end(), "a reception ends once");
  auto stream = found->second.reception->release();
  if (const auto client = of_client_.find(found->second.client); --client->second == 0) {
    of_client_.erase(client);
  }
  receptions_.erase(found);
  if (std::exchange(is_waiting_, false)) listener_->want_accept();
  return stream;
}

void Address::left(std::uint64_t reception) { take(reception); }

void Address::refused(std::uint64_t reception, const http::Refusal& refusal) {
  answer(take(reception), answer_refusal(refusal));
}

void Address::received(std::uint64_t reception, ByteSpan head, ByteSpan early) {
  auto stream = take(reception);
  auto request = http::parse_request(head);
  if (!request) return answer(std::move(stream), answer_refusal(request.error()));
  dispatch({std::move(stream), std::move(*request), to_bytes(early)});
}

void Address::answer(std::unique_ptr<io::Stream> stream, Answer answer) {
  const bool is_closed = listener_ == nullptr;
  if (is_closed || refusals_.size() >= kPagesMax) return;  // closed without a word
  const std::uint64_t id = ++last_id_;
  auto page = std::make_unique<Page>(home_, std::move(stream), std::move(answer));
  Page& it = *page;
  refusals_.emplace(id, std::move(page));
  it.start([weak = weak_from_this(), id] {
    if (const auto self = weak.lock()) self->refusals_.erase(id);
  });
}

// Claims.

Claim::Claim(std::shared_ptr<Address> address, const Route& route)
    : address_(std::move(address)), claimant_(route.claimant), executor_(*route.executor) {}

Claim::~Claim() {
  address_->remove(claimant_);
  if (!address_->is_unclaimed()) return;
  if (&executor_ == &address_->home().executor) {
    address_->close_if_unclaimed();
    return;
  }
  // Its home closes it, unless someone has claimed it again by then.
  io::Executor& home = address_->home().executor;
  home.post([address = std::move(address_)] { address->close_if_unclaimed(); });
}

Result<std::unique_ptr<Claim>> AddressBook::claim(const std::string& listen,
                                                  const std::optional<TlsFiles>& tls, Route route,
                                                  const host::Services& services) {
  route.claimant = route.admitter.lock().get();
  const std::lock_guard lock(mutex_);
  if (auto address = addresses_[listen].lock()) {
    if (address->tls() != tls) {
      return fail(Code::kConflict,
                  "{} is served with other TLS settings by actor {}; give {} the same "
                  "tls_certificate and tls_key, or another listen",
                  listen, address->first_actor(), route.actor);
    }
    auto added = address->add(route);
    if (added) return std::make_unique<Claim>(std::move(address), route);
    if (added.error().code != Code::kClosed) return std::unexpected(std::move(added.error()));
  }
  auto address = std::make_shared<Address>(listen, tls, services);
  TRY_OK(address->open());
  TRY_OK(address->add(route));
  addresses_[listen] = address;
  addresses_[address->bound()] = address;  // differs where port 0 was asked for
  return std::make_unique<Claim>(std::move(address), route);
}

}  // namespace theater::hosts::listener
