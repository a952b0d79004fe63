// Jobs are done in order of arrival, at most sessions_max at a time; at most waiting_max wait; one
// writer where there is one; a removed job is never done, or is aborted once; a session that breaks
// loses its own jobs alone; if none can be made, nobody waits for ever.
#include "hosts/database/pool.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <sstream>
#include <string>

namespace theater::hosts::database {
namespace {

using Log = std::vector<std::string>;
const host::GuestError kBroken{host::GuestCode::kIo, "", "broken", std::nullopt};

struct PoolTest : testing::Test, PoolUser {
  Log log;
  std::optional<Pool> pool;

  void make(Pool::Options options) { pool.emplace(options, *this); }
  Log take() { return std::exchange(log, {}); }
  void read(std::uint64_t job) { EXPECT_TRUE(pool->submit({job}, Access::kRead)); }
  void write(std::uint64_t job) { EXPECT_TRUE(pool->submit({job}, Access::kWrite)); }

  void open(SessionId session, Role role) override {
    log.push_back(fmt::format("open {} {}", session.value, "arw"[static_cast<int>(role)]));
  }
  void run(SessionId session, std::span<const JobId> jobs) override {
    std::vector<std::uint64_t> ids;
    for (const JobId job : jobs) ids.push_back(job.value);
    log.push_back(fmt::format("run {} {}", session.value, fmt::join(ids, "+")));
  }
  void abort(SessionId session, JobId job) override {
    log.push_back(fmt::format("abort {} {}", session.value, job.value));
  }
  void close(SessionId session) override { log.push_back(fmt::format("close {}", session.value)); }
  void lost(JobId job, const host::GuestError&) override {
    log.push_back(fmt::format("lost {}", job.value));
  }
};

TEST_F(PoolTest, MakesSessionsWhenNeededAndKeepsTheOrder) {
  make({.sessions_max = 2, .waiting_max = 8});
  for (std::uint64_t job = 1; job <= 4; ++job) read(job);
  EXPECT_EQ(take(), (Log{"open 1 a", "open 2 a"}));
  pool->resolved({1});
  EXPECT_EQ(pool->state({1}), SessionState::kConnecting);
  pool->opened({1});
  EXPECT_EQ(take(), Log{"run 1 1"});
  pool->opened({2});
  pool->freed({1});
  EXPECT_EQ(take(), (Log{"run 2 2", "run 1 3"}));
  pool->freed({1});
  pool->freed({1});  // idle already: means nothing
  EXPECT_EQ(take(), Log{"run 1 4"});
}

TEST_F(PoolTest, RefusesBeyondWaitingMax) {
  make({.sessions_max = 1, .waiting_max = 2});
  read(1);
  write(2);
  EXPECT_FALSE(pool->submit({3}, Access::kRead));
  pool->opened({1});
  read(3);
  EXPECT_FALSE(pool->submit({4}, Access::kWrite));
}

TEST_F(PoolTest, OneWriterTakesSeveralWritesTogether) {
  make({.sessions_max = 3, .waiting_max = 9, .group_max = 2, .writers = Pool::Writers::kOne});
  write(1);
  write(2);
  write(3);
  read(4);
  EXPECT_EQ(take(), (Log{"open 1 w", "open 2 r"}));
  pool->opened({1});
  pool->opened({2});
  EXPECT_EQ(take(), (Log{"run 1 1+2", "run 2 4"}));
  read(5);
  read(6);
  EXPECT_EQ(take(), Log{"open 3 r"});
  pool->freed({2});
  pool->freed({1});
  EXPECT_EQ(take(), (Log{"run 2 5", "run 1 3"}));
}

TEST_F(PoolTest, ASingleSessionOfOneWriterReadsToo) {
  make({.sessions_max = 1, .waiting_max = 9, .group_max = 8, .writers = Pool::Writers::kOne});
  read(1);
  write(2);
  write(3);
  read(4);
  pool->opened({1});
  pool->freed({1});
  pool->freed({1});
  EXPECT_EQ(take(), (Log{"open 1 a", "run 1 1", "run 1 2+3", "run 1 4"}));
}

TEST_F(PoolTest, ARemovedJobIsNotDoneOrAborted) {
  make({.sessions_max = 1, .waiting_max = 9});
  read(1);
  read(2);
  read(3);
  pool->opened({1});
  take();
  pool->remove({2});
  pool->remove({2});
  EXPECT_EQ(take(), Log{});
  pool->remove({1});
  EXPECT_EQ(take(), Log{"abort 1 1"});
  EXPECT_EQ(pool->state({1}), SessionState::kDraining);
  pool->remove({1});
  EXPECT_EQ(take(), Log{});
  pool->freed({1});
  EXPECT_EQ(take(), Log{"run 1 3"});
}

TEST_F(PoolTest, OthersOfAGroupGoOn) {
  make({.sessions_max = 1, .waiting_max = 9, .group_max = 8, .writers = Pool::Writers::kOne});
  write(1);
  write(2);
  pool->opened({1});
  pool->remove({1});
  EXPECT_EQ(pool->state({1}), SessionState::kBusy);
  take();
  pool->failed({1}, kBroken);
  EXPECT_EQ(take(), (Log{"close 1", "lost 2"}));
}

TEST_F(PoolTest, ABrokenSessionLosesItsOwnJobAndIsReplaced) {
  make({.sessions_max = 1, .waiting_max = 9});
  read(1);
  read(2);
  pool->opened({1});
  take();
  pool->failed({1}, kBroken);
  EXPECT_EQ(take(), (Log{"close 1", "lost 1", "open 2 a"}));
  pool->opened({1});  // gone
  pool->opened({2});
  EXPECT_EQ(take(), Log{"run 2 2"});
}

TEST_F(PoolTest, IfNoneCanBeMadeNobodyWaits) {
  make({.sessions_max = 3, .waiting_max = 9, .writers = Pool::Writers::kOne});
  write(1);
  read(2);
  read(3);
  EXPECT_EQ(take(), (Log{"open 1 w", "open 2 r", "open 3 r"}));
  pool->failed({2}, kBroken);  // another reader may still come
  EXPECT_EQ(take(), Log{"close 2"});
  pool->failed({3}, kBroken);
  EXPECT_EQ(take(), (Log{"close 3", "lost 2", "lost 3"}));
  EXPECT_EQ(pool->waiting(), 1u);
  pool->failed({1}, kBroken);
  EXPECT_EQ(pool->waiting(), 0u);
  EXPECT_EQ(pool->sessions(), 0u);
}

TEST_F(PoolTest, ClearLetsGoOfEverythingInEachState) {
  make({.sessions_max = 4, .waiting_max = 9});
  for (std::uint64_t job = 1; job <= 5; ++job) read(job);
  pool->resolved({1});
  pool->opened({2});
  pool->opened({3});
  pool->remove({1});
  pool->freed({2});
  take();
  pool->clear();
  EXPECT_EQ(take(), (Log{"close 1", "close 2", "close 3", "close 4"}));
  EXPECT_EQ(pool->sessions() + pool->waiting(), 0u);
}

/// What a pool's user knows: the jobs that have not ended, the sessions, and what runs on each.
class RandomLife {
 public:
  RandomLife(Pool& pool, unsigned seed) : pool_(pool), chance_(seed) {}

  void turn() {
    const std::uint64_t pick = any_session();
    switch (chance_() % 6) {
      case 0:
      case 1:
        return submit();
      case 2:
        return pool_.opened({pick});
      case 3:
        return finish(pick);
      case 4:
        if (chance_() % 4 == 0) pool_.failed({pick}, kBroken);
        return;
      default:
        if (!open_.empty() && chance_() % 3 == 0) remove(*open_.begin());
    }
  }

  void hear(const std::string& line) {
    unsigned long id = 0;
    if (std::sscanf(line.c_str(), "open %lu", &id) == 1) sessions_.insert(id);
    if (std::sscanf(line.c_str(), "close %lu", &id) == 1) {
      sessions_.erase(id);
      work_.erase(id);
    }
    if (std::sscanf(line.c_str(), "lost %lu", &id) == 1) EXPECT_EQ(open_.erase(id), 1u);
    if (line.starts_with("run ")) hear_run(line);
  }

  std::size_t open() const { return open_.size(); }
  std::size_t running() const {
    std::size_t jobs = 0;
    for (const auto& [session, run] : work_) jobs += run.size();
    return jobs;
  }

 private:
  std::uint64_t any_session() {
    if (sessions_.empty()) return 0;
    return *std::next(sessions_.begin(), static_cast<long>(chance_() % sessions_.size()));
  }

  void submit() {
    const auto access = chance_() % 2 == 0 ? Access::kRead : Access::kWrite;
    open_.insert(next_);
    if (!pool_.submit({next_}, access)) open_.erase(next_);
    ++next_;
  }

  void finish(std::uint64_t session) {
    if (!work_.contains(session)) return;
    for (const auto job : work_[session]) open_.erase(job);
    work_.erase(session);
    pool_.freed({session});
  }

  void remove(std::uint64_t job) {
    open_.erase(job);
    pool_.remove({job});
    for (auto& [session, jobs] : work_) std::erase(jobs, job);
  }

  /// "run SESSION JOB+JOB".
  void hear_run(const std::string& line) {
    std::istringstream words(line.substr(4));
    std::uint64_t session = 0, job = 0;
    words >> session;
    while (words >> job) {
      work_[session].push_back(job);
      words.ignore();
    }
  }

  Pool& pool_;
  std::mt19937 chance_;
  std::uint64_t next_ = 1;
  std::set<std::uint64_t> open_, sessions_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> work_;
};

/// Each job ends once: done, lost or removed; however sessions come and go.
TEST_F(PoolTest, RandomLivesLoseNoJob) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  make({.sessions_max = 3, .waiting_max = 20, .group_max = 4, .writers = Pool::Writers::kOne});
  RandomLife life(*pool, seed);
  for (int turn = 0; turn < 20'000; ++turn) {
    life.turn();
    for (const std::string& line : take()) life.hear(line);
    ASSERT_LE(pool->sessions(), 3u);
    ASSERT_LE(pool->waiting(), 20u);
  }
  EXPECT_EQ(pool->waiting() + life.running(), life.open());
}

}  // namespace
}  // namespace theater::hosts::database
