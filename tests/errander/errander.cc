// A guest that runs errands as it hears: "run WHAT", "fetch WHAT", "cancel ID", "more ID N",
// "status ID", "pending", "collect ID", "err", "trap". What comes of it is appended to its state,
// a text.
#include <charconv>
#include <string>
#include <string_view>

#include "theater/actor.h"
#include "theater/operation.h"
#include "theater/text.h"

namespace errand = theater::test::errand;
namespace errand_types = theater::test::errand_types;

struct State {
  std::string log;
};

class Errander : public theater::Actor<State>, public theater::test::errand_handler::Guest {
  theater::StateResult handle_events(theater::BytesView bytes,
                                     theater::wit::List<errand_types::Event> events) override {
    return invoke(bytes, events, [this](const auto& event) { take(event); });
  }

  void take(const errand_types::Event& event) {
    using Tag = errand_types::Payload::Tag;
    switch (event.payload.tag) {
      case Tag::kPart:
        return note(event.id, " part ", text(event.payload.part));
      case Tag::kHeard:
        return obey(event.payload.heard);
      case Tag::kEnded:
        return note(event.id, " ended ", outcome(event.payload.ended));
    }
  }

  void obey(std::string_view line) {
    const std::string_view command = word(line);
    if (command == "run") {
      const auto started = errand::run(line);
      if (started.ok()) {
        note("run ", *started);
      } else {
        note("run refused ", static_cast<int>(started.error().code));
      }
    } else if (command == "fetch") {
      note("fetch ", outcome(errand::fetch_wait(line)));
    } else if (command == "err") {
      fail("as asked");
    } else if (command == "trap") {
      __builtin_trap();
    } else {
      ask(command, line);
    }
  }

  void ask(std::string_view command, std::string_view line) {
    const theater::Operation operation(number(line));
    if (command == "cancel") note("cancel ", operation.cancel().ok());
    if (command == "more")
      note("more ", operation.more(static_cast<std::uint32_t>(number(line))).ok());
    if (command == "collect") note("collect ", outcome(operation.collect(0, 100)));
    if (command == "pending") note("pending ", theater::pending_operations().size());
    if (command != "status") return;
    const auto status = operation.status();
    if (!status.ok()) return note("status unknown");
    note("status ", static_cast<int>(status->phase), " ", status->bytes);
  }

  static std::string outcome(const theater::actor::types::Data& data) {
    if (data.ok()) return std::string(text(*data));
    return theater::concat("error ", static_cast<int>(data.error().code));
  }
  static std::string_view text(theater::BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  static std::string_view word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view first = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return first;
  }
  static std::uint64_t number(std::string_view& line) {
    const std::string_view digits = word(line);
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
  template <class... Parts>
  void note(const Parts&... parts) {
    state().log += theater::concat(parts..., ";");
  }
};
THEATER_ACTOR(Errander)
