// RowsWriter: columns and rows side by side, joined when the number of rows is known.
#include "hosts/database/rows_writer.h"

namespace theater::hosts::database {

void RowsWriter::set_columns(const std::vector<std::string>& columns) {
  header_.clear();
  wasm::BinaryWriter writer(header_);
  wasm::Codec<std::vector<std::string>>::write(writer, columns);
  columns_ = columns.size();
}

void RowsWriter::begin_row() {
  ++rows_;
  wasm::BinaryWriter(body_).unsigned_number(columns_);
}

void RowsWriter::add(const Value& value) {
  wasm::BinaryWriter writer(body_);
  wasm::Codec<Value>::write(writer, value);
}

void RowsWriter::add_text(std::string_view valid_utf8) {
  wasm::BinaryWriter writer(body_);
  writer.unsigned_number(Value::kText);
  writer.string(valid_utf8);
}

void RowsWriter::add_blob(ByteSpan bytes) {
  wasm::BinaryWriter writer(body_);
  writer.unsigned_number(Value::kBlob);
  writer.bytes(bytes);
}

host::Outcome RowsWriter::check() const {
  if (rows_ > limits_.rows_max) {
    return host::refuse(host::GuestCode::kTooLarge, "an answer has more than {} rows",
                        limits_.rows_max);
  }
  return check_room(0);
}

host::Outcome RowsWriter::check_room(std::size_t more) const {
  if (bytes() + more <= limits_.bytes_max) return {};
  return host::refuse(host::GuestCode::kTooLarge,
                      "an answer is longer than {} bytes; ask for parts", limits_.bytes_max);
}

Bytes RowsWriter::finish(const End& end) {
  Bytes out = header_;
  wasm::BinaryWriter writer(out);
  writer.unsigned_number(rows_);
  append(out, body_);
  writer.unsigned_number(end.changed);
  wasm::Codec<std::optional<std::int64_t>>::write(writer, end.last_id);
  body_.clear();
  rows_ = 0;
  return out;
}

}  // namespace theater::hosts::database
