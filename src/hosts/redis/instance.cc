// redis::Instance: from a guest's commands to a server and back.
#include "hosts/redis/instance.h"

#include <algorithm>
#include <utility>

#include "hosts/redis/rules.h"

namespace theater::hosts::redis {

using host::GuestCode;
using host::GuestError;
using host::OperationEnd;

Instance::Instance(const host::Binding<Instance>& binding, Grant grant,
                   const host::Context& context)
    : OperatingInstance(
          binding, context,
          {{"redis events", host::QueuePolicy::kPause, {}},
           {grant.limits.inflight_max + grant.limits.subscriptions_max, grant.limits.waiting_max}}),
      grant_(std::move(grant)),
      services_(context.services),
      actor_(context.actor) {}

// What the guest asks.

std::expected<const ServerGrant*, GuestError> Instance::find(std::string_view name) const {
  const auto found = std::ranges::find(grant_.servers, name, &ServerGrant::name);
  if (found != grant_.servers.end()) return &*found;
  return host::refuse(GuestCode::kDenied, "no grant of a server named {}",
                      name.substr(0, kNameBytesMax));
}

host::Planned Instance::plan_commands(std::string_view server, const Commands& commands) {
  const auto found = find(server);
  if (!found) return std::unexpected(found.error());
  if (auto good = check_commands(commands, **found, grant_.limits); !good) {
    return std::unexpected(std::move(good.error()));
  }
  host::Plan plan;
  plan.time_max = grant_.limits.time;
  return plan;
}

host::Planned Instance::plan_subscribe(std::string_view server,
                                       const std::vector<std::string>& channels,
                                       const std::vector<std::string>& patterns) {
  const auto found = find(server);
  if (!found) return std::unexpected(found.error());
  if (auto good = check_channels(channels, patterns, **found); !good) {
    return std::unexpected(std::move(good.error()));
  }
  host::Plan plan;
  plan.delivery = host::Delivery::kParts;
  plan.crash = host::CrashRule::kReattach;
  return plan;
}

// Doing it.

void Instance::begin_commands(host::Work& work, std::string_view server, const Commands& commands) {
  Pipe& pipe = *servers_.find(server)->second.pipe;
  sent_.emplace(work.id, &pipe);
  pipe.send(work.id, commands);
}

void Instance::begin_subscribe(host::Work& work, std::string_view server,
                               const std::vector<std::string>& channels,
                               const std::vector<std::string>& patterns) {
  if (listening_.size() >= grant_.limits.subscriptions_max) {
    return on_failed(work.id,
                     {GuestCode::kFull,
                      "",
                      fmt::format("subscriptions_max is {}", grant_.limits.subscriptions_max),
                      {}});
  }
  const Server& it = servers_.find(server)->second;
  SubscriptionUser& user = *this;
  auto subscription = std::make_unique<Subscription>(Subscription::Setup{
      work.id, *it.grant, grant_.limits, it.tls.get(), services_, user, channels, patterns});
  const host::Notices::Limits room{grant_.limits.published_max, grant_.limits.published_bytes};
  listening_.emplace(work.id, Listening{std::move(subscription), host::Notices(room)});
}

// What servers tell.

void Instance::on_answered(OperationId operation, Values values) {
  sent_.erase(operation);
  ++done_;
  finish(operation, OperationEnd::kDone,
         event_bytes<Payload::kEnded>(operation.value, std::move(values)));
}

void Instance::on_failed(OperationId operation, const GuestError& why) {
  sent_.erase(operation);
  ++failed_;
  finish(operation, OperationEnd::kFailed, write_end(operation, why));
}

void Instance::on_broken(OperationId) { ++broken_; }

void Instance::on_refused(OperationId operation, const GuestError& why) {
  const GuestError copy = why;
  listening_.erase(operation);
  on_failed(operation, copy);
}

void Instance::on_listening(OperationId operation) {
  Listening& it = listening_.at(operation);
  it.notices.lose_track();
  deliver(operation, it.notices);
}

void Instance::on_published(OperationId operation, std::string channel, Bytes body) {
  Listening& it = listening_.at(operation);
  ++published_;
  const bool was_whole = it.notices.gap() == 0;
  it.notices.put(as_text(event_bytes<Payload::kPublished>(
      operation.value, std::tuple{std::move(channel), std::move(body)})));
  // Recorded as it begins, and with the total when the guest hears of it.
  if (was_whole) record_gap(it.notices);
  deliver(operation, it.notices);
}

void Instance::record_gap(const host::Notices& notices) {
  if (notices.gap() == 0) return;
  actor_.record_overflow(
      {"redis messages", chain::OverflowPolicy::kDropOldest, notices.gap(), notices.bytes()});
}

/// As many as the queue takes; on_credit comes for the rest.
void Instance::deliver(OperationId operation, host::Notices& notices) {
  while (const auto next = notices.next()) {
    const Bytes event = next->gap ? event_bytes<Payload::kGap>(operation.value, *next->gap)
                                  : to_bytes(as_bytes(next->what));
    if (!part(operation, event, 0)) return;
    if (next->gap) record_gap(notices);
    notices.taken();
  }
}

// What the kit asks.

void Instance::abort(OperationId id) {
  listening_.erase(id);
  const auto found = sent_.find(id);
  if (found == sent_.end()) return;
  Pipe* pipe = found->second;
  sent_.erase(found);
  pipe->abandon(id);
}

Bytes Instance::write_end(OperationId id, const GuestError& why) {
  return event_bytes<Payload::kEnded>(id.value, std::unexpected(why));
}

void Instance::on_credit(OperationId id) {
  const auto found = listening_.find(id);
  if (found != listening_.end()) deliver(id, found->second.notices);
}

// Life.

Status Instance::make_servers() {
  PipeUser& user = *this;
  for (const ServerGrant& grant : grant_.servers) {
    Server server{&grant, nullptr, nullptr};
    if (grant.tls) server.tls = io::TlsContext::client(*grant.authorities);
    server.pipe = std::make_unique<Pipe>(
        Pipe::Setup{grant, grant_.limits, server.tls.get(), services_, user});
    servers_.emplace(grant.name, std::move(server));
  }
  return {};
}

Status Instance::recover() {
  TRY_OK(read_passwords(grant_));
  TRY_OK(make_servers());
  return OperatingInstance::recover();
}

/// Sockets first: nothing may be open when the actor is told that all is drained.
void Instance::stop(actor::StopMode mode) {
  for (auto& [name, server] : servers_) server.pipe->stop();
  listening_.clear();
  sent_.clear();
  OperatingInstance::stop(mode);
}

actor::Census Instance::census() const {
  actor::Census census = OperatingInstance::census();
  for (const auto& [name, server] : servers_) {
    census.connections += server.pipe->links();
    census.timers += server.pipe->timers();
    census.bytes += server.pipe->held_bytes();
  }
  for (const auto& [id, it] : listening_) {
    census.connections += it.subscription->links();
    census.timers += it.subscription->timers();
    census.bytes += it.notices.bytes() + it.subscription->held_bytes();
  }
  census.descriptors += census.connections;
  return census;
}

void Instance::measure(actor::Figures& figures) const {
  OperatingInstance::measure(figures);
  std::size_t links = 0;
  for (const auto& [name, server] : servers_) links += server.pipe->links();
  for (const auto& [id, it] : listening_) links += it.subscription->links();
  figures.gauge({"redis_connections", "Connections to servers."}, static_cast<double>(links));
  figures.gauge({"redis_subscriptions", "Subscriptions that stand."},
                static_cast<double>(listening_.size()));
  figures.gauge({"redis_inflight", "Operations on their way to servers."},
                static_cast<double>(sent_.size()));
  figures.counter({"redis_done_total", "Operations that were answered."}, done_);
  figures.counter({"redis_failed_total", "Operations that failed."}, failed_);
  figures.counter({"redis_published_total", "Messages of channels received."}, published_);
  figures.counter({"redis_retries_total", "Times a subscription lost its way to the server."},
                  broken_);
}

}  // namespace theater::hosts::redis
