// RowsWriter: the WIT record `rows` in canonical binary form, built while rows arrive.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hosts/database/payload.h"

namespace theater::hosts::database {

/// Bounds of one answer.
struct AnswerLimits {
  std::uint64_t rows_max = 0;
  std::uint64_t bytes_max = 0;
};

/// Builds one answer, or one part after another with the same columns.
class RowsWriter {
 public:
  explicit RowsWriter(AnswerLimits limits) : limits_(limits) {}

  void set_columns(const std::vector<std::string>& columns);
  /// Starts a row of as many cells as there are columns.
  void begin_row();
  void add(const Value& value);
  /// Cells whose bytes need not be copied into a Value first.
  void add_text(std::string_view valid_utf8);
  void add_blob(ByteSpan bytes);

  std::uint64_t rows() const { return rows_; }
  std::size_t bytes() const { return header_.size() + body_.size(); }
  /// Refuses (kTooLarge) an answer beyond its limits.
  host::Outcome check() const;
  /// The same of one that had `more` bytes.
  host::Outcome check_room(std::size_t more) const;

  struct End {
    std::uint64_t changed = 0;
    std::optional<std::int64_t> last_id;
  };
  /// The canonical bytes; ready for the next part.
  Bytes finish(const End& end);

 private:
  AnswerLimits limits_;
  std::size_t columns_ = 0;
  Bytes header_ = {0};  // no columns
  Bytes body_;
  std::uint64_t rows_ = 0;
};

}  // namespace theater::hosts::database
