// Encoding records and pages.
#include <array>

#include "chain/cbor.h"
#include "chain/codec.h"
#include "chain/hash.h"
#include "chain/kind_rules.h"

namespace theater::chain {
namespace {

// An input is at most 44 + 8 + 80, an output at most 25 + 44 + 8 bytes long.
constexpr std::size_t kItemBytesMax = 160;

void write(CborWriter& out, Key key) { out.number(static_cast<std::uint64_t>(key)); }

// Of a commitment, and of what every record begins with: 3 and 13 heads, and what follows them.
constexpr std::size_t kCommitmentBytesMax =
    3 * CborRun::kHeadBytesMax + 1 + Digest::size() + TypeHint::size();
constexpr std::size_t kBeginningBytesMax =
    13 * CborRun::kHeadBytesMax + ActorId::size() + Digest::size();

void write(CborRun& run, Key key) { run.number(static_cast<std::uint64_t>(key)); }

void write(CborWriter& out, const PayloadCommitment& commitment) {
  out.together<kCommitmentBytesMax>([&](CborRun& run) {
    run.array(3);
    run.number(commitment.length);
    run.bytes(commitment.digest);
    run.bytes(commitment.type);
  });
}

void write(CborWriter& out, const Reference& reference) {
  out.array(reference.output ? 4 : 3);
  out.bytes(reference.actor.span());
  out.number(reference.seq.value);
  out.bytes(reference.leaf.span());
  if (reference.output) out.number(*reference.output);
}

void write(CborWriter& out, const OutputTarget& target) {
  if (const auto* actor = std::get_if<ActorId>(&target)) return out.bytes(actor->span());
  out.number(std::get<std::uint64_t>(target));
}

void write(CborWriter& out, const Input& input) {
  out.array(input.reference ? 2 : 1);
  write(out, input.payload);
  if (input.reference) write(out, *input.reference);
}

void write(CborWriter& out, const Output& output) {
  out.array(3);
  out.number(static_cast<std::uint64_t>(output.output_class));
  write(out, output.target);
  write(out, output.payload);
}

template <typename Item>
void write(CborWriter& out, std::span<const Item> items) {
  out.array(items.size());
  for (const Item& item : items) write(out, item);
}

void write(CborWriter& out, const Page& page) {
  out.array(3);
  out.number(page.count);
  out.number(page.length);
  out.bytes(page.hash.span());
}

struct BodyWriter {
  CborWriter& out;

  template <typename... Numbers>
  void numbers(Numbers... values) {
    out.array(sizeof...(values));
    (out.number(static_cast<std::uint64_t>(values)), ...);
  }
  void operator()(std::monostate) {}
  void operator()(const GenesisBody& body) {
    out.array(body.parent ? 7 : 6);
    out.bytes(body.component.span());
    out.bytes(body.world.span());
    out.bytes(body.profile.span());
    write(out, body.manifest);
    out.number(static_cast<std::uint64_t>(body.mode));
    out.bytes(body.nonce.span());
    if (body.parent) out.bytes(body.parent->span());
  }
  void operator()(const ActivateBody& body) { numbers(body.reason); }
  void operator()(const RepeatBody& body) { numbers(body.first.value); }
  void operator()(const OrdinalBody& body) { numbers(body.ordinal); }
  void operator()(const RequestBody& body) { numbers(body.request.value); }
  void operator()(const SendBody& body) {
    out.array(2);
    out.number(static_cast<std::uint64_t>(body.output_class));
    write(out, body.target);
  }
  void operator()(const TrapBody& body) { numbers(body.reason); }
  void operator()(const OperationBody& body) { numbers(body.id.value, body.phase, body.attempt); }
  void operator()(const OverflowBody& body) {
    out.array(4);
    out.text(body.queue);
    out.number(static_cast<std::uint64_t>(body.policy));
    out.number(body.items);
    out.number(body.bytes);
  }
  void operator()(const SnapshotBody& body) {
    out.array(2);
    out.bytes(body.manifest.span());
    out.number(body.seq.value);
  }
  void operator()(const LifecycleBody& body) { numbers(body.what, body.code); }
  void operator()(const RecoveryBody& body) { numbers(body.segment, body.offset, body.bytes_cut); }
};

Status check_bounds(const RecordDraft& draft) {
  if (draft.name.size() > kNameBytesMax || !is_utf8(draft.name)) {
    return fail(Code::kInvalid, "the name is not UTF-8 of at most {} bytes", kNameBytesMax);
  }
  if (const auto* overflow = std::get_if<OverflowBody>(&draft.body)) {
    if (overflow->queue.empty() || overflow->queue.size() > kQueueNameBytesMax ||
        !is_utf8(overflow->queue)) {
      return fail(Code::kInvalid, "the queue's name is not UTF-8 of 1 to {} bytes",
                  kQueueNameBytesMax);
    }
  }
  for (const Output& output : draft.outputs) {
    if (static_cast<std::uint8_t>(output.output_class) > kOutputClassMax) {
      return fail(Code::kInvalid, "an output's class is over {}", kOutputClassMax);
    }
  }
  return {};
}

template <typename Item>
void write_list(CborWriter& out, std::span<const Item> items, const std::optional<Page>& page) {
  if (page) return write(out, *page);
  write(out, items);
}

void write_record(CborWriter& out, const Link& link, const RecordDraft& draft, const Pages& pages) {
  const KeySet keys = keys_of(draft);
  const auto has = [&](Key key) {
    if ((keys & key_bit(key)) == 0) return false;
    write(out, key);
    return true;
  };
  out.together<kBeginningBytesMax>([&](CborRun& run) {
    run.map(6 + static_cast<unsigned>(__builtin_popcount(keys)));
    write(run, Key::kVersion), run.number(kSuite);
    write(run, Key::kActor), run.bytes(link.actor);
    write(run, Key::kSeq), run.number(link.seq.value);
    write(run, Key::kPrevious), run.bytes(link.previous);
    write(run, Key::kKind), run.number(static_cast<std::uint64_t>(draft.kind));
    write(run, Key::kTime), run.number(link.time_us);
  });
  if (has(Key::kInvocation)) out.number(draft.invocation->value);
  if (has(Key::kInputs)) write_list(out, draft.inputs, pages.inputs);
  if (has(Key::kName)) out.text(draft.name);
  if (has(Key::kPayloads)) write(out, draft.payloads);
  if (has(Key::kStateRoot)) out.bytes(draft.state_root->span());
  if (has(Key::kOutcome)) out.integer(*draft.outcome);
  if (has(Key::kFuel)) out.number(*draft.fuel);
  if (has(Key::kBody)) std::visit(BodyWriter{out}, draft.body);
  if (has(Key::kOutputs)) write_list(out, draft.outputs, pages.outputs);
}

template <typename Item>
Result<std::optional<Page>> make_page(std::span<const Item> items, Bytes& bytes) {
  if (items.size() <= kInlineItemsMax) return std::optional<Page>{};
  if (items.size() > kPageItemsMax) {
    return fail(Code::kTooLarge, "{} items in one record, at most {} are allowed", items.size(),
                kPageItemsMax);
  }
  bytes.resize(8 + items.size() * kItemBytesMax);
  CborWriter out(bytes);
  write(out, items);
  bytes.resize(out.written());
  return std::optional<Page>(Page{items.size(), bytes.size(), page_hash(bytes)});
}

}  // namespace

Result<Pages> make_pages(const RecordDraft& draft) {
  Pages pages;
  TRY(pages.inputs, make_page(draft.inputs, pages.input_bytes));
  TRY(pages.outputs, make_page(draft.outputs, pages.output_bytes));
  return pages;
}

Result<std::size_t> encode_record(const Link& link, const RecordDraft& draft, const Pages& pages,
                                  std::span<std::uint8_t> out) {
  TRY_OK(check_kind(draft));
  TRY_OK(check_bounds(draft));
  CborWriter writer(out.first(std::min(out.size(), kRecordBytesMax)));
  write_record(writer, link, draft, pages);
  if (writer.overflowed()) {
    return fail(Code::kTooLarge, "the record is over {} bytes", kRecordBytesMax);
  }
  return writer.written();
}

Result<Bytes> encode_record(const Link& link, const RecordDraft& draft) {
  TRY(const Pages pages, make_pages(draft));
  Bytes out(kRecordBytesMax);
  TRY(const std::size_t bytes, encode_record(link, draft, pages, out));
  out.resize(bytes);
  return out;
}

Bytes encode_genesis_body(const GenesisBody& genesis) {
  std::array<std::uint8_t, 512> buffer;
  CborWriter out(buffer);
  BodyWriter{out}(genesis);
  return to_bytes(ByteSpan(buffer).first(out.written()));
}

}  // namespace theater::chain
