// The conformance set holds of file watches, on real directories.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "host/conformance/suite.h"
#include "hosts/file_watch/family.h"

namespace theater::host::conformance {
namespace {

namespace fs = std::filesystem;

/// Removed when the tests have ended.
struct Root {
  fs::path path =
      fs::temp_directory_path() / fmt::format("theater-conformance-watch-{}", ::getpid());
  ~Root() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

const fs::path& root() {
  static const Root made;
  return made.path;
}

struct FileWatchProvoker {
  static std::unique_ptr<Family> make() { return hosts::file_watch::make_family(); }
  static inline const std::string kGrant = fmt::format(
      "roots = {{ notes = \"{}\" }}\nwatches_max = 3\npending_max = 8\n", root().string());
  static constexpr std::uint64_t kBytesMax = std::uint64_t{8} * 512 + 4096;
  static std::vector<std::string_view> wrong_grants() {
    return {"", "roots = {}", "roots = { a = 1 }", "roots = { a = \"x\" }\nwatches_max = 0"};
  }

  static Step watch(const std::string& path) {
    return {"watch " + path, [path](Rehearsal& rehearsal) {
              rehearsal.act("watch", arguments_of(path, true));
              rehearsal.pass(Nanoseconds(0));
            }};
  }
  static Step write(const std::string& name) {
    return {"write " + name, [name](Rehearsal&) { std::ofstream(root() / name) << "x"; }};
  }
  static Step signals() {
    return {"signals", [](Rehearsal& r) { r.shard().descriptors.poll_now(); }};
  }
  static Step window() {
    return {"a window", [](Rehearsal& r) { r.pass(Milliseconds(100)); }};
  }
  static Step batch() {
    return {"a batch", [](Rehearsal& r) { r.take(); }};
  }
  static void clean() {
    fs::remove_all(root());
    fs::create_directories(root());
  }
  static std::vector<Call> calls() { return {{"watch", arguments_of(std::string("notes"), true)}}; }
  static std::vector<Step> script() {
    return {{"a clean folder", [](Rehearsal&) { clean(); }},
            watch("notes"),
            write("a"),
            signals(),
            window(),
            batch(),
            {"rename",
             [](Rehearsal&) {
               std::error_code ignored;
               fs::rename(root() / "a", root() / "b", ignored);
             }},
            signals(),
            window(),
            watch("notes/none"),
            batch(),
            write("c"),
            signals(),
            window()};
  }
  static void flood(Rehearsal& rehearsal) {
    clean();
    rehearsal.act("watch", arguments_of(std::string("notes"), false));
    rehearsal.pass(Nanoseconds(0));
    for (int i = 0; i < 20; ++i) {
      write(fmt::format("f{}", i)).run(rehearsal);
      signals().run(rehearsal);
      window().run(rehearsal);
    }
  }
  static void finish(Rehearsal& rehearsal) {
    for (const std::uint64_t id : rehearsal.started()) {
      rehearsal.instance().operations()->cancel({id});
    }
    rehearsal.pass(std::chrono::seconds(2));
  }
  static std::vector<Step> faults() {
    return {{"the folder goes",
             [](Rehearsal& r) {
               fs::remove_all(root());
               r.shard().descriptors.poll_now();
             }},
            {"nothing can be watched", [](Rehearsal& r) {
               r.shard().descriptors.fail_next({Code::kFull, "no descriptors left"});
             }}};
  }
  static std::vector<Step> denied() { return {watch("other"), watch("notes/../x"), watch("/etc")}; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(FileWatch, Conformance, FileWatchProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(FileWatch, Repeatable, FileWatchProvoker);

}  // namespace
}  // namespace theater::host::conformance
