// Output: where a command writes, as text for people or as JSON for programs.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace theater::cli {

/// Fields keep the order in which they were set.
using Json = nlohmann::ordered_json;

enum class Format { kText, kJson };
enum class Colour { kPlain, kDim, kBold, kRed, kGreen, kYellow, kBlue, kCyan };

/// Standard output and standard error of one command. Colours and cursor movements appear on a
/// terminal only, and never when NO_COLOR is set.
class Output {
 public:
  Output(std::FILE* out, std::FILE* err);

  Format format = Format::kText;
  bool is_json() const { return format == Format::kJson; }

  /// One line of text to standard output.
  void line(std::string_view text);
  /// One JSON value on a line of its own to standard output.
  void json(const Json& value);
  /// The failure, to standard error as "theater: message"; with --json to standard output as
  /// {"error": {"code": ..., "message": ...}}.
  void error(const Error& error);
  /// A line for people on standard error; nothing with --json.
  void note(std::string_view text);
  void flush();
  /// Flushes; why something that went to standard output did not arrive. kIo.
  Status finish();

  /// `text` in a colour if standard output is a terminal, else as it is.
  std::string paint(Colour colour, std::string_view text) const;
  bool is_terminal() const { return out_is_terminal_; }
  bool error_is_terminal() const { return err_is_terminal_; }
  std::FILE* error_file() const { return err_; }

 private:
  void write_out(std::string_view text);
  void keep_error(int result);

  std::FILE* out_;
  std::FILE* err_;
  bool out_is_terminal_;
  bool err_is_terminal_;
  int lost_ = 0;  // the errno of the first output that did not arrive
};

/// A progress bar on standard error, redrawn in place at most ten times a second; draws nothing
/// unless standard error is a terminal. The destructor clears it.
class Progress {
 public:
  Progress(Output& output, std::string label);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of `total` in any one unit.
  void update(std::uint64_t done, std::uint64_t total);

 private:
  void clear();
  Output& output_;
  std::string label_;
  int drawn_per_mille_ = -1;
};

/// "17", "4.2 KiB", "1.5 MiB".
std::string size_text(std::uint64_t bytes);
/// UTC date and time of day from microseconds since 1970, whatever the locale: "2026-03-01
/// 12:00:00.000000".
std::string time_text(std::uint64_t microseconds);

}  // namespace theater::cli
