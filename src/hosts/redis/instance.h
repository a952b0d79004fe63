// redis::Instance: one actor's servers.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/notices.h"
#include "host/operating.h"
#include "hosts/redis/pipe.h"
#include "hosts/redis/subscription.h"

namespace theater::hosts::redis {

/// One actor's, on its shard. Connects to a server when there is something to ask it.
class Instance final : public host::OperatingInstance<Instance>,
                       private PipeUser,
                       private SubscriptionUser {
 public:
  Instance(const host::Binding<Instance>& binding, Grant grant, const host::Context& context);

  host::Planned plan_commands(std::string_view server, const Commands& commands);
  void begin_commands(host::Work& work, std::string_view server, const Commands& commands);
  host::Planned plan_subscribe(std::string_view server, const std::vector<std::string>& channels,
                               const std::vector<std::string>& patterns);
  void begin_subscribe(host::Work& work, std::string_view server,
                       const std::vector<std::string>& channels,
                       const std::vector<std::string>& patterns);

  Status recover() override;
  void stop(actor::StopMode mode) override;
  actor::Census census() const override;
  void measure(actor::Figures& figures) const override;

 private:
  struct Server {
    const ServerGrant* grant;
    std::shared_ptr<io::TlsContext> tls;  // shared with the streams made from it
    std::unique_ptr<Pipe> pipe;
  };
  struct Listening {
    std::unique_ptr<Subscription> subscription;
    host::Notices notices;  // events of payload `published`, as they will be delivered
  };

  // What the kit asks.
  void abort(OperationId id) override;
  Bytes write_end(OperationId id, const host::GuestError& why) override;
  void on_credit(OperationId id) override;

  // What servers tell.
  void on_answered(OperationId operation, Values values) override;
  void on_failed(OperationId operation, const host::GuestError& why) override;
  void on_listening(OperationId operation) override;
  void on_published(OperationId operation, std::string channel, Bytes body) override;
  void on_broken(OperationId operation) override;
  void on_refused(OperationId operation, const host::GuestError& why) override;

  std::expected<const ServerGrant*, host::GuestError> find(std::string_view name) const;
  void deliver(OperationId operation, host::Notices& notices);
  void record_gap(const host::Notices& notices);
  Status make_servers();

  Grant grant_;
  const host::Services services_;
  actor::ActorPort& actor_;
  std::map<std::string, Server, std::less<>> servers_;
  std::map<OperationId, Listening> listening_;
  std::map<OperationId, Pipe*> sent_;
  std::uint64_t done_ = 0, failed_ = 0, published_ = 0, broken_ = 0;
};

}  // namespace theater::hosts::redis
