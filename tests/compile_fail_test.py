"""What must not compile does not, and says why; no family has a way to the guest.

Each piece of code is compiled beside one that differs in the mistake alone and does compile.
"""

import json
import re
import shlex
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import support
from support import BUILD, ROOT

MODEL = ROOT / "src" / "hosts" / "recipe_test.cc"  # compiled with the flags of every test there
TABLE = """
#include "host/state_machine.h"
enum class State : unsigned char { kShut, kOpen, kCount };
enum class Event : unsigned char { kPush, kPull, kCount };
enum class Action : unsigned char { kRing };
using M = theater::host::Notation<State, Event, Action>;
inline constexpr auto kDoor = M::table({
    M::move(State::kShut, Event::kPush, State::kOpen, {Action::kRing}),
    M::ignore(State::kShut, Event::kPull),
    M::move(State::kOpen, Event::kPull, State::kShut),
    %s
});
"""
MISSING = "a_table_cell_is_missing_doubled_or_has_too_many_actions"
BINDING = """
#include "host/family.h"
#include "host/waiting.h"
using namespace theater;
struct Gauge : host::BoundInstance<Gauge> {
  using BoundInstance::BoundInstance;
  host::Outcome set(std::uint64_t) { return {}; }
  void perform_set(std::uint64_t) {}
  std::uint64_t level() { return 0; }
  host::Wait<host::Data> check(std::uint64_t) { return std::nullopt; }
  void wait(host::Ticket&, std::uint64_t) {}
  host::WaitBook& wait_book();
};
void bind(host::Binding<Gauge>& binding) { %s; }
"""
QUEUE = """
#include "host/event_queue.h"
using namespace theater;
host::EventQueue make(host::QueueUser& user, actor::ActorPort& port, io::Clock& clock) {
  return host::EventQueue(%s);
}
"""
CODE = """
#include "host/guest_error.h"
theater::host::GuestCode code() { return %s; }
"""
IGNORED = """
#include "base/result.h"
theater::%s act();
void run() { %%s; }
"""
# What it is about, the code, what is right there, what is wrong there, what the compiler says.
CASES = [
    ("a cell that is missing", TABLE, "M::ignore(State::kOpen, Event::kPush),", "", MISSING),
    ("a cell that is there twice", TABLE, "M::ignore(State::kOpen, Event::kPush),",
     "M::ignore(State::kOpen, Event::kPush), M::ignore(State::kOpen, Event::kPush),", MISSING),
    ("an effect that answers something else", BINDING,
     'binding.effect<&Gauge::set, &Gauge::perform_set>("set", chain::OutputClass::kWrite)',
     'binding.effect<&Gauge::level, &Gauge::perform_set>("set", chain::OutputClass::kWrite)',
     "an effect returns void, bool, Outcome or Started"),
    ("a wait that nobody can answer", BINDING,
     'binding.wait<&Gauge::check, &Gauge::wait>("get-wait")',
     'binding.wait<&Gauge::check, &Gauge::perform_set>("get-wait")',
     "who performs a wait takes a Ticket& first"),
    ("a queue without bounds", QUEUE,
     '{"a", host::QueuePolicy::kPause, {1, 1, 0}}, user, port, clock', "user, port, clock",
     "no matching constructor"),
    ("an error code beside the list", CODE, "theater::host::GuestCode::kDenied",
     "theater::host::GuestCode::kOther", "no member named 'kOther'"),
    ("a Status that nobody looks at", IGNORED % "Status", "(void)act()", "act()",
     "ignoring return value"),
    ("a Result that nobody looks at", IGNORED % "Result<int>", "if (!act()) return", "act()",
     "ignoring return value"),
    ("a call into the guest by a family", """
#include "actor/host_port.h"
void tell(theater::actor::ActorPort& actor) { %s; }
""", "actor.events_ready()", 'actor.call("handle-events")', "no member named 'call'"),
]


class CompileFailTest(unittest.TestCase):

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def compiler(self):
        database = json.loads((BUILD / "compile_commands.json").read_text())
        entry = next(each for each in database if each["file"] == str(MODEL))
        words = shlex.split(entry["command"])
        if Path(words[0]).name == "ccache":
            words = words[1:]
        return [*words[:words.index("-o")], "-fsyntax-only"], entry["directory"]

    def compile(self, name, code):
        words, directory = self.compiler()
        source = self.folder / f"{name}.cc"
        source.write_text(code)
        return subprocess.run([*words, "-c", source], cwd=directory, capture_output=True, text=True,
                              check=False, timeout=120)

    def test_what_must_not_compile_does_not(self):
        jobs = {}
        with ThreadPoolExecutor(2) as pool:
            for number, (_, code, right, wrong, _) in enumerate(CASES):
                jobs[number] = (pool.submit(self.compile, f"right{number}", code % right),
                                pool.submit(self.compile, f"wrong{number}", code % wrong))
        for number, (what, _, _, _, says) in enumerate(CASES):
            with self.subTest(case=what):
                right, wrong = (job.result() for job in jobs[number])
                self.assertEqual(right.returncode, 0, right.stderr[-3000:])
                self.assertNotEqual(wrong.returncode, 0)
                self.assertIn(says, wrong.stderr)
        print(f"{len(CASES)} mistakes do not compile")

    def test_no_family_reaches_the_guest(self):
        """It knows of its actor what actor/host_port.h says, and includes nothing that calls."""
        ports = {"host_port.h", "family_info.h", "operation_port.h", "settings.h",
                 "units.h"}
        values = re.compile(r"(binary|binary_reader|binary_writer|codec|typed|type|utf8|value)\.h")
        looked_at = 0
        for room in ("host", "hosts"):
            for path in (ROOT / "src" / room).rglob("*.*"):
                if path.suffix not in (".h", ".cc") or self.is_test(path):
                    continue
                text = path.read_text()
                looked_at += 1
                self.assertLessEqual(set(re.findall(r'#include "actor/(\w+\.h)"', text)), ports,
                                     path)
                for header in re.findall(r'#include "wasm/(\w+\.h)"', text):
                    self.assertTrue(values.fullmatch(header), f"{path}: wasm/{header}")
        self.assertGreater(looked_at, 150)
        print(f"{looked_at} files of families and their kit know no way to a guest")

    @staticmethod
    def is_test(path):
        return (path.stem.endswith(("_test", "_fixture", "_actor")) or path.stem.startswith("fake_")
                or {"conformance", "testing"} & set(path.parts))


if __name__ == "__main__":
    support.main()
