// AllHosts: the one list of host families, and how actors see it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/family.h"
#include "host/watchdog.h"
#include "io/environment.h"

namespace theater::hosts {

namespace listener {
class AddressBook;
}

/// Every family of this build, in the fixed order by which chains and actors index them. One per
/// node, which owns it; any thread. Outlives the sets and instances made from it.
class AllHosts {
 public:
  /// `environment` is what the environment family shows of; `terminal_keeper` the program that
  /// keeps terminals (terminal/keeper.h). Replay and checks need neither.
  explicit AllHosts(const io::Environment& environment = {},
                    const std::string& terminal_keeper = {});
  ~AllHosts();
  AllHosts(const AllHosts&) = delete;
  AllHosts& operator=(const AllHosts&) = delete;

  /// The tables that recording and replay go by.
  std::span<const actor::FamilyInfo* const> infos() const { return infos_; }
  std::span<const std::unique_ptr<host::Family>> families() const { return families_; }

 private:
  std::unique_ptr<listener::AddressBook> addresses_;  // of the families that serve
  std::vector<std::unique_ptr<host::Family>> families_;
  std::vector<const actor::FamilyInfo*> infos_;
};

/// The families with the services of one shard: what Actor::create wants. `create` only on that
/// shard; the rest anywhere. Borrows all.
class ShardFamilies final : public actor::FamilySet {
 public:
  /// Instances are watched by `watchdog`, if there is one.
  ShardFamilies(const AllHosts& hosts, const host::Services& services,
                host::Watchdog* watchdog = nullptr)
      : hosts_(hosts), services_(services), watchdog_(watchdog) {}

  std::span<const actor::FamilyInfo* const> infos() const override { return hosts_.infos(); }
  Status check_grant(std::size_t family, const actor::Setting& grant) const override;
  Result<std::unique_ptr<actor::FamilyInstance>> create(std::size_t family,
                                                        const actor::Setting& grant,
                                                        actor::ActorPort& actor) const override;

 private:
  const AllHosts& hosts_;
  host::Services services_;
  host::Watchdog* watchdog_;
};

}  // namespace theater::hosts
