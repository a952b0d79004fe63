// The http-server family: its functions, its grant, and what its instances share.
#include "hosts/http_server/family.h"

#include "host/bound_family.h"
#include "hosts/http_server/instance.h"
#include "hosts/listener/places.h"
#include "hosts/listener/scratch.h"

namespace theater::hosts::http_server {

namespace {

void bind(host::Binding<Instance>& binding) {
  constexpr auto kWrite = chain::OutputClass::kWrite;
  constexpr auto kResource = chain::OutputClass::kResource;
  binding.effect<&Instance::respond, &Instance::perform_respond>("respond", kWrite)
      .folded<&Instance::fold_respond>()
      .effect<&Instance::respond_all, &Instance::perform_respond_all>("respond-all", kWrite)
      .folded<&Instance::fold_respond_all>()
      .effect<&Instance::finish, &Instance::perform_finish>("finish", kWrite)
      .effect<&Instance::write, &Instance::perform_write>("write", kWrite)
      .effect<&Instance::send_event, &Instance::perform_send_event>("send-event", kWrite)
      .effect<&Instance::publish, &Instance::perform_publish>("publish", kWrite)
      .effect<&Instance::more, &Instance::perform_more>("more", kResource)
      .answers<&Instance::perform_answers>()
      .folded<&Instance::fold_answers>();
  host::describe<Payload>(binding.info(), "http-server", actor::HandlerNeed::kRequired);
  host::describe_answers<Payload, Answers>(binding.info(), kWrite);
}

class HttpServerFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  explicit HttpServerFamily(listener::AddressBook& addresses)
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
    return listener::places_of(grant, "HTTP", "http");
  }

  listener::AddressBook& addresses_;                      // guards itself
  mutable listener::Scratches scratches_{kScratchBytes};  // guards itself
};

}  // namespace

std::unique_ptr<host::Family> make_family(listener::AddressBook& addresses) {
  return std::make_unique<HttpServerFamily>(addresses);
}

}  // namespace theater::hosts::http_server
