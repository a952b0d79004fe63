// theater ops: what each actor waits for.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "cli/command.h"
#include "hosts/all_hosts.h"
#include "node/names.h"
#include "replay/open_work.h"
#include "store/actor_history.h"

namespace theater::cli {
namespace {

using replay::OpenItem;

std::string_view what_text(OpenItem::What what) {
  switch (what) {
    case OpenItem::What::kOperation:
      return "operation";
    case OpenItem::What::kEnd:
      return "end";
    case OpenItem::What::kWait:
      return "wait";
  }
  return "";
}

Json item_json(const store::ActorSummary& actor, const OpenItem& item) {
  return {{"actor", node::name_of(actor)}, {"actor_id", actor.actor.hex()},
          {"what", what_text(item.what)},  {"id", item.id},
          {"function", item.function},     {"arguments", item.arguments},
          {"phase", item.phase},           {"attempt", item.attempt},
          {"since_us", item.since_us}};
}

void print_item(Output& output, const OpenItem& item) {
  std::string text = fmt::format("  {:<9}  {:>6}  since {}  {}{}", what_text(item.what), item.id,
                                 time_text(item.since_us), item.function, item.arguments);
  if (item.what == OpenItem::What::kEnd) text += fmt::format("  {}, not handled", item.phase);
  if (item.attempt > 1) text += fmt::format("  attempt {}", item.attempt);
  output.line(text);
}

void print_actor(Shell& shell, const store::ActorSummary& actor,
                 const std::vector<OpenItem>& items) {
  if (shell.output.is_json()) {
    for (const OpenItem& item : items) shell.output.json(item_json(actor, item));
    return;
  }
  shell.output.line(fmt::format("{}  {}  {} open", node::name_of(actor),
                                actor.actor.hex().substr(0, 8), items.size()));
  for (const OpenItem& item : items) print_item(shell.output, item);
}

Status print_operations(Shell& shell, const std::string& data) {
  const hosts::AllHosts hosts;
  TRY(const auto history,
      store::ActorHistory::open(shell.files, data, store::ActorHistory::Load::kSummaries));
  std::map<ActorId, replay::OpenWork> open;
  for (const store::ActorSummary& actor : history->actors()) {
    open.try_emplace(actor.actor, hosts.infos());
  }
  TRY_OK(history->for_each(
      {}, [&](const store::StoredEvent& event) -> Result<store::ActorHistory::Visit> {
        const auto found = open.find(event.record.link.actor);
        if (found != open.end()) found->second.add(event);
        return store::ActorHistory::Visit::kContinue;
      }));
  for (const store::ActorSummary& actor : history->actors()) {
    print_actor(shell, actor, open.at(actor.actor).items());
  }
  return {};
}

Exit list_operations(Shell& shell, const std::string& data) {
  const Status printed = print_operations(shell, data);
  return printed ? Exit::kOk : report(shell, printed.error(), Exit::kBad);
}

}  // namespace

void add_ops(CLI::App& app, Shell& shell) {
  auto data = std::make_shared<std::string>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"ops",
       "List what each actor waits for, from its chain: operations under way, ends that it has not "
       "handled, a host function that has not answered; with arguments, attempt, since when. Reads "
       "only; a node may be running. Exit status: 0, or 1 if it cannot be read.",
       "  theater ops theater-data"});
  command.add_option("DATA", *data, "the data directory")->required();
  command.callback([&shell, data] { shell.exit = list_operations(shell, *data); });
}

}  // namespace theater::cli
