// theater verify: checks every stored byte of a data directory; names the first bad event.
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "cli/reading.h"
#include "node/names.h"
#include "store/actor_history.h"
#include "store/verify.h"

namespace theater::cli {
namespace {

struct VerifyArguments {
  std::string data;
  std::string actor;
};

std::string bad_text(const chain::BadEvent& bad) {
  return fmt::format("{} at byte {}{}{}: {}", bad.location.file, bad.location.offset,
                     bad.actor ? fmt::format(", actor {}", bad.actor->hex()) : "",
                     bad.seq ? fmt::format(", seq {}", bad.seq->value) : "", bad.reason);
}

Json bad_json(const chain::BadEvent& bad) {
  Json json{{"file", bad.location.file}, {"offset", bad.location.offset}};
  if (bad.actor) json["actor"] = bad.actor->hex();
  if (bad.seq) json["seq"] = bad.seq->value;
  json["reason"] = bad.reason;
  return json;
}

Json report_json(const chain::VerifyReport& found) {
  Json json{{"good", found.good()},          {"events", found.events},
            {"batches", found.batches},      {"bytes", found.bytes},
            {"payloads", found.payloads},    {"snapshots", found.snapshots},
            {"torn_bytes", found.torn_bytes}};
  if (!found.notes.empty()) json["notes"] = found.notes;
  if (found.bad) json["bad"] = bad_json(*found.bad);
  json["actors"] = Json::array();
  for (const chain::VerifiedActor& actor : found.actors) {
    json["actors"].push_back({{"id", actor.actor.hex()},
                              {"events", actor.events},
                              {"head", actor.head.hex()},
                              {"state_root", actor.state_root.hex()},
                              {"state_bytes", actor.state_bytes}});
  }
  return json;
}

void print_bad(Shell& shell, const VerifyArguments& arguments, const chain::VerifyReport& found) {
  Output& output = shell.output;
  output.line(fmt::format("{} {}", output.paint(Colour::kRed, "bad:"), bad_text(*found.bad)));
  if (found.events == 0) return output.line("restore the directory from a copy");
  output.line(
      fmt::format("{} events before it are good; \"{} chain {}\" prints them. Restore the "
                  "directory from a copy",
                  found.events, shell.program, arguments.data));
}

void print_good(Output& output, const chain::VerifyReport& found) {
  output.line(fmt::format("{} {} events of {} actors in {} ({} payloads, {} snapshots)",
                          output.paint(Colour::kGreen, "good:"), found.events, found.actors.size(),
                          size_text(found.bytes), found.payloads, found.snapshots));
  for (const std::string& note : found.notes) output.line("note: " + note);
  if (found.torn_bytes > 0) {
    output.line(fmt::format(
        "after the end: {} of a write that is under way, or that the node's end cut off "
        "before it was acknowledged",
        size_text(found.torn_bytes)));
  }
}

Exit verify(Shell& shell, const VerifyArguments& arguments) {
  chain::VerifyOptions options;
  give_way_to_node(shell, arguments.data);
  if (!arguments.actor.empty()) {
    const auto history = open_history(shell, arguments.data);
    if (!history) return report(shell, history.error(), Exit::kUnusable);
    const auto actor = node::find_actor(**history, arguments.actor);
    if (!actor) return report(shell, actor.error(), Exit::kUnusable);
    options.actor = (*actor)->actor;
  }
  Result<chain::VerifyReport> found;
  {
    Progress progress(shell.output, "verify");
    options.on_progress = [&progress](const chain::VerifyProgress& step) {
      progress.update(step.bytes_done, step.bytes_total);
    };
    found = store::verify(shell.files, arguments.data, options);
  }
  if (!found) return report(shell, found.error(), Exit::kUnusable);
  if (shell.output.is_json()) {
    shell.output.json(report_json(*found));
  } else if (found->bad) {
    print_bad(shell, arguments, *found);
  } else {
    print_good(shell.output, *found);
  }
  return found->good() ? Exit::kOk : Exit::kBad;
}

}  // namespace

void add_verify(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<VerifyArguments>();  // shared with the parser's callback
  CLI::App& command = add_command(app, shell,
                                  {"verify",
                                   "Check every stored byte: checksums, encoding, links, "
                                   "commitments, state roots. Exit status: "
                                   "0 good, 1 bad (the first bad event is named), 2 unusable.",
                                   "  theater verify theater-data"});
  command.add_option("DATA", arguments->data, "the data directory")->required();
  command.add_option("--actor", arguments->actor, "check payloads and state of this actor only");
  command.callback([&shell, arguments] { shell.exit = verify(shell, *arguments); });
}

}  // namespace theater::cli
