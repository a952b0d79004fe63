// Model: the ledger's rules.
#include "sim/model.h"

#include <charconv>

#include "host/wit_types.h"
#include "hosts/process/payload.h"
#include "hosts/timer/instance.h"
#include "hosts/websocket/payload.h"
#include "wasm/binary_writer.h"

namespace theater::sim {
namespace {

using hosts::websocket::Message;
using hosts::websocket::Payload;
using SocketEvent = host::Event<Payload>;

Command parse(std::string_view text) {
  Command command;
  const std::size_t space = std::min(text.find(' '), text.size());
  command.word = text.substr(0, space);
  text.remove_prefix(std::min(space + 1, text.size()));
  std::from_chars(text.data(), text.data() + text.size(), command.number);
  return command;
}

}  // namespace

std::optional<Command> command_in(ByteSpan event) {
  const auto decoded = wasm::from_binary<SocketEvent>(event);
  if (!decoded) return std::nullopt;
  const auto* message = std::get_if<Payload::kMessage>(&decoded->payload.value);
  if (message == nullptr) return std::nullopt;
  return parse(as_text(message->bytes()));
}

bool may_trap(const Command& command, chain::TrapReason reason) {
  const std::string& word = command.word;
  switch (reason) {
    case chain::TrapReason::kError:
      return word == "fail";
    case chain::TrapReason::kTrap:
      return word == "trap";
    case chain::TrapReason::kFuel:
      return word == "burn";
    case chain::TrapReason::kDeadline:
      return word == "hang" || word == "slow" || word == "add" || word == "cast" ||
             word == "time" || word == "close" || word == "run" || word == "read" ||
             word == "boast";
    default:
      return false;
  }
}

Status Model::obey(const Command& command) {
  const std::string& word = command.word;
  if (word == "fail" || word == "trap" || word == "hang" || word == "burn") {
    return fail(Code::kInvalid, "\"{}\" was committed", word);
  }
  ++count_;
  if (word == "add" || word == "quiet" || word == "cast") sum_ += command.number;
  if (word == "blob") padding_.assign(command.number, static_cast<char>('a' + count_ % 26));
  return {};
}

Status Model::deliver_socket(ByteSpan event) {
  TRY(const auto decoded, wasm::from_binary<SocketEvent>(event));
  switch (decoded.payload.value.index()) {
    case Payload::kOpened:
      ++opened_;
      return {};
    case Payload::kClosed:
      ++closed_;
      return {};
    case Payload::kMessage:
      return obey(*command_in(event));
    default:
      return {};
  }
}

Status Model::deliver_tick(ByteSpan event) {
  TRY(const auto decoded, wasm::from_binary<host::Event<hosts::timer::Payload>>(event));
  ticks_ += 1 + decoded.payload.missed;
  return {};
}

Status Model::deliver_program(ByteSpan event) {
  using ProgramPayload = hosts::process::Payload;
  TRY(const auto decoded, wasm::from_binary<host::Event<ProgramPayload>>(event));
  const auto* line = std::get_if<ProgramPayload::kStdout>(&decoded.payload.value);
  if (line != nullptr) heard_ += line->size();
  if (decoded.payload.value.index() == ProgramPayload::kEnded) ++exits_;
  return {};
}

Bytes Model::state() const {
  constexpr std::uint64_t kVersion = 1;
  Bytes out;
  wasm::BinaryWriter writer(out);
  for (const std::uint64_t number :
       {kVersion, count_, sum_, ticks_, opened_, closed_, heard_, exits_}) {
    writer.unsigned_number(number);
  }
  writer.bytes(as_bytes(padding_));
  return out;
}

}  // namespace theater::sim
