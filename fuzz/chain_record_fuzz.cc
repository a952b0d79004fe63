// Records: whatever the strict decoder accepts is exactly what the encoder makes of it. The first
// byte chooses between a record and the two kinds of page.
#include <cstdlib>

#include "chain/codec.h"
#include "chain/hash.h"

namespace {

using namespace theater;
using namespace theater::chain;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_record(ByteSpan bytes) {
  Record record;
  if (!decode_record(bytes, record)) return;
  Pages pages;
  pages.inputs = record.input_page;
  pages.outputs = record.output_page;
  // A paged list is not here: stand in for it, so that its key is written.
  if (pages.inputs) record.inputs.resize(1);
  if (pages.outputs) record.outputs.resize(1);
  Bytes again(kRecordBytesMax);
  const auto length = encode_record(record.link, record.draft(), pages, again);
  require(length.has_value());
  require(equal(ByteSpan(again).first(*length), bytes));
}

void check_input_page(ByteSpan bytes) {
  std::vector<Input> inputs;
  for (const std::uint64_t count : {9u, 24u, 100u, 256u}) {
    if (!decode_input_page({count, bytes.size(), {}}, bytes, inputs)) continue;
    RecordDraft draft;
    draft.inputs = inputs;
    require(equal(make_pages(draft)->input_bytes, bytes));
  }
}

void check_output_page(ByteSpan bytes) {
  std::vector<Output> outputs;
  for (const std::uint64_t count : {9u, 24u, 100u, 256u}) {
    if (!decode_output_page({count, bytes.size(), {}}, bytes, outputs)) continue;
    RecordDraft draft;
    draft.outputs = outputs;
    require(equal(make_pages(draft)->output_bytes, bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      check_input_page(bytes);
      break;
    case 1:
      check_output_page(bytes);
      break;
    default:
      check_record(bytes);
  }
  return 0;
}
