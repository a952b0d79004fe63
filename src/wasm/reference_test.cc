// The Component Model's own reference tests hold, as far as they are of synchronous components.
#include <fstream>
#include <sstream>

#include "wasm/testing/guest_kit.h"
#include "wasm/testing/wast.h"

namespace theater::wasm {
namespace {

using testing::Form;
using testing::FormSpan;
using testing::Guest;

/// Assertions that held, and forms left out because their component is refused.
struct Tally {
  int held = 0;
  int refused = 0;
  bool operator==(const Tally&) const = default;
};
void PrintTo(const Tally& tally, std::ostream* out) {
  *out << tally.held << " held, " << tally.refused << " refused";
}

class Script {
 public:
  Tally run(const std::string& source) {
    for (const Form& form : testing::FormReader(source).all()) {
      SCOPED_TRACE(form.text.substr(0, 200));
      run_form(form);
    }
    return tally_;
  }

 private:
  void run_form(const Form& form) {
    if (form.is("component")) {
      run_component(form);
    } else if (form.is("assert_invalid") || form.is("assert_malformed")) {
      Guest guest(form.items[1].text);
      EXPECT_EQ(guest.component, nullptr);
      ++tally_.held;
    } else if (form.is("assert_trap") && form.items[1].is("component")) {
      Guest guest(form.items[1].text);
      EXPECT_NE(guest.open(), "");
      ++tally_.held;
    } else if (form.is("assert_return") || form.is("assert_trap")) {
      run_call(form);
    } else {
      ADD_FAILURE() << "unknown form";
    }
  }

  /// (component ...), (component definition $name ...) or (component instance $i $name).
  void run_component(const Form& form) {
    const std::string& word = form.items.size() > 1 ? form.items[1].text : form.items[0].text;
    if (word == "definition") {
      const std::string& name = form.items[2].text;
      std::string text = form.text;
      text.erase(text.find("definition"), std::string_view("definition").size());
      definitions_[name.starts_with('$') ? name : ""] = text;
      return;
    }
    if (word == "instance") {
      const std::string name = form.items.size() > 3 ? form.items[3].text : "";
      open(definitions_.at(name));
    } else {
      open(form.text);
    }
  }

  void open(const std::string& text) {
    guest_ = std::make_unique<Guest>(text);
    if (guest_->component == nullptr && guest_->error.code == Code::kUnsupported) {
      guest_.reset();
      ++tally_.refused;
      return;
    }
    EXPECT_EQ(guest_->open(), "");
  }

  void run_call(const Form& form) {
    if (!guest_) {
      ++tally_.refused;
      return;
    }
    const Form& action = form.items[1];
    ASSERT_TRUE(action.is("invoke"));
    if (!guest_->instance->is_alive()) EXPECT_EQ(guest_->open(), "");
    std::vector<std::string> arguments;
    for (const Form& argument : FormSpan(action.items).subspan(2)) {
      arguments.push_back(testing::wave_of(argument.items));
    }
    const std::string answer = guest_->call(action.items[1].text, arguments);
    if (form.is("assert_trap")) {
      EXPECT_TRUE(answer.starts_with("trap ")) << answer;
    } else if (form.items.size() == 2) {
      EXPECT_EQ(answer, "-");
    } else {
      EXPECT_EQ(answer, canonical(form.items[2]));
    }
    ++tally_.held;
  }

  /// A constant as the result type prints it.
  std::string canonical(const Form& constant) {
    const Type& type = *guest_->component->exports()[guest_->current].type.result;
    const Result<Value> value = from_wave(testing::wave_of(constant.items), type);
    return value ? to_wave(*value, type) : value.error().message;
  }

  std::map<std::string, std::string> definitions_;
  std::unique_ptr<Guest> guest_;
  Tally tally_;
};

struct Expected {
  const char* file;
  Tally tally;
};
void PrintTo(const Expected& expected, std::ostream* out) { *out << expected.file; }

class Reference : public ::testing::TestWithParam<Expected> {};

TEST_P(Reference, Holds) {
  const std::string path = std::string(THEATER_REFERENCE_TESTS "/") + GetParam().file + ".wast";
  std::stringstream source;
  source << std::ifstream(path).rdbuf();
  EXPECT_EQ(Script().run(source.str()), GetParam().tally);
}

INSTANTIATE_TEST_SUITE_P(
    ComponentModel, Reference,
    ::testing::Values(Expected{"values/alignment", {9, 0}}, Expected{"values/concat", {35, 10}},
                      Expected{"values/numerics", {16, 0}}, Expected{"values/post-return", {3, 61}},
                      Expected{"values/realloc", {6, 0}}, Expected{"values/strings", {9, 0}},
                      Expected{"values/transcode", {5, 0}}, Expected{"values/variants", {4, 5}},
                      Expected{"resources/borrows", {2, 0}},
                      Expected{"resources/handle-table", {14, 0}},
                      Expected{"resources/multiple-resources", {1, 0}},
                      Expected{"linking/link-time-virtualization", {7, 0}},
                      Expected{"linking/shared-everything-dynamic-linking", {12, 0}},
                      Expected{"linking/unit", {180, 0}}));

}  // namespace
}  // namespace theater::wasm
