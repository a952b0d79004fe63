// theater actors: the actors of a data directory at a glance.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "actor/manifest.h"
#include "cli/command.h"
#include "cli/reading.h"
#include "node/names.h"
#include "store/actor_history.h"

namespace theater::cli {
namespace {

/// "ok", "error", "trap", or "" before the first invocation's end.
std::string outcome_text(const store::ActorSummary& actor) {
  if (!actor.last_outcome) return "";
  switch (*actor.last_outcome) {
    case 0:
      return "ok";
    case 1:
      return "error";
    default:
      return "trap";
  }
}

/// limits.log_max of its manifest; nothing if it has none.
std::optional<std::uint64_t> log_max_of(const store::ActorSummary& actor) {
  const auto manifest = actor::parse_recorded_manifest(as_text(actor.manifest));
  if (!manifest || manifest->limits.log_max == actor::kNoLogMax) return std::nullopt;
  return manifest->limits.log_max;
}

Json actor_json(const store::ActorSummary& actor) {
  const auto log_max = log_max_of(actor);
  return {{"name", node::name_of(actor)},
          {"id", actor.actor.hex()},
          {"events", actor.events},
          {"invocations", actor.invocations},
          {"head", actor.head.last.hex()},
          {"state_bytes", actor.state_bytes},
          {"log_bytes", actor.head.bytes},
          {"log_bytes_max", log_max ? Json(*log_max) : Json(nullptr)},
          {"log_spent", log_max && actor.head.bytes >= *log_max},
          {"state_root", actor.state_root.hex()},
          {"last_outcome", outcome_text(actor)},
          {"last_time_us", actor.last_time_us},
          {"component", actor.current.component.hex()}};
}

void print_actor(Output& output, const store::ActorSummary& actor) {
  const std::string outcome = outcome_text(actor);
  output.line(fmt::format("{:<16}  {}  {:>9} events  {:>10} state  {:<5}  {}", node::name_of(actor),
                          actor.actor.hex().substr(0, 8), actor.events,
                          size_text(actor.state_bytes), outcome.empty() ? "-" : outcome,
                          time_text(actor.last_time_us)));
  output.line(fmt::format("  head  {}", actor.head.last.hex()));
  const auto log_max = log_max_of(actor);
  if (!log_max) return output.line(fmt::format("  log   {}", size_text(actor.head.bytes)));
  const std::string_view spent = ": used up, it takes nothing new; start it with a larger log_max";
  output.line(fmt::format("  log   {} of {} (limits.log_max){}", size_text(actor.head.bytes),
                          size_text(*log_max), actor.head.bytes >= *log_max ? spent : ""));
}

Exit list_actors(Shell& shell, const std::string& data) {
  const auto history = open_history(shell, data);
  if (!history) return report(shell, history.error(), Exit::kBad);
  for (const store::ActorSummary& actor : (*history)->actors()) {
    if (shell.output.is_json()) {
      shell.output.json(actor_json(actor));
    } else {
      print_actor(shell.output, actor);
    }
  }
  return Exit::kOk;
}

}  // namespace

void add_actors(CLI::App& app, Shell& shell) {
  auto data = std::make_shared<std::string>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"actors",
       "List the actors with their state's size, events, head hash, last outcome and how much of "
       "the log they take. Reads only; "
       "a node may be running. Exit status: 0, or 1 if it cannot be read.",
       "  theater actors theater-data"});
  command.add_option("DATA", *data, "the data directory")->required();
  command.callback([&shell, data] { shell.exit = list_actors(shell, *data); });
}

}  // namespace theater::cli
