// Follower: an actor that watches a real directory, and what it believes is in it. For tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "host/fake_actor.h"
#include "hosts/file_watch/family.h"
#include "hosts/file_watch/payload.h"
#include "hosts/file_watch/picture.h"

namespace theater::hosts::file_watch {

namespace fs = std::filesystem;

/// A directory of its own, called "notes" by the grant; real inotify, manual time. It reads all
/// at `ready` and `rescan`, then follows the items and reads each file that they name. So a
/// `modified` that is lost shows. It reads a renamed file again: under the old name there may have
/// been something newer by then.
class Follower {
 public:
  explicit Follower(std::string_view grant = "") {
    static int count = 0;
    // Memory, where there is some: the tests are about names, not about a disk.
    const fs::path base = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
    root = base / fmt::format("theater-watch-{}-{}", ::getpid(), ++count);
    fs::remove_all(root);
    fs::create_directories(root);
    text_ = fmt::format("roots = {{ notes = \"{}\" }}\n{}", root.string(), grant);
    instance = make();
    EXPECT_TRUE(instance->recover());
  }
  ~Follower() {
    instance->stop(actor::StopMode::kKill);
    settle();
    EXPECT_TRUE(instance->census().is_empty());
    EXPECT_EQ(shard.descriptors.size(), 0u);
    EXPECT_EQ(shard.executor.timer_count(), 0u);
    fs::remove_all(root);
  }

  std::unique_ptr<actor::FamilyInstance> make() {
    auto made =
        *family->create(*actor::parse_settings(text_, "t.toml", {}), {shard.services, actor});
    return made;
  }
  /// Dies, and lives on with another grant.
  void restart(std::string_view grant) {
    const Bytes saved = instance->save();
    instance->stop(actor::StopMode::kKill);
    text_ = fmt::format("roots = {{ notes = \"{}\" }}\n{}", root.string(), grant);
    instance = make();
    ASSERT_TRUE(instance->load(saved));
    ASSERT_TRUE(instance->recover());
  }
  /// Starts a watch as a committed invocation does.
  host::Started watch(const std::string& path, Depth depth = Depth::kWholeTree) {
    const Bytes arguments = host::arguments_of(path, depth == Depth::kWholeTree);
    Bytes result;
    instance->call(0, arguments, {Seq{1}, 0, next_id_}, result);
    instance->settle(actor::Settlement::kCommitted);
    auto started = *wasm::from_binary<host::Started>(result);
    if (!started) return started;
    instance->perform({0, arguments, next_id_++, Seq{2}, 0});
    settle();
    return started;
  }
  void settle() { shard.executor.advance(Nanoseconds(0)); }

  /// The kernel's signals are read and a window passes; the actor handles what came.
  std::size_t turn() {
    while (shard.descriptors.poll_now() > 0 && polls_++ % 1000 != 999) settle();
    shard.executor.advance(Milliseconds(100));
    return take();
  }
  std::size_t take() {
    const auto events = host::FakeActor::take<Payload>(*instance->events());
    for (const auto& event : events) handle(event);
    return events.size();
  }
  /// Until nothing comes any more.
  void turn_until_quiet() {
    for (int quiet = 0; quiet < 15; ++quiet) {
      while (turn() > 0) quiet = 0;
    }
  }

  /// What the family counts under this name.
  double figure(std::string_view name) const {
    actor::Figures figures;
    instance->measure(figures);
    for (const actor::Figure& figure : figures.all()) {
      if (figure.name == name) return figure.value;
    }
    return 0;
  }
  /// Everything below the root and its content; what goes meanwhile is left out.
  std::map<std::string, std::string> truth() const {
    std::map<std::string, std::string> found;
    look(root, "notes", found);
    return found;
  }
  /// Where what is believed is not what is there, one a line.
  std::string errors() const {
    const auto true_contents = truth();
    std::string text;
    for (const auto& [name, content] : contents) {
      const auto found = true_contents.find(name);
      if (found == true_contents.end())
        text += name + " is not there\n";
      else if (found->second != content)
        text += name + ": " + found->second + ", not " + content + "\n";
    }
    for (const auto& [name, content] : true_contents) {
      if (!contents.contains(name)) text += name + " is not known\n";
    }
    return text;
  }
  void write(const std::string& name, std::string_view text = "x") const {
    std::ofstream(root / name) << text;
  }

  host::FakeShard shard;
  host::FakeActor actor;
  std::unique_ptr<host::Family> family = make_family();
  std::unique_ptr<actor::FamilyInstance> instance;
  fs::path root;
  std::map<std::string, std::string> contents;  // what is believed to be there, by name
  std::vector<std::string> told;                // events as text
  std::size_t items = 0, looks = 0;

 private:
  static void look(const fs::path& directory, const std::string& shown,
                   std::map<std::string, std::string>& found) {
    std::error_code ignored;
    for (fs::directory_iterator entry(directory, ignored), end; !ignored && entry != end;
         entry.increment(ignored)) {
      const std::string name = shown + "/" + entry->path().filename().string();
      found[name] = content(entry->path());
      std::error_code gone;
      if (fs::is_directory(entry->symlink_status(gone))) look(entry->path(), name, found);
    }
  }
  /// Nothing of what is no file, or has gone again.
  static std::string content(const fs::path& path) {
    std::error_code gone;
    if (!fs::is_regular_file(fs::symlink_status(path, gone))) return "";
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void follow(const Item& item) {
    if (item.old_path) contents.erase(*item.old_path);
    if (item.change == Change::kRemoved) {
      contents.erase(item.path);
    } else {
      contents[item.path] = content(root / item.path.substr(std::string_view("notes/").size()));
    }
  }
  void handle(const host::Event<Payload>& event) {
    constexpr std::string_view kWords[] = {"created", "modified", "removed", "renamed"};
    const auto& value = event.payload.value;
    if (const auto* item = std::get_if<Item>(&value)) {
      ++items;
      follow(*item);
      told.push_back(fmt::format("{} {}{}", kWords[static_cast<std::size_t>(item->change)],
                                 item->old_path ? *item->old_path + " " : "", item->path));
    } else if (const auto* why = std::get_if<host::GuestError>(&value)) {
      told.push_back(fmt::format("ended {}", static_cast<int>(why->code)));
    } else {
      ++looks;
      contents = truth();
      told.emplace_back(value.index() == Payload::kReady ? "ready" : "rescan");
    }
  }

  std::string text_;
  std::uint64_t next_id_ = 1, polls_ = 0;
};

}  // namespace theater::hosts::file_watch
