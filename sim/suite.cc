// Many seeds on several threads; the first failure of each, and the command that repeats it.
#include "sim/suite.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <vector>

#include "base/probe.h"
#include "io/thread.h"
#include "sim/world.h"

namespace theater::sim {
namespace {

enum class Probes : std::uint8_t { kIgnore, kRequire };

struct Arguments {
  std::string guest, cache, bug = "none";
  std::uint64_t seeds = 1000, from = 1, jobs = 2;
  std::optional<std::uint64_t> seed;
  bool trace = false, list_probes = false;
  Probes probes = Probes::kIgnore;
};

/// The seed of this thread, for the line that an abort prints.
thread_local std::uint64_t current_seed = 0;
char command_head[512];

void on_abort(int) {
  char line[640];
  const int length = std::snprintf(line, sizeof line, "repeat with: %s --seed %llu\n", command_head,
                                   static_cast<unsigned long long>(current_seed));
  std::fwrite(line, 1, static_cast<std::size_t>(std::max(length, 0)), stderr);
  std::signal(SIGABRT, SIG_DFL);
}

class Suite {
 public:
  Suite(const Arguments& arguments, Bug bug) : arguments_(arguments), bug_(bug) {}

  int run() {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::unique_ptr<io::Thread>> threads;
    for (std::uint64_t job = 0; job < arguments_.jobs; ++job) {
      threads.push_back(std::make_unique<io::Thread>("sim", [this] { work(); }));
    }
    for (const auto& thread : threads) thread->join();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    fmt::print("{} seeds, {} failed, {} lives, {} outputs, {:.1f} s\n", played_.load(),
               failures_.load(), lives_.load(), outputs_.load(), spent.count());
    return failures_ == 0 && (arguments_.probes == Probes::kIgnore || all_reached()) ? 0 : 1;
  }

 private:
  /// Whether every PROBE of the rooms was reached; names those that were not.
  bool all_reached() {
    bool all = true;
    for (const ProbePoint& probe : probes()) {
      if (probe.hits > 0) continue;
      fmt::print("never reached: {}\n", probe.name);
      all = false;
    }
    return all;
  }

  void work() {
    auto stage = Stage::create(arguments_.guest, arguments_.cache);
    if (!stage) {
      fmt::print(stderr, "{}\n", stage.error().message);
      ++failures_;
      return;
    }
    for (std::uint64_t i; (i = next_.fetch_add(1)) < arguments_.seeds;) {
      play_seed(**stage, arguments_.from + i);
    }
  }

  void play_seed(const Stage& stage, std::uint64_t seed) {
    current_seed = seed;
    RunOptions options{seed, bug_, RunOptions::Trace::kOff};
    if (arguments_.trace) options.trace = RunOptions::Trace::kOn;
    RunReport report = play(stage, options);
    if (!report.failure && seed % 20 == 0) {
      if (play(stage, options).heads != report.heads) {
        report.failure = "the same seed played twice gives different chains";
      }
    }
    ++played_;
    lives_ += report.lives;
    outputs_ += report.events;
    if (!report.failure) return;
    ++failures_;
    const std::lock_guard lock(print_);
    fmt::print("seed {}: {}\n  repeat with: {} --seed {}\n", seed, *report.failure, command_head,
               seed);
  }

  const Arguments& arguments_;
  const Bug bug_;
  std::atomic<std::uint64_t> next_{0}, played_{0}, failures_{0}, lives_{0}, outputs_{0};
  std::mutex print_;
};

}  // namespace

int run_suite(int count, char** values) {
  CLI::App app("Plays the core of Theater with seeded chance and checks its invariants");
  Arguments arguments;
  app.add_option("--guest", arguments.guest, "the guest's component")->required();
  app.add_option("--cache", arguments.cache, "directory for compiled code")->required();
  app.add_option("--seeds", arguments.seeds, "how many seeds");
  app.add_option("--from", arguments.from, "the first seed");
  app.add_option("--jobs", arguments.jobs, "threads");
  app.add_option("--seed", arguments.seed, "play this seed only");
  app.add_option("--bug", arguments.bug, "plant a bug");
  app.add_flag("--probes", arguments.list_probes, "fail if a PROBE was never reached");
  app.add_flag("--trace", arguments.trace, "print what happens");
  CLI11_PARSE(app, count, values);
  std::optional<Bug> bug;
  for (const BugName& each : kBugNames) {
    if (each.name == arguments.bug) bug = each.bug;
  }
  if (!bug) {
    fmt::print(stderr, "there is no bug {}\n", arguments.bug);
    return 2;
  }
  if (arguments.list_probes) arguments.probes = Probes::kRequire;
  if (arguments.seed) {
    arguments.from = *arguments.seed;
    arguments.seeds = arguments.jobs = 1;
  }
  std::snprintf(command_head, sizeof command_head, "%s --guest %s --cache %s --bug %s", values[0],
                arguments.guest.c_str(), arguments.cache.c_str(), arguments.bug.c_str());
  std::signal(SIGABRT, on_abort);
  return Suite(arguments, *bug).run();
}

}  // namespace theater::sim
