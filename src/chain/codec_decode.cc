// Decoding records and pages, strictly.
#include <algorithm>

#include "chain/cbor.h"
#include "chain/codec.h"
#include "chain/kind_rules.h"

namespace theater::chain {
namespace {

void read(CborReader& in, PayloadCommitment& commitment) {
  in.array_of(3);
  commitment.length = in.number();
  in.fixed(commitment.digest);
  in.fixed(commitment.type);
}

void read(CborReader& in, Reference& reference) {
  const std::uint64_t items = in.array();
  if (items != 3 && items != 4) return in.refuse();
  in.fixed(reference.actor);
  reference.seq = {in.number()};
  in.fixed(reference.leaf);
  reference.output = items == 4 ? std::optional(in.number()) : std::nullopt;
}

void read(CborReader& in, OutputTarget& target) {
  if (in.peek() != CborType::kBytes) {
    target = in.number();
    return;
  }
  in.fixed(target.emplace<ActorId>());
}

void read(CborReader& in, Input& input) {
  const std::uint64_t items = in.array();
  if (items != 1 && items != 2) return in.refuse();
  read(in, input.payload);
  input.reference.reset();
  if (items == 2) read(in, input.reference.emplace());
}

void read(CborReader& in, Output& output) {
  in.array_of(3);
  output.output_class = static_cast<OutputClass>(in.number_up_to(kOutputClassMax));
  read(in, output.target);
  read(in, output.payload);
}

template <typename Item>
void read_items(CborReader& in, std::uint64_t count, std::vector<Item>& items) {
  if (count > in.left()) return in.refuse();
  items.resize(count);
  for (Item& item : items) read(in, item);
}

/// `[1*8 item]`, or a page `[count, len, hash]`.
template <typename Item>
void read_list(CborReader& in, std::vector<Item>& items, std::optional<Page>& page) {
  const std::uint64_t count = in.array();
  if (in.peek() == CborType::kArray) {
    if (count < 1 || count > kInlineItemsMax) return in.refuse();
    return read_items(in, count, items);
  }
  if (count != 3) return in.refuse();
  Page& stored = page.emplace();
  stored.count = in.number_up_to(kPageItemsMax);
  stored.length = in.number();
  in.fixed(stored.hash);
  if (stored.count <= kInlineItemsMax) in.refuse();
}

template <typename Enum>
Enum read_enum(CborReader& in, Enum last) {
  return static_cast<Enum>(in.number_up_to(static_cast<std::uint64_t>(last)));
}

void read_genesis(CborReader& in, std::uint64_t items, GenesisBody& body) {
  if (items != 6 && items != 7) return in.refuse();
  in.fixed(body.component);
  in.fixed(body.world);
  in.fixed(body.profile);
  read(in, body.manifest);
  body.mode = read_enum(in, InstanceMode::kFresh);
  in.fixed(body.nonce);
  if (items == 7) in.fixed(body.parent.emplace());
}

void read_overflow(CborReader& in, std::uint64_t items, OverflowBody& body) {
  if (items != 4) return in.refuse();
  const std::string_view queue = in.text();
  if (queue.empty() || queue.size() > kQueueNameBytesMax || !is_utf8(queue)) return in.refuse();
  body.queue = queue;
  body.policy = read_enum(in, OverflowPolicy::kDropOldest);
  body.items = in.number();
  body.bytes = in.number();
}

void read_send(CborReader& in, std::uint64_t items, SendBody& body) {
  if (items != 2) return in.refuse();
  body.output_class = static_cast<OutputClass>(in.number_up_to(kOutputClassMax));
  read(in, body.target);
}

void read_snapshot(CborReader& in, std::uint64_t items, SnapshotBody& body) {
  if (items != 2) return in.refuse();
  in.fixed(body.manifest);
  body.seq = {in.number()};
}

/// The bodies that are numbers only, and whether `items` is their count.
Body read_numbers(CborReader& in, Kind kind, std::uint64_t items) {
  const auto expect = [&](std::uint64_t count) {
    if (items != count) in.refuse();
  };
  switch (kind) {
    case Kind::kActivate:
      expect(1);
      return ActivateBody{read_enum(in, ActivateReason::kUpgraded)};
    case Kind::kReceive:
      expect(1);
      return RepeatBody{{in.number()}};
    case Kind::kHostCall:
    case Kind::kHostRequest:
    case Kind::kDenied:
      expect(1);
      return OrdinalBody{in.number()};
    case Kind::kHostResponse:
      expect(1);
      return RequestBody{{in.number()}};
    case Kind::kTrap:
      expect(1);
      return TrapBody{read_enum(in, TrapReason::kLimit)};
    case Kind::kOperation: {
      expect(3);
      OperationBody body{{in.number()}};
      body.phase = read_enum(in, OperationPhase::kInterrupted);
      body.attempt = in.number();
      return body;
    }
    case Kind::kLifecycle: {
      expect(2);
      LifecycleBody body{read_enum(in, LifecycleStep::kMoveIn)};
      body.code = in.number();
      return body;
    }
    case Kind::kRecovery: {
      expect(3);
      RecoveryBody body{in.number()};
      body.offset = in.number();
      body.bytes_cut = in.number();
      return body;
    }
    default:
      in.refuse();
      return {};
  }
}

void read_body(CborReader& in, Kind kind, Body& body) {
  const std::uint64_t items = in.array();
  switch (kind) {
    case Kind::kGenesis:
    case Kind::kUpgrade:
      return read_genesis(in, items, body.emplace<GenesisBody>());
    case Kind::kSend:
      return read_send(in, items, body.emplace<SendBody>());
    case Kind::kOverflow:
      return read_overflow(in, items, body.emplace<OverflowBody>());
    case Kind::kSnapshot:
      return read_snapshot(in, items, body.emplace<SnapshotBody>());
    default:
      body = read_numbers(in, kind, items);
  }
}

void read_name(CborReader& in, std::string& name) {
  const std::string_view text = in.text();
  if (text.empty() || text.size() > kNameBytesMax || !is_utf8(text)) return in.refuse();
  name = text;
}

void read_payloads(CborReader& in, std::vector<PayloadCommitment>& payloads) {
  const std::uint64_t count = in.array();
  if (count < 1 || count > kPayloadsMax) return in.refuse();
  read_items(in, count, payloads);
}

void read_optional_key(CborReader& in, Key key, Record& record) {
  switch (key) {
    case Key::kInvocation:
      record.invocation = Seq{in.number()};
      return;
    case Key::kInputs:
      return read_list(in, record.inputs, record.input_page);
    case Key::kName:
      return read_name(in, record.name);
    case Key::kPayloads:
      return read_payloads(in, record.payloads);
    case Key::kStateRoot:
      return in.fixed(record.state_root.emplace());
    case Key::kOutcome:
      record.outcome = in.integer();
      return;
    case Key::kFuel:
      record.fuel = in.number();
      return;
    case Key::kBody:
      return read_body(in, record.kind, record.body);
    case Key::kOutputs:
      return read_list(in, record.outputs, record.output_page);
    default:
      return in.refuse();
  }
}

void clear(Record& record) {
  record.invocation.reset();
  record.inputs.clear();
  record.input_page.reset();
  record.name.clear();
  record.payloads.clear();
  record.state_root.reset();
  record.outcome.reset();
  record.fuel.reset();
  record.body = {};
  record.outputs.clear();
  record.output_page.reset();
}

/// Keys 0 to 5, which every record has.
void read_link(CborReader& in, Record& record) {
  const auto key = [&](Key expected) {
    if (in.number() != static_cast<std::uint64_t>(expected)) in.refuse();
  };
  key(Key::kVersion);
  if (in.number() != kSuite) in.refuse();
  key(Key::kActor), in.fixed(record.link.actor);
  key(Key::kSeq), record.link.seq = {in.number()};
  key(Key::kPrevious), in.fixed(record.link.previous);
  key(Key::kKind), record.kind = static_cast<Kind>(in.number_up_to(kKindMax));
  key(Key::kTime), record.link.time_us = in.number();
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(Code::kCorrupt, "the record {}", what);
}

template <typename Item>
Status decode_page(const Page& page, ByteSpan bytes, std::vector<Item>& items) {
  CborReader in(bytes);
  if (in.array() != page.count || page.length != bytes.size()) {
    return fail(Code::kCorrupt, "the page has not the {} items its record says", page.count);
  }
  read_items(in, page.count, items);
  if (!in.ok() || !in.at_end()) return fail(Code::kCorrupt, "the page is not in canonical form");
  return {};
}

}  // namespace

Status decode_record(ByteSpan bytes, Record& record) {
  if (bytes.size() > kRecordBytesMax) return corrupt("is too long");
  clear(record);
  CborReader in(bytes);
  const std::uint64_t pairs = in.map();
  if (pairs < 6 || pairs > 16) return corrupt("is not in canonical form");
  read_link(in, record);
  if (!in.ok()) return corrupt("is not in canonical form");
  KeySet present = 0;
  for (std::uint64_t left = pairs - 6; left > 0 && in.ok(); --left) {
    const std::uint64_t key = in.number_up_to(static_cast<std::uint64_t>(Key::kOutputs));
    const KeySet bit = KeySet{1} << key;
    if (key < 6 || bit <= present) return corrupt("has its keys out of order");
    present |= bit;
    read_optional_key(in, static_cast<Key>(key), record);
  }
  if (!in.ok() || !in.at_end()) return corrupt("is not in canonical form");
  const auto kind = static_cast<std::uint64_t>(record.kind);
  if (const Status keys = check_keys(kind, present); !keys) {
    return fail_in({Code::kCorrupt, keys.error().message},
                   "the record breaks the rules of its kind");
  }
  if (record.payloads.size() > kind_rule(kind)->payloads_max)
    return corrupt("has too many payloads");
  return {};
}

Status decode_input_page(const Page& page, ByteSpan bytes, std::vector<Input>& inputs) {
  return decode_page(page, bytes, inputs);
}

Status decode_output_page(const Page& page, ByteSpan bytes, std::vector<Output>& outputs) {
  return decode_page(page, bytes, outputs);
}

ActorId peek_actor(ByteSpan record) {
  constexpr std::size_t kAt = 5;
  if (record.size() < kAt + ActorId::size()) return {};
  return ActorId::from(record.subspan(kAt, ActorId::size()));
}

}  // namespace theater::chain
