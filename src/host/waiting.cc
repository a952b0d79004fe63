// WaitBook: one wait, one answer.
#include "host/waiting.h"

#include "base/check.h"
#include "base/probe.h"

namespace theater::host {

WaitBook::~WaitBook() { CHECK(!open_, "END-1"); }

std::optional<Ticket> WaitBook::open(const actor::Effect& effect, Refusal refusal) {
  CHECK(!open_, "SEQ-1");
  if (is_stopped_) {
    PROBE("waiting: a call was performed after the stop");
    actor_.answer_wait(effect.ticket,
                       refusal({GuestCode::kInterrupted, "", "the actor stops", {}}));
    return std::nullopt;
  }
  const Nanoseconds patience = actor_.call_time_max();
  open_ = {effect.ticket, refusal, services_.executor.after(patience, [this, patience] {
             const auto ms = std::chrono::duration_cast<Milliseconds>(patience).count();
             open_->timer = {};
             end({GuestCode::kDeadline, "", fmt::format("limits.deadline is {} ms", ms), {}});
           })};
  return Ticket{effect.ticket, effect.seq, services_.clock.now() + patience};
}

bool WaitBook::answer(std::uint64_t ticket, ByteSpan result) {
  if (!open_ || open_->ticket != ticket) {
    ++late_;
    return false;
  }
  if (open_->timer != io::TimerId{}) services_.executor.cancel(open_->timer);
  open_.reset();
  actor_.answer_wait(ticket, result);
  return true;
}

/// The family lets go first: an answer that cannot be recorded ends the actor, and with it all that
/// its families hold.
void WaitBook::end(const GuestError& why) {
  const Open over = *std::exchange(open_, std::nullopt);
  if (over.timer != io::TimerId{}) services_.executor.cancel(over.timer);
  user_.on_wait_over(over.ticket);
  actor_.answer_wait(over.ticket, over.refusal(why));
}

void WaitBook::interrupt() {
  is_stopped_ = true;
  if (open_) end({GuestCode::kInterrupted, "", "the actor stops", {}});
}

}  // namespace theater::host
