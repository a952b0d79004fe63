// Files are read, listed and changed below granted directories and nowhere else; a write is whole
// or not there; changes happen in their order; bounds refuse; nothing is left at an end.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "host/fake_actor.h"
#include "hosts/filesystem/disk.h"
#include "hosts/filesystem/family.h"
#include "hosts/filesystem/payload.h"

namespace theater::hosts::filesystem {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRead = 0, kList = 1, kChange = 2;

struct Files {
  host::FakeShard shard;
  host::FakeActor actor;
  std::unique_ptr<host::Family> family = make_family();
  std::unique_ptr<actor::FamilyInstance> instance;
  fs::path root;
  std::uint64_t next_id = 1, next_ticket = 1;

  std::string grant;

  explicit Files(std::string_view limits = "") {
    static int count = 0;
    root = fs::temp_directory_path() / fmt::format("theater-files-{}-{}", ::getpid(), ++count);
    fs::remove_all(root);
    fs::create_directories(root / "in");
    fs::create_directories(root / "out");
    put(root / "secret", "secret");
    grant = fmt::format("read = {{ in = \"{0}/in\" }}\nchange = {{ out = \"{0}/out\" }}\n{1}",
                        root.string(), limits);
    if (!limits.contains("free_min")) grant += "free_min = 0\n";  // the disk may be a small one
    open(shard.services);
    EXPECT_TRUE(instance->recover());
  }
  /// Another instance of the same actor.
  void open(const host::Services& services) {
    if (instance) instance->stop(actor::StopMode::kKill);
    instance = *family->create(*actor::parse_settings(grant, "t.toml", {}), {services, actor});
  }
  ~Files() {
    instance->stop(actor::StopMode::kKill);
    shard.executor.advance(Nanoseconds(0));
    EXPECT_TRUE(instance->census().is_empty());
    EXPECT_EQ(shard.executor.timer_count(), 0u);
    fs::remove_all(root);
  }

  static void put(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }
  static std::string content(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  /// A wait call to its end: the answer at once, or the one that comes.
  template <typename T>
  T wait(std::size_t function, const Bytes& arguments) {
    Bytes result;
    const auto outcome = instance->call(function, arguments, {}, result);
    if (outcome != actor::CallOutcome::kSuspend) return *wasm::from_binary<T>(result);
    instance->perform({function, arguments, 0, Seq{1}, next_ticket++});
    shard.executor.advance(Nanoseconds(0));
    CHECK(!actor.answers.empty(), "a wait is answered");
    const Bytes answer = actor.answers.back().result;
    actor.answers.clear();
    return *wasm::from_binary<T>(answer);
  }
  host::Data read(const std::string& path, std::uint64_t offset = 0, std::uint32_t most = 1000) {
    return wait<host::Data>(kRead, host::arguments_of(path, offset, most));
  }
  std::string text(const std::string& path, std::uint64_t offset = 0, std::uint32_t most = 1000) {
    const auto found = read(path, offset, most);
    return found ? std::string(as_text(*found)) : "error: " + found.error().message;
  }
  Entries list(const std::string& path, const std::string& after = "", std::uint32_t most = 100) {
    return wait<Entries>(kList, host::arguments_of(path, after, most));
  }

  host::Started begin(const std::string& path, const Action& action) {
    const Bytes arguments = host::arguments_of(path, action);
    Bytes result;
    instance->call(kChange, arguments, {Seq{1}, 0, next_id}, result);
    instance->settle(actor::Settlement::kCommitted);
    auto started = *wasm::from_binary<host::Started>(result);
    if (started) instance->perform({kChange, arguments, next_id++, Seq{2}, 0});
    return started;
  }
  std::vector<host::Event<host::Outcome>> take() {
    shard.executor.advance(Nanoseconds(0));
    auto events = host::FakeActor::take<host::Outcome>(*instance->events());
    for (const auto& event : events) instance->operations()->delivered(OperationId{event.id});
    return events;
  }
  /// One change to its end.
  host::Outcome change(const std::string& path, const Action& action) {
    const auto started = begin(path, action);
    if (!started) return std::unexpected(started.error());
    const auto events = take();
    CHECK(events.size() == 1 && events[0].id == *started, "one last event");
    return events[0].payload;
  }
};

Action write(std::string_view text) {
  Action action;
  action.value.emplace<Action::kWrite>(as_bytes(text));
  return action;
}
Action append(std::string_view text) {
  Action action;
  action.value.emplace<Action::kAppend>(as_bytes(text));
  return action;
}
Action rename(std::string_view to) {
  Action action;
  action.value.emplace<Action::kRename>(to);
  return action;
}
Action make_directory() {
  Action action;
  action.value.emplace<Action::kMakeDirectory>();
  return action;
}
Action remove() {
  Action action;
  action.value.emplace<Action::kRemove>();
  return action;
}

host::GuestCode code(const host::Outcome& outcome) {
  EXPECT_FALSE(outcome);
  return outcome ? host::GuestCode::kInternal : outcome.error().code;
}

TEST(Filesystem, ReadsParts) {
  Files files;
  Files::put(files.root / "in" / "a", "0123456789");
  EXPECT_EQ(files.text("in/a"), "0123456789");
  EXPECT_EQ(files.text("in/a", 4, 3), "456");
  EXPECT_EQ(files.text("in/a", 8, 100), "89");
  EXPECT_EQ(files.text("in/a", 10), "");
  EXPECT_EQ(files.text("in/a", UINT64_MAX), "");
  EXPECT_EQ(files.read("in/none").error().code, host::GuestCode::kNotFound);
  EXPECT_EQ(files.read("in").error().code, host::GuestCode::kInvalid);
}

TEST(Filesystem, ListsPagesInOrder) {
  Files files;
  for (const char* name : {"c", "a", "b", ".hidden", "\xff"})
    Files::put(files.root / "in" / name, "xy");
  fs::create_directory(files.root / "in" / "d");
  const auto first = files.list("in", "", 3);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 3u);
  EXPECT_EQ(first->at(0), (Entry{".hidden", 2, false}));
  EXPECT_EQ(first->at(2), (Entry{"b", 2, false}));
  const auto rest = files.list("in", "b");
  ASSERT_EQ(rest->size(), 2u);
  EXPECT_EQ(std::get<0>(rest->at(1)), "d");
  EXPECT_TRUE(std::get<2>(rest->at(1)));
  EXPECT_EQ(files.list("in/a").error().code, host::GuestCode::kNotFound);
}

TEST(Filesystem, WritesAsAWhole) {
  Files files;
  ASSERT_TRUE(files.change("out/a", write("one")));
  ::chmod((files.root / "out" / "a").c_str(), 0600);
  ASSERT_TRUE(files.change("out/a", write("two")));
  EXPECT_EQ(Files::content(files.root / "out" / "a"), "two");
  EXPECT_EQ(fs::status(files.root / "out" / "a").permissions(), fs::perms(0600));
  ASSERT_TRUE(files.change("out/a", write("")));
  EXPECT_EQ(files.text("out/a"), "");
  EXPECT_EQ(files.list("out")->size(), 1u);  // no temporary file
  EXPECT_EQ(code(files.change("out/none/a", write("x"))), host::GuestCode::kNotFound);
}

TEST(Filesystem, AWriteThatFailsLeavesTheOldContent) {
  Files files;
  ASSERT_TRUE(files.change("out/d", make_directory()));
  EXPECT_EQ(code(files.change("out/d", write("x"))), host::GuestCode::kInvalid);
  EXPECT_EQ(files.list("out")->size(), 1u);
  EXPECT_TRUE(files.list("out/d")->empty());
}

TEST(Filesystem, AppendsMakesRenamesRemoves) {
  Files files("file_max = 6\n");
  ASSERT_TRUE(files.change("out/log", append("one")));
  ASSERT_TRUE(files.change("out/log", append("two")));
  EXPECT_EQ(code(files.change("out/log", append("!"))), host::GuestCode::kTooLarge);
  EXPECT_EQ(files.text("out/log"), "onetwo");
  ASSERT_TRUE(files.change("out/d", make_directory()));
  EXPECT_EQ(code(files.change("out/d", make_directory())), host::GuestCode::kConflict);
  ASSERT_TRUE(files.change("out/log", rename("out/d/moved")));
  EXPECT_EQ(files.text("out/d/moved"), "onetwo");
  EXPECT_EQ(code(files.change("out/d", remove())), host::GuestCode::kConflict);
  ASSERT_TRUE(files.change("out/d/moved", remove()));
  ASSERT_TRUE(files.change("out/d", remove()));
  EXPECT_EQ(code(files.change("out/d", remove())), host::GuestCode::kNotFound);
}

TEST(Filesystem, ChangesHappenInTheirOrder) {
  Files files;
  ASSERT_TRUE(files.begin("out/a", write("one")));
  ASSERT_TRUE(files.begin("out/a", rename("out/b")));
  ASSERT_TRUE(files.begin("out/a", write("two")));
  ASSERT_TRUE(files.begin("out/b", append("+")));
  const auto events = files.take();
  ASSERT_EQ(events.size(), 4u);
  for (const auto& event : events) EXPECT_TRUE(event.payload);
  EXPECT_EQ(files.text("out/a"), "two");
  EXPECT_EQ(files.text("out/b"), "one+");
}

/// Work stands still until the test does it, in any order.
struct HeldWorkers final : io::Workers {
  std::vector<std::pair<io::Task, io::Task>> jobs;
  void run(io::Task work, io::Executor&, io::Task then) override {
    jobs.emplace_back(std::move(work), std::move(then));
  }
  void do_job(std::size_t which) {
    auto [work, then] = std::move(jobs[which]);
    jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(which));
    work();
    then();
  }
};

struct HeldFiles : Files {
  HeldWorkers held;
  host::Services services{shard.executor, shard.clock, shard.random,      shard.network,
                          shard.resolver, held,        shard.descriptors, shard.log};
  explicit HeldFiles(std::string_view limits = "") : Files(limits) {
    open(services);
    EXPECT_TRUE(instance->recover());
  }
  ~HeldFiles() {
    while (!held.jobs.empty()) held.do_job(0);
    open(shard.services);
  }
};

TEST(Filesystem, AChangeIsNotOvertakenByOneThatHasEndedForTheGuest) {
  HeldFiles files("change_time = \"5s\"\n");
  const auto first = files.begin("out/a", write("one"));
  files.instance->operations()->cancel(OperationId{*first});
  EXPECT_EQ(code(files.take().at(0).payload), host::GuestCode::kCancelled);
  ASSERT_TRUE(files.begin("out/a", write("two")));
  ASSERT_EQ(files.held.jobs.size(), 1u) << "the first one's worker is not back";
  files.held.do_job(0);
  EXPECT_FALSE(fs::exists(files.root / "out" / "a")) << "given up before it was to be seen";
  ASSERT_EQ(files.held.jobs.size(), 1u);
  files.held.do_job(0);
  EXPECT_TRUE(files.take().at(0).payload);
  EXPECT_EQ(files.content(files.root / "out" / "a"), "two");
}

TEST(Filesystem, WhatWaitsForALateWorkerHasItsOwnTime) {
  HeldFiles files("change_time = \"5s\"\n");
  const auto first = files.begin("out/a", write("one"));
  files.instance->operations()->cancel(OperationId{*first});
  ASSERT_TRUE(files.begin("out/b", write("two")));
  EXPECT_EQ(files.take().size(), 1u);
  files.shard.executor.advance(std::chrono::seconds(5));
  EXPECT_EQ(code(files.take().at(0).payload), host::GuestCode::kDeadline);
  ASSERT_EQ(files.held.jobs.size(), 1u);
  files.held.do_job(0);
  EXPECT_TRUE(files.held.jobs.empty()) << "the second one never began";
  EXPECT_TRUE(fs::is_empty(files.root / "out"));
}

TEST(Filesystem, NoTwoWritesShareATemporaryFile) {
  Files files;
  const Disk disk("actor", 0);
  const std::string out = (files.root / "out").string();
  for (int round = 0; round < 20; ++round) {
    const auto write_much = [&](const std::string& name, std::uint64_t id, char letter) {
      const Undertaking undertaking(OperationId{id});
      const std::string content(256 * 1024, letter);
      EXPECT_TRUE(disk.write({out, name}, as_bytes(content), undertaking));
    };
    std::thread other([&] { write_much("x", 1, 'x'); });
    write_much("y", 2, 'y');
    other.join();
    EXPECT_EQ(Files::content(files.root / "out" / "x"), std::string(256 * 1024, 'x'));
    EXPECT_EQ(Files::content(files.root / "out" / "y"), std::string(256 * 1024, 'y'));
  }
}

TEST(Filesystem, DeniesWhatIsNotGranted) {
  Files files;
  const std::string absolute = (files.root / "secret").string();
  Bytes result;
  for (const std::string& path :
       {std::string("other/a"), std::string("in/../secret"), std::string("../secret"), absolute}) {
    EXPECT_EQ(
        files.instance->call(kRead, host::arguments_of(path, std::uint64_t{0}, 9u), {}, result),
        actor::CallOutcome::kDenied)
        << path;
    EXPECT_EQ(files.list(path).error().code, host::GuestCode::kDenied) << path;
    EXPECT_EQ(code(files.change(path, write("x"))), host::GuestCode::kDenied) << path;
    EXPECT_EQ(code(files.change("out/a", rename(path))), host::GuestCode::kDenied) << path;
  }
  EXPECT_EQ(code(files.change("in/a", write("x"))), host::GuestCode::kDenied);
  EXPECT_EQ(code(files.change("in/a", remove())), host::GuestCode::kDenied);
  EXPECT_EQ(code(files.change("out", remove())), host::GuestCode::kInvalid);
}

TEST(Filesystem, NoLinkLeadsOut) {
  Files files;
  fs::create_symlink("../secret", files.root / "in" / "link");
  fs::create_symlink(files.root / "secret", files.root / "out" / "link");
  fs::create_directory_symlink("..", files.root / "out" / "up");
  EXPECT_EQ(files.read("in/link").error().code, host::GuestCode::kDenied);
  EXPECT_EQ(files.list("out/up").error().code, host::GuestCode::kDenied);
  EXPECT_EQ(code(files.change("out/up/secret", write("x"))), host::GuestCode::kDenied);
  EXPECT_EQ(code(files.change("out/up/secret", remove())), host::GuestCode::kDenied);
  EXPECT_EQ(code(files.change("out/link", append("x"))), host::GuestCode::kDenied);
  ASSERT_TRUE(files.change("out/link", write("x")));  // takes the link's place
  EXPECT_EQ(Files::content(files.root / "secret"), "secret");
  EXPECT_FALSE(fs::is_symlink(files.root / "out" / "link"));
}

TEST(Filesystem, BoundsRefuse) {
  Files files("read_max = 8\nlist_max = 2\nentries_max = 3\nfile_max = 4\nchanges_bytes = 6\n");
  EXPECT_EQ(files.read("in/a", 0, 9).error().code, host::GuestCode::kTooLarge);
  EXPECT_EQ(files.list("in", "", 3).error().code, host::GuestCode::kTooLarge);
  EXPECT_EQ(code(files.change("out/a", write("12345"))), host::GuestCode::kTooLarge);
  for (const char* name : {"a", "b", "c", "d"}) Files::put(files.root / "in" / name, "");
  EXPECT_EQ(files.list("in", "", 2).error().code, host::GuestCode::kTooLarge);
  ASSERT_TRUE(files.begin("out/a", write("1234")));
  const auto full = files.begin("out/b", write("123"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, host::GuestCode::kFull);
  EXPECT_EQ(files.take().size(), 1u);
  EXPECT_TRUE(files.change("out/b", write("123")));  // there is room again
}

TEST(Filesystem, WhatAGrantAllowsToWaitMayWait) {
  Files files("file_max = \"64MiB\"\nchanges_bytes = \"128MiB\"\n");
  const std::string content(50 << 20, 'x');
  EXPECT_TRUE(files.begin("out/a", write(content)));
  EXPECT_TRUE(files.begin("out/b", write(content)));
  const auto full = files.begin("out/c", write(content));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, host::GuestCode::kFull);
  EXPECT_EQ(files.take().size(), 2u);
}

TEST(Filesystem, SomeOfTheDiskStaysFree) {
  Files files(fmt::format("free_min = {}\n", std::uint64_t{1} << 50));
  Files::put(files.root / "out" / "old", "old");
  for (const Action& action : {write("x"), append("x"), make_directory()}) {
    EXPECT_EQ(code(files.change("out/a", action)), host::GuestCode::kFull);
  }
  EXPECT_EQ(code(files.change("out/old", append("x"))), host::GuestCode::kFull);
  EXPECT_TRUE(files.change("out/old", rename("out/new")));
  EXPECT_TRUE(files.change("out/new", remove()));
  EXPECT_TRUE(fs::is_empty(files.root / "out"));
}

TEST(Filesystem, WhatWasRolledBackTakesNoRoom) {
  Files files("changes_bytes = 6\n");
  const Bytes arguments = host::arguments_of(std::string("out/a"), write("12345"));
  Bytes result;
  for (int i = 0; i < 3; ++i) {
    files.instance->call(kChange, arguments, {Seq{1}, 0, 1}, result);
    EXPECT_EQ(result[0], 0) << i;
    files.instance->settle(actor::Settlement::kDiscarded);
  }
  EXPECT_FALSE(fs::exists(files.root / "out" / "a"));
}

TEST(Filesystem, NoFileButARegularOneIsRead) {
  Files files;
  ASSERT_EQ(::mkfifo((files.root / "in" / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(files.read("in/pipe").error().code, host::GuestCode::kInvalid);
}

TEST(Filesystem, AChangeUnderWayAtACrashEndsInterruptedAndLeavesNothing) {
  Files files;
  const std::string actor = files.actor.who.id.hex();
  ASSERT_TRUE(files.begin("out/a", write("x")));
  const Bytes saved = files.instance->save();
  const auto leftover = files.root / "out" / fmt::format(".theater-{}-1.tmp", actor);
  const auto another = files.root / "out" / fmt::format(".theater-{}-2.tmp", actor);
  files.open(files.shard.services);
  Files::put(leftover, "half");
  Files::put(another, "of another change");
  ASSERT_TRUE(files.instance->load(saved));
  ASSERT_TRUE(files.instance->recover());
  const auto events = files.take();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(code(events[0].payload), host::GuestCode::kInterrupted);
  EXPECT_FALSE(fs::exists(leftover));
  EXPECT_TRUE(fs::exists(another));
}

TEST(Filesystem, ItsGrantIsStrict) {
  const auto check = [](std::string_view text) {
    const auto status = make_family()->check_grant(*actor::parse_settings(text, "d/t.toml", {}));
    return status ? std::string() : status.error().message;
  };
  EXPECT_EQ(check("read = { a = \"x\" }\nchange = { b = \"y\" }\nfile_max = \"1MiB\"\n"), "");
  EXPECT_NE(check("").find("must name"), std::string::npos);
  EXPECT_NE(check("read = { a = \"x\" }\nchange = { a = \"y\" }\n").find("second time"),
            std::string::npos);
  for (const char* bad : {"read = { \"..\" = \"x\" }\n", "read = { a = true }\n", "read = \"x\"\n",
                          "read = { a = \"x\" }\nread_max = 0\n", "raed = { a = \"x\" }\n"}) {
    EXPECT_NE(check(bad), "") << bad;
  }
}

}  // namespace
}  // namespace theater::hosts::filesystem
