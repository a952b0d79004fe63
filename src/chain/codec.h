// The record codec: deterministic CBOR, strict both ways. docs/formats/chain.md is normative.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "chain/event.h"
#include "chain/limits.h"

namespace theater::chain {

/// The pages of a draft whose inputs or outputs do not fit into the record.
struct Pages {
  std::optional<Page> inputs, outputs;
  Bytes input_bytes, output_bytes;  // what the pages hash; empty: no page
};
inline bool needs_pages(const RecordDraft& draft) {
  return draft.inputs.size() > kInlineItemsMax || draft.outputs.size() > kInlineItemsMax;
}
/// kTooLarge beyond kPageItemsMax.
Result<Pages> make_pages(const RecordDraft& draft);

/// Writes the record into `out` (at least kRecordBytesMax bytes) and returns its length. Refuses
/// (kInvalid) what the kind does not allow, and kTooLarge beyond kRecordBytesMax.
Result<std::size_t> encode_record(const Link& link, const RecordDraft& draft, const Pages& pages,
                                  std::span<std::uint8_t> out);
/// The same as a byte string.
Result<Bytes> encode_record(const Link& link, const RecordDraft& draft);

/// Decodes into `record`, whose lists keep their memory. Refuses (kCorrupt) every byte string that
/// encode_record would not have produced: other orders, longer forms, unknown kinds and keys, keys
/// wrong for the kind, trailing bytes, lengths beyond the rest.
Status decode_record(ByteSpan bytes, Record& record);
/// The lists of a page. `page` has been checked against the bytes by the caller's hash.
Status decode_input_page(const Page& page, ByteSpan bytes, std::vector<Input>& inputs);
Status decode_output_page(const Page& page, ByteSpan bytes, std::vector<Output>& outputs);

/// The bytes whose SHA-256 begins with the actor's id.
Bytes encode_genesis_body(const GenesisBody& genesis);

/// The actor of an encoded record, read without decoding it; zeros if the bytes are too few.
ActorId peek_actor(ByteSpan record);

}  // namespace theater::chain
