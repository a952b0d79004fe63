// Errands: a complete small family for the tests of the kit, with operations of every delivery, a
// wait and events of its own. What is asked of it is done when the test says so.
#pragma once

#include <poll.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/bound_family.h"
#include "host/limit_field.h"
#include "host/operating.h"

namespace theater::host::testing {

struct ErrandLimits {
  std::uint64_t running_max = 2;
  std::uint64_t waiting_max = 4;
  Nanoseconds time = std::chrono::seconds(30);
};
inline constexpr LimitField<ErrandLimits> kErrandLimits[] = {
    {"running_max", &ErrandLimits::running_max, 1, 64},
    {"waiting_max", &ErrandLimits::waiting_max, 1, 256},
    {"time", &ErrandLimits::time, 1'000'000, 3'600'000'000'000},
};

/// The WIT variant `payload`.
struct ErrandPayload {
  static constexpr std::array<std::string_view, 3> kWitCases{"part", "heard", "ended"};
  std::variant<Bytes, std::string, Data> value;
};
inline Bytes errand_event(std::uint64_t id, ErrandPayload payload) {
  return wasm::to_binary(Event<ErrandPayload>{id, std::move(payload)});
}
inline Bytes errand_end(std::uint64_t id, Data result) {
  return errand_event(id,
                      {decltype(ErrandPayload::value)(std::in_place_index<2>, std::move(result))});
}

class ErrandInstance;

/// The test's hand: what was begun, aborted, waited for; outlives instances. The first word of an
/// errand says how: "kept", "parts", "again" (re-issue), "attach", "look", "now" (ends at once),
/// "blocked" (its check holds the shard).
struct Errands {
  std::vector<Work> begun;
  std::vector<std::string> log;  // "begin 1 first", "abort 1", "credit 1", "over 7"
  std::vector<std::uint64_t> tickets;
  ErrandInstance* instance = nullptr;
  bool is_slow = false;  // starts, ends and aborts hold the shard

  std::vector<std::string> take() { return std::exchange(log, {}); }
};

class ErrandInstance final : public OperatingInstance<ErrandInstance> {
 public:
  struct Grant {
    ErrandLimits limits;
    Errands* errands;
  };
  ErrandInstance(const Binding<ErrandInstance>& binding, const Grant& grant, const Context& context)
      : OperatingInstance(binding, context,
                          {{"errand events", QueuePolicy::kRefuse, {8, 4096, 0}},
                           {grant.limits.running_max, grant.limits.waiting_max}}),
        limits_(grant.limits),
        errands_(*grant.errands) {
    errands_.instance = this;
  }
  ~ErrandInstance() override { errands_.instance = nullptr; }

  Status recover() override {
    if (errands_.is_slow) ::poll(nullptr, 0, 50);
    return OperatingInstance::recover();
  }
  void stop(actor::StopMode mode) override {
    if (errands_.is_slow) ::poll(nullptr, 0, 50);
    OperatingInstance::stop(mode);
  }

  // Operations.
  Planned run(std::string_view what) {
    if (what == "secret") return refuse(GuestCode::kDenied, "not yours");
    if (what.empty()) return refuse(GuestCode::kInvalid, "an errand has a name");
    if (what.starts_with("blocked")) ::poll(nullptr, 0, 50);
    Plan plan;
    plan.time_max = limits_.time;
    if (what.starts_with("kept")) plan.delivery = Delivery::kKept;
    if (what.starts_with("parts"))
      plan = {Delivery::kParts, limits_.time, CrashRule::kInterrupt, 8};
    if (what.starts_with("again")) plan.crash = CrashRule::kReissue;
    if (what.starts_with("look")) plan.crash = CrashRule::kLookup;
    if (what.starts_with("attach"))
      plan = {Delivery::kInline, std::nullopt, CrashRule::kReattach, 0};
    return plan;
  }
  void begin(Work& work, std::string_view what) {
    static constexpr std::string_view kAttempts[] = {"first", "reattach", "reissue", "lookup"};
    errands_.begun.push_back(work);
    errands_.log.push_back(fmt::format("begin {} {} {}", work.id.value, what,
                                       kAttempts[static_cast<std::size_t>(work.attempt)]));
    if (what.starts_with("now")) done(work.id.value, "at once");
  }

  // A wait.
  Wait<Data> check_fetch(std::string_view what) {
    if (what == "secret") return refuse(GuestCode::kDenied, "not yours");
    if (what == "cached") return Data(to_bytes(as_bytes("here")));
    return std::nullopt;
  }
  void fetch(Ticket& ticket, std::string_view what) {
    errands_.tickets.push_back(ticket.value);
    errands_.log.push_back(fmt::format("fetch {}", what));
  }

  // The test's hand.
  Errands& hand() { return errands_; }
  bool done(std::uint64_t id, std::string_view result) {
    return finish({id}, OperationEnd::kDone, errand_end(id, to_bytes(as_bytes(result))));
  }
  bool failed(std::uint64_t id) {
    return finish({id}, OperationEnd::kFailed,
                  errand_end(id, refuse(GuestCode::kRemote, "nobody at home")));
  }
  bool kept(std::uint64_t id, Bytes result) {
    return finish_kept({id}, errand_end(id, Bytes{}), std::move(result));
  }
  bool push(std::uint64_t id, std::string_view bytes) {
    const Bytes event = errand_event(
        id, {decltype(ErrandPayload::value)(std::in_place_index<0>, to_bytes(as_bytes(bytes)))});
    return part({id}, event, bytes.size());
  }
  Put hear(const std::string& what) {
    return queue().put(
        0, errand_event(0, {decltype(ErrandPayload::value)(std::in_place_index<1>, what)}));
  }
  bool fetched(std::uint64_t ticket, std::string_view what) {
    return answer<&ErrandInstance::check_fetch>(ticket, Data(to_bytes(as_bytes(what))));
  }

 private:
  void abort(OperationId id) override {
    if (errands_.is_slow) ::poll(nullptr, 0, 50);
    errands_.log.push_back(fmt::format("abort {}", id.value));
  }
  Bytes write_end(OperationId id, const GuestError& why) override {
    return errand_end(id.value, std::unexpected(why));
  }
  void on_credit(OperationId id) override {
    errands_.log.push_back(fmt::format("credit {}", id.value));
  }
  void on_wait_over(std::uint64_t ticket) override {
    errands_.log.push_back(fmt::format("over {}", ticket));
  }

  const ErrandLimits limits_;
  Errands& errands_;
};

class ErrandFamily final : public BoundFamily<ErrandInstance, ErrandLimits> {
 public:
  enum Function : std::size_t { kRun, kFetch };
  explicit ErrandFamily(Errands& errands) : BoundFamily(&parse), errands_(errands) {
    binding()
        .operation<&ErrandInstance::run, &ErrandInstance::begin>("run")
        .wait<&ErrandInstance::check_fetch, &ErrandInstance::fetch>("fetch-wait");
    describe<ErrandPayload>(binding().info(), "errand", actor::HandlerNeed::kRequired);
    binding().info().interface_name = "theater:test/errand@0.1.0";  // not of the contract
    binding().info().handler_name = "theater:test/errand-handler@0.1.0#handle-events";
  }

 private:
  static Result<ErrandLimits> parse(const actor::Setting& table) {
    return read_grant(table, "grants.errand", kErrandLimits);
  }
  Result<std::unique_ptr<actor::FamilyInstance>> make(ErrandLimits limits,
                                                      const Context& context) const override {
    return std::make_unique<ErrandInstance>(binding(), ErrandInstance::Grant{limits, &errands_},
                                            context);
  }
  Errands& errands_;
};

}  // namespace theater::host::testing
