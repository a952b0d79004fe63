// The tcp family: its functions, its grant, and what its instances share.
#include "hosts/tcp/family.h"

#include "host/bound_family.h"
#include "hosts/listener/scratch.h"
#include "hosts/tcp/instance.h"

namespace theater::hosts::tcp {

namespace {

class TcpFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  TcpFamily() : BoundFamily(&parse_grant) {
    constexpr auto kWrite = chain::OutputClass::kWrite;
    constexpr auto kResource = chain::OutputClass::kResource;
    binding()
        .effect<&Instance::connect, &Instance::perform_connect>("connect", kResource)
        .folded<&Instance::fold_connect>()
        .effect<&Instance::send, &Instance::perform_send>("send", kWrite)
        .effect<&Instance::control, &Instance::perform_control>("control", kResource)
        .effect<&Instance::transfer, &Instance::perform_transfer>("transfer", kResource);
    host::describe<Payload>(binding().info(), "tcp", actor::HandlerNeed::kRequired);
  }

 protected:
  Status prepare(Grant& grant) const override {
    if (grant.allow.empty() && grant.transfer_from.empty()) return {};
    TRY(grant.authorities, authorities_.get(grant.trust));
    return {};
  }
  Result<std::unique_ptr<actor::FamilyInstance>> make(Grant grant,
                                                      const host::Context& context) const override {
    return std::make_unique<Instance>(
        InstanceSetup{binding(), doors_, scratches_.of(context.services.executor),
                      std::move(grant)},
        context);
  }
  std::vector<host::Place> places_of(const Grant& grant) const override {
    if (!grant.listen) return {};
    const bool is_tls = grant.tls && grant.server_tls == ServerTls::kAtOnce;
    return {{is_tls ? "TLS" : "TCP", (is_tls ? "tls://" : "tcp://") + *grant.listen}};
  }

 private:
  // They guard themselves.
  mutable listener::Scratches scratches_{kScratchBytes};
  mutable Doors doors_;
  mutable io::TlsAuthorityBook authorities_;
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<TcpFamily>(); }

}  // namespace theater::hosts::tcp
