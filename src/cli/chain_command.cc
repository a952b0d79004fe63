// theater chain: the recorded events, readable.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <thread>

#include "cli/chain_printer.h"
#include "cli/command.h"
#include "cli/reading.h"
#include "io/thread.h"
#include "node/names.h"
#include "store/actor_history.h"
#include "store/event_cursor.h"
#include "store/node_chain.h"
#include "store/node_directory.h"

namespace theater::cli {
namespace {

constexpr Milliseconds kFollowInterval{100};  // between two looks at the end of a live log

struct ChainArguments {
  std::string data;
  std::string actor;
  std::optional<std::uint64_t> from;
  std::optional<std::uint64_t> to;
  Payloads payloads = Payloads::kHidden;
  enum class End { kStop, kFollow } end = End::kStop;
};

store::ActorHistory::Range range_of(const ChainArguments& arguments, Format format) {
  store::ActorHistory::Range range;
  range.from = Seq{arguments.from.value_or(0)};
  if (arguments.to) range.to = Seq{*arguments.to};
  if (arguments.payloads == Payloads::kHidden && format == Format::kText) {
    range.resolve = store::Resolve::kRecordsOnly;
  }
  return range;
}

/// The actor that --actor means; nothing without it. Tells the printer every actor's name.
Result<std::optional<ActorId>> choose_actor(store::ActorHistory& history,
                                            const ChainArguments& arguments,
                                            ChainPrinter& printer) {
  for (const store::ActorSummary& actor : history.actors()) {
    printer.name(actor.actor, node::name_of(actor));
  }
  if (arguments.actor.empty()) return std::nullopt;
  TRY(const auto* actor, node::find_actor(history, arguments.actor));
  return actor->actor;
}

/// Prints events as they become durable, from the first one on. Ends only by --to or with the
/// process. Whom it follows goes first: nobody waits for what it prints.
Status follow_chain(Shell& shell, const ChainArguments& arguments, ChainPrinter& printer) {
  auto range = range_of(arguments, shell.output.format);
  if (!arguments.actor.empty()) {
    TRY(const auto history, open_history(shell, arguments.data));
    TRY(range.actor, choose_actor(*history, arguments, printer));
  }
  io::go_behind_others();
  TRY(auto cursor, store::EventCursor::open(shell.files, arguments.data, chain::ReadUpTo::kDurable,
                                            {range.actor, range.resolve}));
  while (true) {
    TRY(const store::StoredEvent* event, cursor->next());
    if (event == nullptr) {
      TRY_OK(shell.output.finish());
      std::this_thread::sleep_for(kFollowInterval);
      continue;
    }
    const Seq seq = event->record.link.seq;
    printer.learn_name(*event);
    if (seq >= range.from && (!range.to || seq <= *range.to)) printer.print(*event);
    if (range.actor && range.to && seq >= *range.to) return {};
  }
}

Status print_chain(Shell& shell, const ChainArguments& arguments) {
  const bool follows = arguments.end == ChainArguments::End::kFollow;
  if (follows && arguments.to && arguments.actor.empty()) {
    return fail(Code::kInvalid,
                "--follow --to {} would never end: each actor counts its own seqs. Name one with "
                "--actor",
                *arguments.to);
  }
  ChainPrinter printer(shell.output, arguments.payloads);
  TRY(const NodeId node, store::NodeDirectory::read_identity(shell.files, arguments.data));
  printer.name(store::node_actor_id(node), "node");
  if (follows) return follow_chain(shell, arguments, printer);
  TRY(const auto history,
      open_history(shell, arguments.data, store::ActorHistory::Load::kReadable));
  auto range = range_of(arguments, shell.output.format);
  TRY(range.actor, choose_actor(*history, arguments, printer));
  return history->for_each(range, [&printer](const store::StoredEvent& event) {
    printer.print(event);
    return Result<store::ActorHistory::Visit>(store::ActorHistory::Visit::kContinue);
  });
}

}  // namespace

void add_chain(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<ChainArguments>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"chain",
       "Print the recorded events. Reads only; a node may be running. Of a damaged log what stands "
       "before the damage is printed. Exit status: 0, or 1 if not all can be read.",
       "  theater chain theater-data --actor chat --from 10 --to 20 --payloads\n"
       "  theater chain theater-data --follow"});
  command.add_option("DATA", arguments->data, "the data directory")->required();
  command.add_option("--actor", arguments->actor, "name, id or the id's first digits");
  command.add_option("--from", arguments->from, "the first seq");
  command.add_option("--to", arguments->to, "the last seq; with --follow for one --actor only");
  command.add_flag_callback(
      "--payloads", [arguments] { arguments->payloads = Payloads::kShown; },
      "also print arguments, results and outputs, as WAVE");
  command.add_flag_callback(
      "--follow", [arguments] { arguments->end = ChainArguments::End::kFollow; },
      "go on as events become durable, until Ctrl-C");
  command.callback([&shell, arguments] {
    const Status printed = print_chain(shell, *arguments);
    shell.exit = printed ? Exit::kOk : report(shell, printed.error(), Exit::kBad);
  });
}

}  // namespace theater::cli
