// The conformance set holds of files.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "host/conformance/suite.h"
#include "hosts/filesystem/family.h"
#include "hosts/filesystem/payload.h"

namespace theater::host::conformance {
namespace {

namespace fs = std::filesystem;
using hosts::filesystem::Action;

/// Removed when the tests have ended.
struct Root {
  fs::path path =
      fs::temp_directory_path() / fmt::format("theater-conformance-files-{}", ::getpid());
  ~Root() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

const fs::path& root() {
  static const Root made;
  return made.path;
}

struct FilesystemProvoker {
  static std::unique_ptr<Family> make() { return hosts::filesystem::make_family(); }
  static inline const std::string kGrant = fmt::format(
      "read = {{ in = \"{0}/in\" }}\nchange = {{ out = \"{0}/out\" }}\nchanges_max = 4\n",
      root().string());
  static constexpr std::uint64_t kBytesMax = 16 * 1024;
  static std::vector<std::string_view> wrong_grants() {
    return {"", "read = {}", "read = { a = 1 }", "read = { a = \"x\" }\nfile_max = 0"};
  }

  template <Action::Case kCase, typename... Value>
  static Bytes change(const std::string& path, Value... value) {
    Action action;
    action.value.emplace<kCase>(value...);
    return arguments_of(path, action);
  }
  static Step act(const std::string& name, const Bytes& arguments) {
    return {name, [arguments](Rehearsal& rehearsal) { rehearsal.act("change", arguments); }};
  }
  static Step pass() {
    return {"a moment", [](Rehearsal& rehearsal) { rehearsal.pass(Nanoseconds(0)); }};
  }
  static void clean() {
    fs::remove_all(root());
    fs::create_directories(root() / "in");
    fs::create_directories(root() / "out");
    std::ofstream(root() / "in" / "note") << "hello";
  }
  static std::vector<Call> calls() {
    return {{"change", change<Action::kWrite>("out/x", as_bytes("x"))},
            {"change", change<Action::kRemove>("out/x")}};
  }
  static std::vector<Step> script() {
    return {{"clean folders", [](Rehearsal&) { clean(); }},
            act("write", change<Action::kWrite>("out/a", as_bytes("one"))),
            act("append", change<Action::kAppend>("out/a", as_bytes("two"))),
            pass(),
            act("make", change<Action::kMakeDirectory>("out/d")),
            act("rename", change<Action::kRename>("out/a", std::string_view("out/d/b"))),
            {"a batch", [](Rehearsal& r) { r.take(); }},
            {"read",
             [](Rehearsal& r) {
               r.call("read-wait", arguments_of(std::string("in/note"), std::uint64_t{0}, 9u));
             }},
            pass(),
            {"list",
             [](Rehearsal& r) {
               r.call("list-wait", arguments_of(std::string("in"), std::string(), 9u));
             }},
            pass(),
            {"its invocation's end", [](Rehearsal& r) { r.commit(); }},
            act("remove what is not there", change<Action::kRemove>("out/none")),
            pass()};
  }
  static void flood(Rehearsal& rehearsal) {
    clean();
    for (int i = 0; i < 30; ++i) {
      rehearsal.act("change", change<Action::kWrite>("out/a", as_bytes("one")));
      rehearsal.pass(Nanoseconds(0));
    }
  }
  static void finish(Rehearsal& rehearsal) {
    rehearsal.pass(Nanoseconds(0));
    rehearsal.commit();
  }
  static std::vector<Step> faults() {
    return {{"the folders go", [](Rehearsal&) { fs::remove_all(root()); }},
            {"a folder becomes a link", [](Rehearsal&) {
               fs::remove_all(root() / "out");
               if (fs::exists(root())) fs::create_directory_symlink("/no/such", root() / "out");
             }}};
  }
  static std::vector<Step> denied() {
    return {act("a change of what may be read", change<Action::kRemove>("in/note")),
            act("a change elsewhere", change<Action::kRemove>("out/../in/note")),
            {"a read elsewhere", [](Rehearsal& r) {
               r.call("read-wait", arguments_of(std::string("/etc/passwd"), std::uint64_t{0}, 9u));
             }}};
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Filesystem, Conformance, FilesystemProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(Filesystem, Repeatable, FilesystemProvoker);

}  // namespace
}  // namespace theater::host::conformance
