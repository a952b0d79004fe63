// Shelf: reads without files.
#include "sim/shelf.h"

#include "base/check.h"

namespace theater::sim {
namespace {

constexpr std::string_view kBook = "shelf/book";
constexpr std::uint64_t kReadMs = 40;

}  // namespace

host::Binding<Shelf> Shelf::bind() {
  host::Binding<Shelf> binding;
  binding.wait<&Shelf::check_read, &Shelf::read>("read-wait").repeatable();
  host::describe<host::Outcome>(binding.info(), "filesystem", actor::HandlerNeed::kOptional);
  return binding;
}

Shelf::Shelf(const Setup& setup, const host::Context& context)
    : WaitingInstance(setup.binding, context),
      ticker_(setup.ticker),
      chance_(setup.chance),
      executor_(context.services.executor),
      actor_(context.actor) {}

Shelf::~Shelf() { CHECK(!timer_, "END-1"); }

host::Wait<host::Data> Shelf::check_read(std::string_view path, std::uint64_t, std::uint32_t) {
  ticker_.on_host_call();
  if (path == kBook) return std::nullopt;
  return host::Data(host::refuse(host::GuestCode::kDenied, "no file {} is granted", path));
}

void Shelf::read(host::Ticket& ticket, std::string_view, std::uint64_t, std::uint32_t most) {
  const auto pause = Milliseconds(static_cast<std::int64_t>(chance_.below(kReadMs)));
  const std::uint64_t bytes = chance_.below(most + std::uint64_t{1});
  timer_ = executor_.after(pause, [this, bytes, number = ticket.value] {
    timer_.reset();
    answer<&Shelf::check_read>(number, host::Data(Bytes(bytes, 'b')));
  });
}

void Shelf::on_wait_over(std::uint64_t) {
  if (timer_) executor_.cancel(*timer_);
  timer_.reset();
}

void Shelf::stop(actor::StopMode mode) {
  interrupt_waits();
  if (mode == actor::StopMode::kDrain) actor_.drained();
}

actor::Census Shelf::census() const {
  actor::Census census;
  census.operations = waits();
  census.timers = timer_ ? 1 : 0;
  return census;
}

}  // namespace theater::sim
