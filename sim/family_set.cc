// SimFamilies: making watched instances.
#include "sim/family_set.h"

namespace theater::sim {

Status SimFamilies::check_grant(std::size_t family, const actor::Setting& grant) const {
  if (family == setup_.stage.programs_index()) {
    return actor::SettingsReader(grant, "grants.process").finish();
  }
  if (family == setup_.stage.shelf_index()) {
    return actor::SettingsReader(grant, "grants.filesystem").finish();
  }
  if (family != setup_.stage.sockets_index()) {
    return setup_.stage.families()[family]->check_grant(grant);
  }
  TRY_OK(parse_socket_options(grant));
  return {};
}

Result<std::unique_ptr<actor::FamilyInstance>> SimFamilies::create(std::size_t family,
                                                                   const actor::Setting& grant,
                                                                   actor::ActorPort& actor) const {
  auto port = std::make_unique<WatchedPort>(actor, setup_.watch);
  const host::Context context{setup_.services, *port};
  std::unique_ptr<actor::FamilyInstance> inner;
  if (family == setup_.stage.sockets_index()) {
    TRY(const SocketOptions options, parse_socket_options(grant));
    auto sockets = std::make_unique<Sockets>(
        Sockets::Setup{setup_.stage.sockets(), options, setup_.watch.witness, setup_.ticker},
        context);
    sockets_ = sockets.get();
    inner = std::move(sockets);
  } else if (family == setup_.stage.programs_index()) {
    const Programs::Setup setup{setup_.stage.programs(), setup_.watch, setup_.ticker,
                                setup_.chance};
    inner = std::make_unique<Programs>(setup, context);
  } else if (family == setup_.stage.shelf_index()) {
    const Shelf::Setup setup{setup_.stage.shelf(), setup_.ticker, setup_.chance};
    inner = std::make_unique<Shelf>(setup, context);
  } else {
    TRY(inner, setup_.stage.families()[family]->create(grant, context));
  }
  return std::make_unique<WatchedInstance>(std::move(port), std::move(inner), setup_.watch);
}

}  // namespace theater::sim
