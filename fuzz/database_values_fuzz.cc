// What a database server writes: any text of any type becomes a value that is canonical, so that a
// guest can be told of it; dates and times that are read are written back as the same moment.
#include <cstdlib>

#include "hosts/database/civil.h"
#include "hosts/database/postgres_values.h"
#include "hosts/database/sql_word.h"
#include "wasm/utf8.h"

namespace {

using namespace theater;
using namespace theater::hosts::database;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_value(Oid type, std::string_view text) {
  if (!wasm::is_valid_utf8(as_bytes(text))) return;  // its reader makes it a blob
  const Bytes binary = wasm::to_binary(value_of(type, text));
  require(wasm::from_binary<Value>(binary).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  check_value(static_cast<Oid>(data[0] | data[1] << 8), text);
  if (const auto days = parse_date(text)) require(parse_date(*date_text(*days)) == days);
  if (const auto time = parse_time(text)) require(parse_time(*time_text(*time)) == time);
  if (const auto time = parse_timestamp(text)) {
    if (const auto written = timestamp_text(*time)) require(parse_timestamp(*written) == time);
  }
  require(wasm::is_valid_utf8(as_bytes(clean_message(text))));
  require(first_word(text).size() <= text.size());
  is_session_command(text);
  return 0;
}
