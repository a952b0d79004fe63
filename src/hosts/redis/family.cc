// The redis family: its functions and its grant.
#include "hosts/redis/family.h"

#include "host/bound_family.h"
#include "hosts/redis/instance.h"

namespace theater::hosts::redis {

namespace {

class RedisFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  RedisFamily() : BoundFamily(&parse_grant) {
    binding()
        .operation<&Instance::plan_commands, &Instance::begin_commands>("commands")
        .operation<&Instance::plan_subscribe, &Instance::begin_subscribe>("subscribe");
    host::describe<Payload>(binding().info(), "redis", actor::HandlerNeed::kRequired);
  }

 private:
  Status prepare(Grant& grant) const override {
    for (ServerGrant& server : grant.servers) {
      if (!server.tls) continue;
      TRY(server.authorities, authorities_.get(server.trust));
    }
    return {};
  }

  mutable io::TlsAuthorityBook authorities_;  // guards itself
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<RedisFamily>(); }

}  // namespace theater::hosts::redis
