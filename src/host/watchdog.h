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
/// given. It takes text apart, which checks that it is UTF-8 (0.1 to 0.4 ms a MiB), and keeps a
/// copy until it is written (0.15 ms a MiB; 0.65 if the memory is fresh, most of it page faults).
inline constexpr Nanoseconds kHoldMax = Milliseconds(5);
inline constexpr Nanoseconds kHoldPerMebibyte = Milliseconds(1);

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
