// The folding rule on canonical binary values.
#include "actor/folding.h"

#include "wasm/binary_reader.h"
#include "wasm/binary_writer.h"

namespace theater::actor {
namespace {

constexpr std::uint8_t kOk = 0, kTrue = 1;

bool is_ok_id(ByteSpan result, std::uint64_t id) {
  if (result.empty() || result[0] != kOk) return false;
  wasm::BinaryReader reader(result.subspan(1));
  return reader.unsigned_number(UINT64_MAX) == id && reader.finish().has_value();
}

}  // namespace

bool is_plain(const CallInfo& call, ByteSpan result, std::uint64_t next_id) {
  switch (call.plain) {
    case PlainResult::kNone:
      return false;
    case PlainResult::kUnit:
      return result.empty();
    case PlainResult::kOk:
      return result.size() == 1 && result[0] == kOk;
    case PlainResult::kMintedId:
      return is_ok_id(result, next_id);
  }
  return false;
}

bool make_plain(const CallInfo& call, std::uint64_t next_id, Bytes& result) {
  switch (call.plain) {
    case PlainResult::kNone:
      return false;
    case PlainResult::kUnit:
      return true;
    case PlainResult::kOk:
      result.push_back(kOk);
      return true;
    case PlainResult::kMintedId:
      result.push_back(kOk);
      wasm::BinaryWriter(result).unsigned_number(next_id);
      return true;
  }
  return false;
}

bool emits(const CallInfo& call, ByteSpan result) {
  switch (call.emits) {
    case Emits::kNever:
      return false;
    case Emits::kAlways:
      return true;
    case Emits::kOnOk:
      return !result.empty() && result[0] == kOk;
    case Emits::kOnTrue:
      return !result.empty() && result[0] == kTrue;
  }
  return false;
}

bool mints(const CallInfo& call, ByteSpan result, std::uint64_t next_id) {
  return call.plain == PlainResult::kMintedId && is_ok_id(result, next_id);
}

std::uint64_t target_id(const CallInfo& call, ByteSpan arguments, std::uint64_t next_id) {
  switch (call.target) {
    case Target::kNone:
      return call.plain == PlainResult::kMintedId ? next_id : 0;
    case Target::kMintedId:
      return next_id;
    case Target::kFirstArgument:
      return wasm::BinaryReader(arguments).unsigned_number(UINT64_MAX);
  }
  return 0;
}

}  // namespace theater::actor
