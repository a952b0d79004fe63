// theater state: an actor's state as it was after an event.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/command.h"
#include "cli/reading.h"
#include "node/names.h"
#include "store/actor_history.h"

namespace theater::cli {
namespace {

constexpr std::size_t kDumpBytesMax = 4096;  // shown as text; --out takes it all
constexpr std::size_t kDumpRow = 16;

struct StateArguments {
  std::string data;
  std::string actor;
  std::optional<std::uint64_t> at;
  std::string out;
};

/// "00000010  68 65 6c 6c 6f ...  hello".
std::string dump_row(ByteSpan bytes, std::size_t offset) {
  std::string hex;
  std::string text;
  for (const std::uint8_t byte : bytes.subspan(offset, std::min(kDumpRow, bytes.size() - offset))) {
    hex += fmt::format("{:02x} ", byte);
    text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
  }
  return fmt::format("{:08x}  {:<48} {}", offset, hex, text);
}

void print_state(Output& output, const store::StateTree& state) {
  output.line(
      fmt::format("{} of state, root {}", size_text(state.bytes().size()), state.root().hex()));
  const ByteSpan shown = state.bytes().first(std::min(kDumpBytesMax, state.bytes().size()));
  for (std::size_t offset = 0; offset < shown.size(); offset += kDumpRow) {
    output.line(dump_row(shown, offset));
  }
  if (shown.size() < state.bytes().size()) {
    output.line("... (--out FILE writes it all)");
  }
}

Exit write_state(Shell& shell, const store::StateTree& state, const std::string& path) {
  if (auto written = io::write_file_atomically(shell.files, path, state.bytes()); !written) {
    return report(shell, written.error().in(path), Exit::kBad);
  }
  if (shell.output.is_json()) {
    shell.output.json(
        {{"bytes", state.bytes().size()}, {"root", state.root().hex()}, {"out", path}});
  } else {
    shell.output.line(fmt::format("{} written to {}", size_text(state.bytes().size()), path));
  }
  return Exit::kOk;
}

/// The seq that --at names, if it was given.
Result<std::optional<Seq>> event_at(const store::ActorSummary& actor,
                                    const StateArguments& arguments) {
  if (!arguments.at) return std::nullopt;
  if (*arguments.at < actor.events) return Seq{*arguments.at};
  return fail(Code::kNotFound, "{} has no event {}; its last is {}", arguments.actor, *arguments.at,
              actor.events - 1);
}

Exit show_state(Shell& shell, const StateArguments& arguments) {
  const auto history = open_history(shell, arguments.data);
  if (!history) return report(shell, history.error(), Exit::kBad);
  const auto actor = node::find_actor(**history, arguments.actor);
  if (!actor) return report(shell, actor.error(), Exit::kBad);
  const auto at = event_at(**actor, arguments);
  if (!at) return report(shell, at.error(), Exit::kBad);
  const auto state = (*history)->state_at((*actor)->actor, *at);
  if (!state) return report(shell, state.error(), Exit::kBad);
  if (!arguments.out.empty()) return write_state(shell, *state, arguments.out);
  if (shell.output.is_json()) {
    shell.output.json({{"bytes", state->bytes().size()},
                       {"root", state->root().hex()},
                       {"hex", to_hex(state->bytes())}});
  } else {
    print_state(shell.output, *state);
  }
  return Exit::kOk;
}

}  // namespace

void add_state(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<StateArguments>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"state",
       "Show an actor's state as it was after an event (default: the last). Exit status: 0, or 1 "
       "if it cannot be read.",
       "  theater state theater-data --actor chat --at 120 --out state.bin"});
  command.add_option("DATA", arguments->data, "the data directory")->required();
  command.add_option("--actor", arguments->actor, "name, id or the id's first digits")->required();
  command.add_option("--at", arguments->at, "the seq of the event");
  command.add_option("--out", arguments->out, "write the bytes to this file");
  command.callback([&shell, arguments] { shell.exit = show_state(shell, *arguments); });
}

}  // namespace theater::cli
