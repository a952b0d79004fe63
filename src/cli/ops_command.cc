// theater ops: what each actor waits for.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "cli/command.h"
#include "cli/reading.h"
#include "host/unplugged.h"
#include "hosts/all_hosts.h"
#include "io/fetch.h"
#include "node/metrics_server.h"
#include "node/names.h"
#include "replay/open_deadlines.h"
#include "replay/open_work.h"
#include "store/actor_history.h"

namespace theater::cli {
namespace {

using replay::OpenItem;

constexpr Nanoseconds kPatience = std::chrono::seconds(5);  // with a node that answers

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
  Json json{{"actor", node::name_of(actor)}, {"actor_id", actor.actor.hex()},
            {"what", what_text(item.what)},  {"id", item.id},
            {"function", item.function},     {"arguments", item.arguments},
            {"phase", item.phase},           {"attempt", item.attempt},
            {"since_us", item.since_us}};
  if (item.deadline_us) json["deadline_us"] = *item.deadline_us;
  return json;
}

void print_item(Output& output, const OpenItem& item) {
  std::string text = fmt::format("  {:<9}  {:>6}  since {}  {}{}", what_text(item.what), item.id,
                                 time_text(item.since_us), item.function, item.arguments);
  if (item.what == OpenItem::What::kEnd) text += fmt::format("  {}, not handled", item.phase);
  if (item.deadline_us) text += fmt::format("  until {}", time_text(*item.deadline_us));
  if (item.attempt > 1) text += fmt::format("  attempt {}", item.attempt);
  output.line(text);
}

void print_live_item(Output& output, const Json& item) {
  const auto text = [&](const char* key) { return item.value(key, std::string()); };
  const auto number = [&](const char* key) { return item.value(key, std::uint64_t{0}); };
  if (item.contains("left_out")) {
    return output.line(fmt::format("and {} more", number("left_out")));
  }
  if (item.contains("unanswered")) {
    return output.line(fmt::format("{} shards were too busy to answer", number("unanswered")));
  }
  std::string line = fmt::format("{:<16}  {:<9}  {:>6}  since {}  {}{}  {}", text("actor"),
                                 text("what"), number("id"), time_text(number("since_us")),
                                 text("function"), text("arguments"), text("phase"));
  if (number("bytes") > 0) line += fmt::format("  {} bytes", number("bytes"));
  if (item.contains("total")) line += fmt::format(" of {}", number("total"));
  if (item.contains("deadline_us")) {
    line += fmt::format("  until {}", time_text(number("deadline_us")));
  }
  if (number("attempt") > 1) line += fmt::format("  attempt {}", number("attempt"));
  output.line(line);
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
  TRY(const auto history, open_history(shell, data));
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
  host::Unplugged unplugged;
  const hosts::ShardFamilies families(hosts, unplugged.services());
  for (const store::ActorSummary& actor : history->actors()) {
    std::vector<OpenItem> items = open.at(actor.actor).items();
    const auto manifest = actor::parse_recorded_manifest(as_text(actor.manifest));
    if (manifest) replay::add_deadlines(*manifest, families, unplugged.actor(), items);
    print_actor(shell, actor, items);
  }
  return {};
}

/// Of a running node, from its metrics' address.
Status print_live(Shell& shell, const std::string& address) {
  TRY(const std::string page, io::fetch(address, "/operations", kPatience));
  for (std::size_t begin = 0; begin < page.size();) {
    const std::size_t end = std::min(page.find('\n', begin), page.size());
    const Json item = Json::parse(page.substr(begin, end - begin), nullptr, false);
    begin = end + 1;
    if (item.is_discarded()) return fail(Code::kInvalid, "{} answers with no JSON", address);
    if (shell.output.is_json()) {
      shell.output.json(item);
    } else {
      print_live_item(shell.output, item);
    }
  }
  return {};
}

/// "127.0.0.1:9464", ":9464", "9464": an address, unless there is a directory of that name.
bool is_address(Shell& shell, const std::string& text) {
  const std::size_t mark = text.rfind(':');
  const std::string port = text.substr(mark == std::string::npos ? 0 : mark + 1);
  const bool is_number =
      !port.empty() && std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  return is_number && !shell.files.list(text);
}

Exit list_operations(Shell& shell, const std::string& place) {
  const Status printed = is_address(shell, place) ? print_live(shell, node::metrics_address(place))
                                                  : print_operations(shell, place);
  return printed ? Exit::kOk : report(shell, printed.error(), Exit::kBad);
}

}  // namespace

void add_ops(CLI::App& app, Shell& shell) {
  auto place = std::make_shared<std::string>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"ops",
       "List what each actor waits for: operations under way, ends that it has not handled, a host "
       "function that has not answered; with arguments, attempt, since when, until when. A data "
       "directory is read; a node may be running. An address is where a running node serves its "
       "metrics; it answers what it does now, and has the HTTP requests too that are parked, "
       "streamed or being handled, which end with their node. Exit status: 0, or 1 if it cannot be "
       "read.",
       "  theater ops theater-data\n  theater ops 127.0.0.1:9464"});
  command.add_option("DATA", *place, "a data directory, or the ADDRESS of a node's metrics")
      ->required();
  command.callback([&shell, place] { shell.exit = list_operations(shell, *place); });
}

}  // namespace theater::cli
