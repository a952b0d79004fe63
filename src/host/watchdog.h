// Watchdog: names each function of a family that holds its shard for long (BLOCK-1).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actor/host_port.h"
#include "io/held_time.h"

namespace theater::host {

/// The longest that a function of a family may compute or be blocked; longer by this for what it is
/// given, which it copies, hashes, writes.
inline constexpr Nanoseconds kHoldMax = Milliseconds(5);
inline constexpr Nanoseconds kHoldPerMebibyte = Milliseconds(2);

/// One that did so for longer.
struct Hold {
  std::string_view family;
  std::string_view function;  // of the interface, or "answers", "settle", "recover"
  Nanoseconds time{0};
};

/// The families of one actor, whose calls are timed: the functions the guest calls, their effects,
/// what the actor asks of a family while it runs, its start and its end. `families` outlives it;
/// `report` is called on the shard. Costs six system calls a call; nothing where it is not put in
/// between.
class Watchdog final : public actor::FamilySet {
 public:
  using Report = std::function<void(const Hold&)>;
  Watchdog(const actor::FamilySet& families, Report report)
      : families_(families), report_(std::move(report)) {}

  std::span<const actor::FamilyInfo* const> infos() const override { return families_.infos(); }
  Status check_grant(std::size_t family, const actor::Setting& grant) const override {
    return families_.check_grant(family, grant);
  }
  Result<std::unique_ptr<actor::FamilyInstance>> create(std::size_t family,
                                                        const actor::Setting& grant,
                                                        actor::ActorPort& actor) const override;

 private:
  const actor::FamilySet& families_;
  const Report report_;
};

}  // namespace theater::host
