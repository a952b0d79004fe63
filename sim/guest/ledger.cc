// The guest of the simulation: a ledger that does as its messages say. Whatever an actor can do to
// its host, some message asks for. A message is words: a command, its arguments, and a number that
// makes it unlike every other.
//
//   add N ID       count it, add N to the sum, answer "ID SUM"
//   quiet N ID     the same without an answer
//   cast N ID      the same, answered to everybody
//   time ID        count it and answer the time
//   after MS ID    count it, set the timer "once-ID"
//   every MS ID    count it, set the periodic timer "beat"
//   cancel ID      count it, cancel "beat"
//   blob N ID      count it, make the padding N bytes that depend on the count
//   slow N ID      count it, make N calls, between which the host may take the thread away
//   boast N ID     count it, send 60 KB N times to a connection that is not there: all is recorded
//   close ID       count it, close the connection
//   run N ID       count it, run the program "program-N"
//   enough ID      count it, cancel the oldest program under way
//   read N ID      count it, wait for at most N bytes of a file, answer how many came
//   stop ID        count it, stop the actor
//   fail ID, trap ID, hang ID, burn ID   the invocation ends badly: by err, by a trap, by its
//                                        deadline, by its fuel
#include <charconv>
#include <string>
#include <string_view>

#include "theater/filesystem.h"
#include "theater/operation.h"
#include "theater/process.h"
#include "theater/runtime.h"
#include "theater/timer.h"
#include "theater/websocket_server.h"

struct State {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  std::uint64_t ticks = 0;
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  std::uint64_t heard = 0;  // bytes from programs
  std::uint64_t exits = 0;
  std::string padding;
};

class Ledger : public theater::Actor<State>,
               public theater::WebSocketServerHandler,
               public theater::TimerHandler,
               public theater::ProcessHandler {
  void on_open(theater::Connection, const theater::Opening&) override { ++state().opened; }

  void on_close(theater::Connection, const theater::Closing&) override { ++state().closed; }

  void on_tick(const theater::Tick& tick) override {
    state().ticks += 1 + tick.missed;
    theater::publish_text(theater::kEverybody, theater::concat("tick ", tick.name));
  }

  void on_output(std::uint64_t program, theater::BytesView bytes) override {
    state().heard += bytes.size();
    (void)theater::Operation(program).more(static_cast<std::uint32_t>(bytes.size()));
  }

  void on_exit(std::uint64_t, const Exit&) override { ++state().exits; }

  void on_binary(theater::Connection, theater::BytesView) override { fail("text only"); }

  void on_text(theater::Connection from, std::string_view text) override {
    const std::string_view command = word(text);
    if (ends_badly(from, command)) return;
    ++state().count;
    if (command == "add" || command == "quiet" || command == "cast") {
      return add(from, command, text);
    }
    if (command == "after" || command == "every" || command == "cancel") {
      return set_timer(command, text);
    }
    if (command == "blob") return pad(number(text));
    if (command == "slow") return be_slow(from, number(text));
    if (command == "boast") boast(number(text));
    if (command == "run") {
      (void)theater::process::spawn(theater::concat("program-", number(text)));
    }
    if (command == "enough") cancel_oldest();
    if (command == "read") read(from, text);
    if (command == "close") from.close(1000, "as asked");
    if (command == "stop") theater::stop();
    if (command == "time") {
      from.send_text(
          theater::concat(number(text), " ", static_cast<std::uint64_t>(theater::now().count())));
    }
  }

  void add(theater::Connection from, std::string_view command, std::string_view text) {
    state().sum += number(text);
    const std::string answer = theater::concat(number(text), " ", state().sum);
    if (command == "add") from.send_text(answer);
    if (command == "cast") theater::publish_text(theater::kEverybody, answer);
  }

  void set_timer(std::string_view command, std::string_view text) {
    if (command == "cancel") {
      theater::timer::cancel("beat");
      return;
    }
    const std::chrono::milliseconds span(number(text));
    if (command == "every") {
      theater::timer::every("beat", span);
    } else {
      theater::timer::after(theater::concat("once-", number(text)), span);
    }
  }

  void cancel_oldest() {
    const auto pending = theater::pending_operations();
    if (pending.size() > 0) (void)theater::Operation(pending[0]).cancel();
  }

  void read(theater::Connection from, std::string_view text) {
    const auto most = static_cast<std::uint32_t>(number(text));
    const auto read = theater::filesystem::read("shelf/book", 0, most);
    from.send_text(theater::concat(number(text), " ", read.ok() ? read->size() : 0));
  }

  void pad(std::uint64_t bytes) {
    state().padding.assign(bytes, static_cast<char>('a' + state().count % 26));
  }

  void be_slow(theater::Connection from, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) from.subscribe("slow");
  }

  static void boast(std::uint64_t times) {
    constexpr std::size_t kBytes = 60'000;
    const std::string text(kBytes, 'b');
    for (std::uint64_t i = 0; i < times; ++i) (void)theater::Connection(0).send_text(text);
  }

  bool ends_badly(theater::Connection from, std::string_view command) {
    if (command == "fail") fail("as asked");
    if (command == "trap") __builtin_trap();
    if (command == "hang") {
      while (true) (void)from.attachment();
    }
    if (command == "burn") {
      for (volatile std::uint64_t spent = 0;;) spent = spent + 1;
    }
    return command == "fail";
  }

  static std::string_view word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view first = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return first;
  }

  static std::uint64_t number(std::string_view& text) {
    const std::string_view digits = word(text);
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
};

THEATER_ACTOR(Ledger)
