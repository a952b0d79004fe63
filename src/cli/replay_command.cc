// theater replay: runs the recorded actors again, without the world, and compares every event.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/command.h"
#include "cli/reading.h"
#include "hosts/all_hosts.h"
#include "node/loader.h"
#include "node/names.h"
#include "replay/replay.h"
#include "store/component_store.h"
#include "store/node_directory.h"

namespace theater::cli {
namespace {

constexpr std::uint64_t kComponentBytesMax = 256ull << 20;

struct ReplayArguments {
  std::string data;
  std::string actor;
  std::optional<std::uint64_t> from, until;
  bool from_snapshot = false;
  std::string component;
};

Json actor_json(const replay::ActorReplay& actor) {
  Json json{{"id", actor.actor.hex()},          {"name", actor.name},
            {"equal", !actor.divergence},       {"events", actor.events},
            {"invocations", actor.invocations}, {"skipped", actor.skipped},
            {"head", actor.head.hex()},         {"state_root", actor.state_root.hex()}};
  if (actor.snapshot) json["snapshot"] = actor.snapshot->value;
  if (!actor.bad_snapshots.empty()) json["bad_snapshots"] = actor.bad_snapshots;
  if (actor.divergence) {
    json["divergence"] = {{"seq", actor.divergence->seq.value},
                          {"kind", chain::kind_name(actor.divergence->kind)},
                          {"reason", actor.divergence->reason},
                          {"recorded", actor.divergence->recorded},
                          {"recomputed", actor.divergence->recomputed}};
  }
  return json;
}

std::string indented(std::string_view text) {
  std::string result = "    ";
  for (const char letter : text) {
    result += letter;
    if (letter == '\n') result += "    ";
  }
  return result;
}

void print_actor(Output& output, const replay::ActorReplay& actor) {
  for (const std::string& bad : actor.bad_snapshots) {
    output.line(fmt::format("{} {}", output.paint(Colour::kYellow, "bad snapshot:"), bad));
  }
  if (!actor.divergence) {
    output.line(fmt::format(
        "{} {}: {} events{}, {} invocations run again{}, head {}",
        output.paint(Colour::kGreen, "equal:"), actor.name, actor.events,
        actor.snapshot ? fmt::format(" after the snapshot of seq {}", actor.snapshot->value) : "",
        actor.invocations, actor.skipped ? fmt::format(" ({} skipped)", actor.skipped) : "",
        actor.head.hex().substr(0, 16)));
    return;
  }
  const replay::Divergence& found = *actor.divergence;
  output.line(fmt::format("{} {} at seq {} ({}): {}", output.paint(Colour::kRed, "diverged:"),
                          actor.name, found.seq.value, chain::kind_name(found.kind), found.reason));
  output.line(fmt::format("  {}", output.paint(Colour::kBold, "recorded")));
  output.line(indented(found.recorded));
  output.line(fmt::format("  {}", output.paint(Colour::kBold, "recomputed")));
  output.line(indented(found.recomputed));
}

Exit print_report(Shell& shell, const replay::ReplayReport& found) {
  if (shell.output.is_json()) {
    Json json{{"equal", found.is_equal()}, {"events", found.events()}};
    json["actors"] = Json::array();
    for (const auto& actor : found.actors) json["actors"].push_back(actor_json(actor));
    shell.output.json(json);
  } else {
    for (const auto& actor : found.actors) print_actor(shell.output, actor);
  }
  return found.is_equal() ? Exit::kOk : Exit::kBad;
}

/// One component would run as every actor: each would be told of its differences from the others.
Status check_one_actor(const ReplayArguments& arguments, const store::ActorHistory& history) {
  if (!arguments.actor.empty() || history.actors().size() < 2) return {};
  return fail(Code::kInvalid,
              "--component replaces the code of one actor: name it with --actor; there are: {}",
              node::names_of(history));
}

Result<replay::ReplayOptions> read_options(Shell& shell, const ReplayArguments& arguments,
                                           const store::ActorHistory& history) {
  replay::ReplayOptions options;
  if (!arguments.actor.empty()) {
    TRY(const auto* actor, node::find_actor(history, arguments.actor));
    options.actor = actor->actor;
  }
  if (arguments.from_snapshot) options.from = Seq{UINT64_MAX};
  if (arguments.from) options.from = Seq{*arguments.from};
  if (arguments.until) options.until = Seq{*arguments.until};
  if (!arguments.component.empty()) {
    TRY_OK(check_one_actor(arguments, history));
    TRY(options.component, io::read_file(shell.files, arguments.component, kComponentBytesMax));
  }
  return options;
}

/// An engine with the settings under which the actors were recorded.
Result<std::unique_ptr<wasm::Engine>> make_engine(const store::ActorHistory& history) {
  std::vector<actor::Manifest> manifests;
  for (const store::ActorSummary& actor : history.actors()) {
    auto manifest = actor::parse_recorded_manifest(as_text(actor.manifest));
    if (manifest) manifests.push_back(*std::move(manifest));
  }
  return wasm::Engine::create(
      {.fuel = node::fuel_mode(manifests), .allocation = wasm::Allocation::kOnDemand});
}

Result<replay::ReplayReport> replay_all(Shell& shell, const ReplayArguments& arguments) {
  const store::NodeLayout layout{arguments.data};
  TRY(auto history, open_history(shell, arguments.data));
  TRY(auto options, read_options(shell, arguments, *history));
  TRY(auto engine, make_engine(*history));
  store::ComponentStore components(shell.files, layout.components());
  std::uint64_t total = 0;
  for (const store::ActorSummary& actor : history->actors()) {
    if (!options.actor || *options.actor == actor.actor) total += actor.events;
  }
  Progress progress(shell.output, "replay");
  options.on_progress = [&](std::uint64_t events) { progress.update(events, total); };
  const hosts::AllHosts hosts;
  const replay::ReplayWorld world{*engine, *history, components, hosts.infos(),
                                  layout.compile_cache()};
  return replay::replay(world, options);
}

Exit replay_command(Shell& shell, const ReplayArguments& arguments) {
  const auto found = replay_all(shell, arguments);
  if (!found) return report(shell, found.error(), Exit::kUnusable);
  return print_report(shell, *found);
}

}  // namespace

void add_replay(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<ReplayArguments>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"replay",
       "Run the recorded actors again without touching the world and compare every event. Exit "
       "status: 0 equal, 1 diverged (the first difference is shown), 2 unusable.",
       "  theater replay theater-data --actor chat --component build/actors/chat.wasm"});
  command.add_option("DATA", arguments->data, "the data directory")->required();
  command.add_option("--actor", arguments->actor, "name, id or the id's first digits");
  CLI::Option* const from = command.add_option(
      "--from", arguments->from, "begin at the newest snapshot before this seq, not at genesis");
  command.add_flag("--from-snapshot", arguments->from_snapshot, "begin at the newest snapshot")
      ->excludes(from);
  command.add_option("--until", arguments->until, "the seq of the last event to replay");
  command.add_option("--component", arguments->component,
                     "run this component instead; with --actor, if there are several");
  command.callback([&shell, arguments] { shell.exit = replay_command(shell, *arguments); });
}

}  // namespace theater::cli
