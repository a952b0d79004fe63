// Actor::Core ending: stop, kill, restart after a failure, eviction.
#include <algorithm>
#include <utility>

#include "actor/actor_core.h"
#include "actor/limits.h"
#include "base/check.h"
#include "base/probe.h"

namespace theater::actor {

void Actor::Core::stop(EndReason reason) {
  if (is_ended() || phase_ == Phase::kStopping) return;
  phase_ = Phase::kStopping;
  families_.expect_stop(reason);
  cancel(backoff_timer_);
  grace_timer_ = shard_.ports().executor.after(kStopGrace, [this] {
    grace_timer_ = {};
    kill();
  });
  shard_.run_queue().add(*this);
}

void Actor::Core::kill() {
  if (is_ended()) return;
  families_.stop(StopMode::kKill);
  if (is_ended()) return;  // a last record failed
  if (is_invoking()) {
    PROBE("actor: killed in the middle of an invocation");
    const Status closed = work_->invocation.interrupt("the actor was killed");
    families_.settle(Settlement::kDiscarded, work_->invocation.effects(), {});
    static_cast<void>(closed);  // the next start closes it if the log could not
  }
  families_.forget_pending();
  finish(Phase::kStopped);
}

void Actor::Core::drain_families() {
  if (std::exchange(is_draining_, true)) return;
  families_.stop(StopMode::kDrain);
  shard_.run_queue().add(*this);  // events that waited may be taken now
}

/// The next step of a stop, if nothing holds it up any more; drained() and the gate call again.
/// First what the guest was told and answers gets out, then the families stop.
void Actor::Core::finish_stop() {
  if (!is_draining_) {
    if (!families_.has_pending()) drain_families();
    return;
  }
  if (!families_.census().is_empty() || families_.has_pending() || has_work()) return;
  finish(Phase::kStopped);
}

/// The actor cannot go on. What it was doing is closed by the next start.
void Actor::Core::fault(Error error) {
  if (is_ended()) return;
  trouble().last_error = error.message;
  trouble().fault = std::move(error);
  if (!shard_.ports().log.failed()) families_.expect_stop(EndReason::kFault);
  families_.stop(StopMode::kKill);
  if (is_ended()) return;  // a last record failed
  if (!shard_.ports().log.failed() && is_invoking()) {
    static_cast<void>(work_->invocation.interrupt(trouble_->last_error));
  }
  if (work_) families_.settle(Settlement::kDiscarded, work_->invocation.effects(), {});
  finish(Phase::kFailed);
}

void Actor::Core::finish(Phase phase) {
  CHECK(families_.census().is_empty(), "END-1");
  const std::optional<Error> fault = trouble_ ? trouble_->fault : std::nullopt;
  if (!shard_.ports().log.failed()) {
    const auto step =
        phase == Phase::kStopped ? chain::LifecycleStep::kStop : chain::LifecycleStep::kCrash;
    static_cast<void>(record_lifecycle(step, 0, fault ? fault->message : ""));
  }
  phase_ = phase;
  if (work_) work_->instance.reset();
  cancel(idle_timer_);
  cancel(backoff_timer_);
  cancel(grace_timer_);
  cancel(retry_timer_);
  shard_.run_queue().remove(*this);
  if (const auto beginning = std::move(beginning_); beginning && beginning->on_started) {
    beginning->on_started(
        fault ? Status(std::unexpected(*fault))
              : fail(Code::kCancelled, "{} was stopped before it ran", identity_.name));
  }
  if (on_ended_) std::exchange(on_ended_, {})();
}

void Actor::Core::restart(const InvocationEnd& end) {
  const Supervision& rule = manifest().supervision;
  const MonotonicTime now = shard_.ports().clock.now();
  std::vector<MonotonicTime>& restarts = trouble().restarts;
  std::erase_if(restarts, [&](MonotonicTime past) { return now - past > rule.window; });
  if (restarts.size() >= rule.intensity) {
    PROBE("actor: failed too often");
    fault({Code::kFull, fmt::format("failed {} times within the supervision window; the last: {}",
                                    restarts.size() + 1, end.text)});
    return;
  }
  const auto doublings = std::min<std::size_t>(restarts.size(), 20);
  const Nanoseconds pause =
      std::min<Nanoseconds>(rule.backoff_max, rule.backoff_min * (1ll << doublings));
  restarts.push_back(now);
  PROBE("actor: restarts after a failure");
  ++counts_.restarts;
  const Status recorded = record_lifecycle(chain::LifecycleStep::kRestart, restarts.size());
  if (!recorded) {
    fault(recorded.error());
    return;
  }
  drop_instance(chain::ActivateReason::kRestarted);
  phase_ = Phase::kRestarting;
  backoff_timer_ = shard_.ports().executor.after(pause, [this] {
    backoff_timer_ = {};
    resume_after_backoff();
  });
}

/// A start that a failure held up is one still: inputs of the run before it may be left.
void Actor::Core::resume_after_backoff() {
  phase_ = beginning_ ? Phase::kStarting : Phase::kRunning;
  shard_.run_queue().add(*this);
}

void Actor::Core::evict() {
  if (!has_instance() || is_invoking()) return;
  drop_instance(chain::ActivateReason::kEvicted);
  close_workshop();
}

void Actor::Core::drop_instance(chain::ActivateReason next) {
  if (work_) work_->instance.reset();
  next_activation_ = next;
  cancel(idle_timer_);
}

/// Looks once an idle span whether anything ran in it, so that an invocation costs no timer.
void Actor::Core::arm_idle_timer() {
  cancel(idle_timer_);
  invocations_at_arm_ = counts_.invocations;
  idle_timer_ = shard_.ports().executor.after(manifest().limits.idle, [this] {
    idle_timer_ = {};
    if (!has_instance()) return;
    if (counts_.invocations == invocations_at_arm_ && !is_invoking()) {
      evict();
    } else {
      arm_idle_timer();
    }
  });
}

void Actor::Core::cancel(io::TimerId& timer) {
  if (timer != io::TimerId{}) shard_.ports().executor.cancel(timer);
  timer = {};
}

}  // namespace theater::actor
