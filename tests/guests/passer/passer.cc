// Reads the first words of each visitor and hands it to the actor that `params` names, with them as
// note. Whoever takes one over sends back what it says.
#include <limits>
#include <string>

#include "theater/tcp.h"
#include "theater/text.h"

struct State {
  std::string next;
};

class Passer : public theater::Actor<State>, public theater::TcpHandler {
  void on_init(theater::BytesView params) override {
    state().next = std::string(theater::as_text(params));
  }

  void on_tcp_opened(theater::TcpConnection visitor, std::string_view) override { visitor.once(); }
  void on_tcp_handed(theater::TcpConnection visitor, const theater::TcpHanding& handing) override {
    visitor.send(theater::concat(handing.sender, " says: ", theater::as_text(handing.note)));
    visitor.active(std::numeric_limits<std::uint32_t>::max());
  }
  void on_tcp_data(theater::TcpConnection visitor, theater::BytesView data) override {
    if (state().next.empty()) {
      if (!visitor.send(data)) visitor.close();
      return;
    }
    visitor.send("a moment. ");
    const auto moving = visitor.transfer(state().next, theater::as_text(data));
    if (!moving) visitor.close();
  }
  void on_tcp_transferred(theater::TcpConnection visitor,
                          const theater::Outcome& outcome) override {
    if (outcome) return;
    visitor.send(outcome.error().message);
    visitor.close();
  }
  void on_tcp_end(theater::TcpConnection visitor) override { visitor.close(); }
};

THEATER_ACTOR(Passer)
