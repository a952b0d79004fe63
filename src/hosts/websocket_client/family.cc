// The websocket-client family: its functions, its grant, and what its instances share.
#include "hosts/websocket_client/family.h"

#include "hosts/listener/scratch.h"
#include "hosts/websocket_client/instance.h"

namespace theater::hosts::websocket_client {

namespace {

host::Binding<Instance> bind() {
  constexpr auto kWrite = chain::OutputClass::kWrite;
  constexpr auto kResource = chain::OutputClass::kResource;
  host::Binding<Instance> binding;
  binding.effect<&Instance::connect, &Instance::perform_connect>("connect", kResource)
      .folded<&Instance::fold_connect>()
      .effect<&Instance::send, &Instance::perform_send>("send", kWrite)
      .effect<&Instance::close, &Instance::perform_close>("close", kResource);
  host::describe<Payload>(binding.info(), "websocket-client", actor::HandlerNeed::kRequired);
  return binding;
}

class WebsocketClientFamily final : public host::Family {
 public:
  const actor::FamilyInfo& info() const override { return binding_.info(); }

  Status check_grant(const actor::Setting& table) const override {
    TRY_OK(prepared(table));
    return {};
  }

  Result<std::unique_ptr<actor::FamilyInstance>> create(
      const actor::Setting& table, const host::Context& context) const override {
    TRY(Grant grant, prepared(table));
    return std::make_unique<Instance>(
        InstanceSetup{binding_, scratches_.of(context.services.executor), std::move(grant)},
        context);
  }

 private:
  /// The authorities are read when the grant is checked, so that the shard does not wait for it.
  Result<Grant> prepared(const actor::Setting& table) const {
    TRY(Grant grant, parse_grant(table));
    TRY(grant.authorities, authorities_.get(grant.trust));
    return grant;
  }

  const host::Binding<Instance> binding_ = bind();
  mutable io::TlsAuthorityBook authorities_;              // guards itself
  mutable listener::Scratches scratches_{kScratchBytes};  // guards itself
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<WebsocketClientFamily>(); }

}  // namespace theater::hosts::websocket_client
