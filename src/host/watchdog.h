// Watchdog: names each function and each callback of a family that holds its shard (BLOCK-1).
#pragma once

#include <memory>
#include <vector>

#include "host/family.h"
#include "host/hold_watch.h"

namespace theater::host {

/// One actor's, on its shard. Times what its families do: the functions the guest calls, their
/// effects, what the actor asks of a family while it runs, its start and its end; and every task,
/// timer, socket, lookup and descriptor that calls the family back through its shard's services.
/// Outlives the instances and what they have posted. Costs three system calls a call; nothing where
/// it is not put in between.
class Watchdog {
 public:
  using Report = HoldWatch::Report;
  /// `report` is called on the shard.
  explicit Watchdog(Report report);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// As Family::create. Once for each of the actor's families.
  Result<std::unique_ptr<actor::FamilyInstance>> create(const Family& family,
                                                        const actor::Setting& grant,
                                                        const Context& context);

 private:
  struct Watched;
  const Report report_;
  std::vector<std::unique_ptr<Watched>> watched_;
};

}  // namespace theater::host
