// SimFamilies: the families of one actor: real ones and the simulated sockets, all watched.
#pragma once

#include "actor/host_port.h"
#include "sim/stage.h"
#include "sim/watched.h"

namespace theater::sim {

/// Borrows everything; the driver finds the actor's sockets in `sockets()`.
class SimFamilies final : public actor::FamilySet {
 public:
  struct Setup {
    const Stage& stage;
    host::Services services;
    Watch watch;
    Ticker& ticker;
    Chance& chance;
  };
  explicit SimFamilies(const Setup& setup) : setup_(setup) {}

  std::span<const actor::FamilyInfo* const> infos() const override { return setup_.stage.infos(); }
  Status check_grant(std::size_t family, const actor::Setting& grant) const override;
  Result<std::unique_ptr<actor::FamilyInstance>> create(std::size_t family,
                                                        const actor::Setting& grant,
                                                        actor::ActorPort& actor) const override;
  /// Valid while the actor lives; nullptr before it was made.
  Sockets* sockets() const { return sockets_; }

 private:
  const Setup setup_;
  mutable Sockets* sockets_ = nullptr;
};

}  // namespace theater::sim
