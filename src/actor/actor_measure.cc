// Actor::Core measured: what it counts, for whoever watches the node.
#include <numeric>

#include "actor/actor_core.h"

namespace theater::actor {

Actor::Core::Trouble& Actor::Core::trouble() {
  if (!trouble_) trouble_ = std::make_unique<Trouble>();
  return *trouble_;
}

ActorFigures Actor::Core::measure() const {
  ActorFigures figures{.name = identity_.name, .own = {}, .families = {}};
  Figures& own = figures.own;
  own.counter({"actor_events_total", "Events in the actor's chain."},
              journal_.chain().head().next.value);
  own.counter({"actor_invocations_total", "Calls of the guest since the node started."},
              counts_.invocations);
  own.counter({"actor_commits_total", "Invocations that committed since the node started."},
              counts_.commits);
  for (std::size_t i = 0; i < kTrapReasons; ++i) {
    own.add({"actor_failures_total", "Invocations that failed since the node started.",
             FigureKind::kCounter, trouble_ ? static_cast<double>(trouble_->failures[i]) : 0,
             "reason", chain::trap_reason_name(static_cast<chain::TrapReason>(i))});
  }
  own.counter({"actor_restarts_total", "Restarts by supervision since the node started."},
              counts_.restarts);
  own.gauge({"actor_state_bytes", "Size of the actor's state."},
            static_cast<double>(state_.bytes().size()));
  const std::uint64_t log_max = manifest().limits.log_max;
  own.gauge({"actor_log_bytes", "Bytes of its events in the log."},
            static_cast<double>(journal_.chain().head().bytes));
  own.gauge({"actor_log_bytes_max", "limits.log_max; 0 if there is none."},
            log_max == kNoLogMax ? 0 : static_cast<double>(log_max));
  own.gauge({"actor_log_spent", "1 if its log is used up: it takes nothing new."},
            is_log_spent() ? 1 : 0);
  own.gauge({"actor_instance_live", "1 if a WebAssembly instance is held."},
            has_instance() ? 1 : 0);
  own.gauge({"actor_running", "1 if it takes events: neither starting, stopping nor ended."},
            phase_ == Phase::kRunning ? 1 : 0);
  own.gauge({"actor_redeliveries_waiting", "Batches of events that wait to be delivered again."},
            static_cast<double>(parcels_.size()));
  families_.measure(figures.families);
  return figures;
}

void Families::measure(std::vector<ActorFigures::Part>& parts) const {
  for (const auto& [family, instance, called] : members_) {
    ActorFigures::Part part{instance->info().name, {}};
    instance->measure(part.figures);
    parts.push_back(std::move(part));
  }
}

std::size_t Families::list_requests(std::vector<RequestView>& views, std::size_t most) const {
  std::size_t more = 0;
  for (const auto& member : members_) more += member.instance->list_requests(views, most);
  return more;
}

ActorStatus Actor::Core::status() const {
  ActorStatus status;
  status.identity = identity_;
  status.phase = phase_;
  status.next_seq = journal_.chain().head().next;
  status.head = journal_.chain().head().last;
  status.head_lsn = journal_.last();
  status.state_root = state_.root();
  status.state_bytes = state_.bytes().size();
  status.log_bytes = journal_.chain().head().bytes;
  status.invocations = counts_.invocations;
  status.commits = counts_.commits;
  status.restarts = counts_.restarts;
  if (trouble_) {
    status.failures = std::reduce(trouble_->failures.begin(), trouble_->failures.end());
    status.last_error = trouble_->last_error;
  }
  status.has_instance = has_instance();
  status.census = families_.census();
  return status;
}

void Actor::Core::list_operations(std::vector<OperationView>& views) const {
  families_.operations().list(views);
  if (!is_invoking() || !work_->invocation.request()) return;
  const Invocation& invocation = work_->invocation;
  const ImportTarget& asked = invocation.request_target();
  OperationView view;
  view.what = OperationView::What::kWait;
  view.id = OperationId{invocation.request()->value};
  view.family = program().families()[asked.family];
  view.function = asked.function;
  view.arguments = invocation.request_arguments();
  view.status.phase = OperationPhase::kRunning;
  view.since = work_->suspended;
  view.deadline = view.since + call_time_max();
  views.push_back(std::move(view));
}

}  // namespace theater::actor
