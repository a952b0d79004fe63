// Each fuzz target holds on its corpus and on random damage to it: no crash, and what a decoder
// accepts is encoded to the same bytes. `make fuzz` looks further, guided by coverage; this runs in
// every build, and as often as is wanted: THEATER_FUZZ_RUNS=N inputs for each target.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "fuzz/mutator.h"

#define TARGET(name) extern "C" int name##_fuzz(const std::uint8_t* data, std::size_t size);
#include "fuzz_targets.inc"
#undef TARGET

namespace fuzz {
namespace {

using Clock = std::chrono::steady_clock;

// Each target is run this often, and more often as long as its time is not over.
constexpr std::uint64_t kRunsMin = 5'000, kRunsMax = 200'000;
constexpr std::chrono::milliseconds kTime(500);
constexpr std::uint64_t kSeed = 20261126;

struct Target {
  const char* name;
  int (*run)(const std::uint8_t*, std::size_t);
};
#define TARGET(name) Target{#name "_fuzz", &name##_fuzz},
constexpr Target kTargets[] = {
#include "fuzz_targets.inc"
};
#undef TARGET

std::optional<std::uint64_t> number_from_environment(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

/// Whether there is one more input, when `run` have held.
class Patience {
 public:
  bool has_more(std::uint64_t run) const {
    if (wanted_) return run < *wanted_;
    return run < kRunsMin || (run < kRunsMax && Clock::now() - begin_ < kTime);
  }

 private:
  const std::optional<std::uint64_t> wanted_ = number_from_environment("THEATER_FUZZ_RUNS");
  const Clock::time_point begin_ = Clock::now();
};

std::vector<Sample> samples_of(const char* target) {
  std::vector<std::filesystem::path> paths;
  const std::filesystem::path folder = std::filesystem::path(THEATER_FUZZ_CORPUS) / target;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<Sample> samples;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    samples.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return samples;
}

/// What is said of a target that aborts: how to be there again.
char last_words[256];

void on_abort(int number) {
  std::fputs(last_words, stderr);
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void hammer(const Target& target, std::vector<Sample> samples) {
  const std::uint64_t seed = number_from_environment("THEATER_FUZZ_SEED").value_or(kSeed);
  std::signal(SIGABRT, on_abort);
  std::signal(SIGILL, on_abort);
  for (const Sample& sample : samples) target.run(sample.data(), sample.size());
  Mutator mutator(std::move(samples), seed);
  const Patience patience;
  std::uint64_t run = 0;
  for (; patience.has_more(run); ++run) {
    const std::span<const std::uint8_t> input = mutator.next();
    std::snprintf(last_words, sizeof last_words,
                  "%s fails; again with THEATER_FUZZ_SEED=%llu THEATER_FUZZ_RUNS=%llu\n",
                  target.name, static_cast<unsigned long long>(seed),
                  static_cast<unsigned long long>(run + 1));
    target.run(input.data(), input.size());
  }
  std::signal(SIGABRT, SIG_DFL);
  std::signal(SIGILL, SIG_DFL);
  std::printf("%s: %llu inputs hold, seed %llu\n", target.name,
              static_cast<unsigned long long>(run), static_cast<unsigned long long>(seed));
}

class Decoders : public testing::TestWithParam<Target> {};

TEST_P(Decoders, HoldOnDamagedInputs) {
  std::vector<Sample> samples = samples_of(GetParam().name);
  ASSERT_FALSE(samples.empty());
  hammer(GetParam(), std::move(samples));
}

INSTANTIATE_TEST_SUITE_P(All, Decoders, testing::ValuesIn(kTargets), [](const auto& each) {
  std::string name(each.param.name);
  std::erase(name, '_');
  return name;
});

/// Believes the length in front of a text unless it is obviously wrong.
int decode_badly(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || data[0] != 't' || data[1] > 2 * size) return 0;
  if (data[1] > size - 2) std::abort();
  return 0;
}

TEST(Mutator, FindsACarelessDecoder) {
  const Target careless{"careless", &decode_badly};
  EXPECT_DEATH(hammer(careless, {Sample{'t', 3, 'o', 'n', 'e'}}),
               "careless fails; again with THEATER_FUZZ_SEED");
}

}  // namespace
}  // namespace fuzz
