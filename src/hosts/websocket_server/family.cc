// The websocket-server family: its functions, its grant, and what its instances share.
#include "hosts/websocket_server/family.h"

#include "host/bound_family.h"
#include "hosts/listener/places.h"
#include "hosts/listener/scratch.h"
#include "hosts/websocket_server/instance.h"

namespace theater::hosts::websocket_server {

namespace {

void bind(host::Binding<Instance>& binding) {
  constexpr auto kWrite = chain::OutputClass::kWrite;
  constexpr auto kResource = chain::OutputClass::kResource;
  binding.effect<&Instance::accept, &Instance::perform_accept>("accept", kResource)
      .effect<&Instance::send, &Instance::perform_send>("send", kWrite)
      .effect<&Instance::close, &Instance::perform_close>("close", kResource)
      .effect<&Instance::subscribe, &Instance::perform_subscribe>("subscribe", kResource)
      .effect<&Instance::unsubscribe, &Instance::perform_unsubscribe>("unsubscribe", kResource)
      .effect<&Instance::publish, &Instance::perform_publish>("publish", kWrite)
      .effect<&Instance::set_attachment, &Instance::perform_set_attachment>("set-attachment",
                                                                            kResource)
      .folded<&Instance::fold_attachment>()
      .read<&Instance::attachment>("attachment");
  host::describe<Payload>(binding.info(), "websocket-server", actor::HandlerNeed::kRequired);
}

class WebsocketServerFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  explicit WebsocketServerFamily(listener::AddressBook& addresses)
      : BoundFamily(&parse_grant), addresses_(addresses) {
    bind(binding());
  }

 private:
  Result<std::unique_ptr<actor::FamilyInstance>> make(Grant grant,
                                                      const host::Context& context) const override {
    return std::make_unique<Instance>(
        InstanceSetup{binding(), addresses_, scratches_.of(context.services.executor),
                      std::move(grant)},
        context);
  }

  std::vector<host::Place> places_of(const Grant& grant) const override {
    return listener::places_of(grant, "WebSocket", "ws");
  }

  listener::AddressBook& addresses_;                      // guards itself
  mutable listener::Scratches scratches_{kScratchBytes};  // guards itself
};

}  // namespace

std::unique_ptr<host::Family> make_family(listener::AddressBook& addresses) {
  return std::make_unique<WebsocketServerFamily>(addresses);
}

}  // namespace theater::hosts::websocket_server
