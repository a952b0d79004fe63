// theater actors: the actors of a data directory at a glance.
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
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

Json actor_json(const store::ActorSummary& actor) {
  return {{"name", node::name_of(actor)},
          {"id", actor.actor.hex()},
          {"events", actor.events},
          {"invocations", actor.invocations},
          {"head", actor.head.last.hex()},
          {"state_bytes", actor.state_bytes},
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
}

Exit list_actors(Shell& shell, const std::string& data) {
  const auto history =
      store::ActorHistory::open(shell.files, data, store::ActorHistory::Load::kSummaries);
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
       "List the actors with their state's size, events, head hash and last outcome. Reads only; "
       "a node may be running. Exit status: 0, or 1 if it cannot be read.",
       "  theater actors theater-data"});
  command.add_option("DATA", *data, "the data directory")->required();
  command.callback([&shell, data] { shell.exit = list_actors(shell, *data); });
}

}  // namespace theater::cli
