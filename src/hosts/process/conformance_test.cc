// The conformance set holds of programs, real ones.
#include <csignal>

#include "host/conformance/suite.h"
#include "hosts/process/family.h"

namespace theater::host::conformance {
namespace {

struct ProcessProvoker {
  static std::unique_ptr<Family> make() {
    std::signal(SIGPIPE, SIG_IGN);  // as the node does
    return hosts::process::make_family();
  }
  static constexpr std::string_view kGrant =
      "programs = { cat = \"/bin/cat\", true = \"/bin/true\", none = \"/no/such/program\" }\n"
      "processes_max = 2\nwaiting_max = 4\n";
  static constexpr std::uint64_t kBytesMax = 4096;
  static std::vector<std::string_view> wrong_grants() {
    return {"", "programs = {}", "programs = { a = \"b\" }",
            "programs = { a = \"/a\" }\nprocesses_max = 0"};
  }

  static Bytes program(const std::string& name) {
    return arguments_of(name, std::vector<std::string>{}, std::string());
  }
  static Bytes input(std::uint64_t id, std::optional<std::string_view> text) {
    std::optional<Bytes> data;
    if (text) data = to_bytes(as_bytes(*text));
    return arguments_of(id, data);
  }
  static Step spawn(const std::string& name) {
    return {"spawn " + name,
            [name](Rehearsal& rehearsal) { rehearsal.act("spawn", program(name)); }};
  }
  static Step act(const std::string& function, const Bytes& arguments) {
    return {function,
            [function, arguments](Rehearsal& rehearsal) { rehearsal.act(function, arguments); }};
  }
  /// Until nothing has come for a while: programs take their own time.
  static void settle(Rehearsal& rehearsal) {
    rehearsal.pass(Nanoseconds(0));
    while (rehearsal.shard().descriptors.size() > 0 &&
           rehearsal.shard().descriptors.poll_for(Milliseconds(100)) > 0) {
      rehearsal.pass(Nanoseconds(0));
    }
  }
  static Step moment() { return {"a moment", &settle}; }
  static std::vector<Call> calls() {
    return {{"spawn", program("true")}, {"spawn", program("cat")}};
  }
  static std::vector<Step> script() {
    return {spawn("cat"),
            moment(),
            act("write-stdin", input(1, "hello")),
            moment(),
            spawn("none"),
            moment(),
            {"a batch", [](Rehearsal& r) { r.take(); }},
            act("write-stdin", input(1, std::nullopt)),
            moment(),
            act("signal", arguments_of(std::uint64_t{1}, std::uint8_t{15}))};
  }
  static void flood(Rehearsal& rehearsal) {
    for (int i = 0; i < 20; ++i) {
      rehearsal.act("spawn", program("none"));
      rehearsal.pass(Nanoseconds(0));
    }
  }
  static void finish(Rehearsal& rehearsal) {
    for (const std::uint64_t id : rehearsal.started()) {
      rehearsal.instance().operations()->cancel({id});
    }
    settle(rehearsal);
  }
  static std::vector<Step> faults() {
    return {{"nothing can be watched", [](Rehearsal& r) {
               r.shard().descriptors.fail_next({Code::kFull, "no descriptors left"});
             }}};
  }
  static std::vector<Step> denied() { return {spawn("sh"), spawn("/bin/sh")}; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Process, Conformance, ProcessProvoker);

}  // namespace
}  // namespace theater::host::conformance
