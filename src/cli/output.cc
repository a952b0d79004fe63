// Output, Progress and the spelling of sizes and times.
#include "cli/output.h"

#include <fmt/chrono.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>

namespace theater::cli {
namespace {

bool shows_colour(std::FILE* file) {
  return ::isatty(::fileno(file)) != 0 && std::getenv("NO_COLOR") == nullptr;
}

std::string_view escape(Colour colour) {
  switch (colour) {
    case Colour::kPlain:
      return "";
    case Colour::kDim:
      return "\x1b[2m";
    case Colour::kBold:
      return "\x1b[1m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
    case Colour::kBlue:
      return "\x1b[34m";
    case Colour::kCyan:
      return "\x1b[36m";
  }
  return "";
}

void write(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
}

}  // namespace

Output::Output(std::FILE* out, std::FILE* err)
    : out_(out),
      err_(err),
      out_is_terminal_(shows_colour(out)),
      err_is_terminal_(shows_colour(err)) {}

void Output::line(std::string_view text) {
  write_out(text);
  write_out("\n");
}

void Output::write_out(std::string_view text) {
  keep_error(std::fwrite(text.data(), 1, text.size(), out_) == text.size() ? 0 : EOF);
}

void Output::keep_error(int result) {
  if (result != 0 && lost_ == 0) lost_ = errno;
}

void Output::json(const Json& value) {
  line(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void Output::error(const Error& error) {
  if (is_json()) {
    json({{"error", {{"code", code_name(error.code)}, {"message", error.message}}}});
    flush();
    return;
  }
  flush();
  write(err_, "theater: ");
  write(err_, error.message);
  write(err_, "\n");
}

void Output::note(std::string_view text) {
  if (is_json()) return;
  flush();
  write(err_, text);
  write(err_, "\n");
}

void Output::flush() { keep_error(std::fflush(out_)); }

Status Output::finish() {
  flush();
  if (lost_ == 0 && std::ferror(out_) == 0) return {};
  return fail(Code::kIo, "standard output: {}; what was printed is not complete",
              lost_ == 0 ? "a write failed" : std::generic_category().message(lost_));
}

std::string Output::paint(Colour colour, std::string_view text) const {
  if (!out_is_terminal_ || colour == Colour::kPlain) return std::string(text);
  return fmt::format("{}{}\x1b[0m", escape(colour), text);
}

Progress::Progress(Output& output, std::string label) : output_(output), label_(std::move(label)) {}

Progress::~Progress() { clear(); }

void Progress::update(std::uint64_t done, std::uint64_t total) {
  if (!output_.error_is_terminal() || output_.is_json() || total == 0) return;
  done = std::min(done, total);  // a running node's total grows
  const int per_mille = static_cast<int>(static_cast<double>(done) / total * 1000);
  if (per_mille == drawn_per_mille_) return;
  drawn_per_mille_ = per_mille;
  constexpr int kWidth = 40;
  const int filled = per_mille * kWidth / 1000;
  write(output_.error_file(), fmt::format("\r\x1b[K{} [{:=<{}}{: <{}}] {:3}%", label_, "", filled,
                                          "", kWidth - filled, per_mille / 10));
  std::fflush(output_.error_file());
}

void Progress::clear() {
  if (drawn_per_mille_ < 0) return;
  write(output_.error_file(), "\r\x1b[K");
  std::fflush(output_.error_file());
  drawn_per_mille_ = -1;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string time_text(std::uint64_t microseconds) {
  const auto seconds = static_cast<std::time_t>(microseconds / 1'000'000);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:06}", fmt::gmtime(seconds), microseconds % 1'000'000);
}

}  // namespace theater::cli
