// Sizes and times read the same everywhere; no colour and no progress bar without a terminal.
#include "cli/output.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "cli/command.h"
#include "cli/variables.h"

namespace theater::cli {
namespace {

struct TemporaryFile {
  std::FILE* file = std::tmpfile();
  ~TemporaryFile() { std::fclose(file); }
  std::string text() {
    std::fflush(file);
    std::rewind(file);
    std::string all(4096, '\0');
    all.resize(std::fread(all.data(), 1, all.size(), file));
    return all;
  }
};

TEST(Output, sizes_have_one_digit_after_the_point) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1024), "1.0 KiB");
  EXPECT_EQ(size_text(3 * 1024 * 1024 / 2), "1.5 MiB");
  EXPECT_EQ(size_text(~0ull), "16777216.0 TiB");
}

TEST(Output, times_are_in_utc) {
  EXPECT_EQ(time_text(0), "1970-01-01 00:00:00.000000");
  EXPECT_EQ(time_text(1'700'000'000'000'001), "2023-11-14 22:13:20.000001");
}

TEST(Output, a_file_gets_neither_colour_nor_progress) {
  TemporaryFile out;
  TemporaryFile err;
  Output output(out.file, err.file);
  output.line(output.paint(Colour::kRed, "plain"));
  {
    Progress progress(output, "work");
    progress.update(1, 2);
  }
  EXPECT_EQ(out.text(), "plain\n");
  EXPECT_EQ(err.text(), "");
}

/// What stands in a terminal whose other end is closed; a read gives some of it.
std::string read_all(int terminal) {
  std::string all;
  char some[4096];
  for (;;) {
    const ssize_t count = ::read(terminal, some, sizeof some);
    if (count <= 0) return all;
    all.append(some, static_cast<std::size_t>(count));
  }
}

/// A running node has more events behind its end than were counted at the start.
TEST(Output, progress_beyond_the_total_is_the_whole_bar) {
  ::unsetenv("NO_COLOR");
  int ours = -1, theirs = -1;
  ASSERT_EQ(::openpty(&ours, &theirs, nullptr, nullptr, nullptr), 0);
  std::FILE* const terminal = ::fdopen(theirs, "w");
  TemporaryFile out;
  Output output(out.file, terminal);
  ASSERT_TRUE(output.error_is_terminal());
  {
    Progress progress(output, "work");
    progress.update(1, 2);
    progress.update(5, 2);
  }
  std::fclose(terminal);
  EXPECT_NE(read_all(ours).find("[" + std::string(40, '=') + "] 100%"), std::string::npos);
  ::close(ours);
}

TEST(Output, an_exception_ends_with_a_line_and_2) {
  TemporaryFile out;
  TemporaryFile err;
  Output output(out.file, err.file);
  EXPECT_EQ(run_guarded(output, [] { return 1; }), 1);
  EXPECT_EQ(run_guarded(output, []() -> int { throw std::bad_alloc(); }), 2);
  EXPECT_EQ(run_guarded(output, []() -> int { throw std::runtime_error("cause"); }), 2);
  EXPECT_EQ(err.text(),
            "theater: there is not enough memory for this\ntheater: unexpected: cause\n");
}

TEST(Output, what_did_not_arrive_is_said_once_at_the_end) {
  std::FILE* const full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  TemporaryFile err;
  Output output(full, err.file);
  const auto work = [&] {
    output.line(std::string(100'000, 'x'));
    output.line("and more");
    return 0;
  };
  EXPECT_EQ(run_guarded(output, work), 1);
  EXPECT_EQ(err.text(),
            "theater: standard output: No space left on device; what was printed is not "
            "complete\n");
  std::fclose(full);
}

TEST(Output, an_error_goes_to_standard_error_or_is_json) {
  TemporaryFile out;
  TemporaryFile err;
  Output output(out.file, err.file);
  output.error({Code::kNotFound, "x is not there"});
  output.format = Format::kJson;
  output.error({Code::kNotFound, "x is not there"});
  EXPECT_EQ(err.text(), "theater: x is not there\n");
  EXPECT_EQ(out.text(), R"({"error":{"code":"not-found","message":"x is not there"}})"
                        "\n");
}

TEST(Variables, an_assignment_wins_over_the_environment) {
  const auto variables = read_variables({"PATH=here", "empty=", "a=b=c"});
  ASSERT_TRUE(variables);
  EXPECT_EQ(variables->at("PATH"), "here");
  EXPECT_EQ(variables->at("empty"), "");
  EXPECT_EQ(variables->at("a"), "b=c");
  EXPECT_FALSE(read_variables({"nothing"}));
  EXPECT_FALSE(read_variables({"=x"}));
}

TEST(Variables, AnAssignmentThatNoManifestUsesIsRefusedByName) {
  std::vector<actor::Manifest> manifests(2);
  EXPECT_TRUE(check_variables({}, manifests));
  EXPECT_EQ(check_variables({"a=1"}, manifests).error().message,
            "--var a: no manifest uses a variable");
  manifests[0].variables = {"room", "listen"};
  manifests[1].variables = {"period_ms", "listen"};
  EXPECT_TRUE(check_variables({"period_ms=1", "room=a=b", "listen="}, manifests));
  EXPECT_EQ(check_variables({"room=x", "lisen=y"}, manifests).error().message,
            "--var lisen: no manifest uses it; what is used: listen, period_ms, room");
}

}  // namespace
}  // namespace theater::cli
