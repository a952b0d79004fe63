// The websocket-client family: its functions, its grant, and what its instances share.
#include "hosts/websocket_client/family.h"

#include "host/bound_family.h"
#include "hosts/listener/scratch.h"
#include "hosts/websocket_client/instance.h"

namespace theater::hosts::websocket_client {

namespace {

class WebsocketClientFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  WebsocketClientFamily() : BoundFamily(&parse_grant) {
    constexpr auto kWrite = chain::OutputClass::kWrite;
    constexpr auto kResource = chain::OutputClass::kResource;
    binding()
        .effect<&Instance::connect, &Instance::perform_connect>("connect", kResource)
        .folded<&Instance::fold_connect>()
        .effect<&Instance::send, &Instance::perform_send>("send", kWrite)
        .effect<&Instance::close, &Instance::perform_close>("close", kResource);
    host::describe<Payload>(binding().info(), "websocket-client", actor::HandlerNeed::kRequired);
  }

 protected:
  Status prepare(Grant& grant) const override {
    TRY(grant.authorities, authorities_.get(grant.trust));
    return {};
  }
  Result<std::unique_ptr<actor::FamilyInstance>> make(Grant grant,
                                                      const host::Context& context) const override {
    return std::make_unique<Instance>(
        InstanceSetup{binding(), scratches_.of(context.services.executor), std::move(grant)},
        context);
  }

 private:
  // They guard themselves.
  mutable io::TlsAuthorityBook authorities_;
  mutable listener::Scratches scratches_{kScratchBytes};
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<WebsocketClientFamily>(); }

}  // namespace theater::hosts::websocket_client
