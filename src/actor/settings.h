// Setting and SettingsReader: a TOML table with positions, and the strict way to read one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace theater::actor {

/// One value of a TOML file and where it stands. A value type.
struct Setting {
  enum class Kind { kText, kInteger, kNumber, kBoolean, kList, kTable };
  Kind kind = Kind::kTable;
  std::string text;
  std::int64_t integer = 0;
  double number = 0;
  bool boolean = false;
  std::vector<Setting> items;          // kList: elements; kTable: entries, as in the file
  std::string key;                     // of an entry of a table
  std::string file;                    // for messages
  std::uint32_t line = 0, column = 0;  // of the value; of a table's header
  std::uint32_t key_line = 0, key_column = 0;

  /// An entry of a table, or nullptr.
  const Setting* find(std::string_view name) const;
  /// "chat.toml:12:3", of the value.
  std::string place() const;
};

using Variables = std::map<std::string, std::string, std::less<>>;

/// Parses TOML text. `file` is what messages call it. In every text value `${NAME}` and
/// `${NAME:-default}` are replaced from `variables`; `$$` is a dollar sign; a name that is not
/// there and has no default is refused.
Result<Setting> parse_settings(std::string_view toml, std::string_view file,
                               const Variables& variables);

/// Reads one table strictly. Each method takes a key and what holds when it is missing, notes a
/// wrong type or range as a problem and goes on; finish() refuses the first key nobody asked for
/// and names the nearest known one (after a slip of the pen something else seems to be missing);
/// else it returns the first problem. Messages carry file:line:column. Use on one thread; `table`
/// outlives the reader.
class SettingsReader {
 public:
  /// `path` is what messages call the table: "grants.timer".
  SettingsReader(const Setting& table, std::string path);

  struct Range {
    std::int64_t least = 0;
    std::int64_t most = INT64_MAX;
  };
  std::string text(std::string_view key, std::string_view missing);
  /// Missing is a problem.
  std::string required_text(std::string_view key);
  std::optional<std::string> optional_text(std::string_view key);
  /// One of `words`; returns its position.
  std::size_t choice(std::string_view key, std::span<const std::string_view> words,
                     std::size_t missing);
  std::vector<std::string> texts(std::string_view key);
  std::int64_t integer(std::string_view key, std::int64_t missing, Range range);
  /// A number of bytes: 4096, "64KiB", "1 MiB", "2GiB", "10kB".
  std::uint64_t bytes(std::string_view key, std::uint64_t missing, Range range);
  /// A span of time: "250ms", "5s", "2m", "1h"; a bare number is refused.
  Nanoseconds duration(std::string_view key, Nanoseconds missing,
                       std::pair<Nanoseconds, Nanoseconds> range);
  std::optional<bool> boolean(std::string_view key);
  /// A table or list for the caller to read itself; nullptr if missing.
  const Setting* table(std::string_view key);
  const Setting* list(std::string_view key);
  /// Whether the key is there. That is not asking for it.
  bool has(std::string_view key) const;
  /// The key may be there; its value says nothing.
  void ignore(std::string_view key) { known_.emplace_back(key); }

  /// Notes a problem of the caller's own: "file:line:column: path.key message".
  void refuse(std::string_view key, std::string_view message);
  Status finish();

 private:
  const Setting* find(std::string_view key);
  const Setting* find_kind(std::string_view key, Setting::Kind kind);
  const Setting& table_;
  std::string path_;
  std::vector<std::string> known_;
  std::optional<Error> problem_;
};

}  // namespace theater::actor
