// Metrics: questions to shards, answers, the page.
#include "node/metrics.h"

#include <algorithm>

namespace theater::node {
namespace {

double seconds_of(Nanoseconds span) { return std::chrono::duration<double>(span).count(); }

void add_log(MetricsText& text, const chain::LogWriter& log, MonotonicTime now) {
  const chain::LogCounters counters = log.counters();
  actor::Figures figures;
  figures.counter({"chain_durable_lsn", "Every event up to this number survives a power cut."},
                  log.durable().value);
  figures.counter({"chain_events_total", "Events made durable since the node started."},
                  counters.events);
  figures.counter({"chain_batches_total", "Batches made durable since the node started."},
                  counters.batches);
  figures.gauge({"chain_undurable_bytes", "Bytes that wait for the disk."},
                static_cast<double>(log.undurable_bytes()));
  figures.gauge({"chain_undurable_events", "Events that wait for the disk."},
                static_cast<double>(counters.undurable_events));
  figures.gauge({"chain_sync_under_way_seconds", "How long the sync under way takes already."},
                counters.sync_begun ? seconds_of(now - *counters.sync_begun) : 0);
  figures.gauge({"chain_failed", "1 if the log has failed: the node ends."}, log.failed() ? 1 : 0);
  const auto state = log.disk_state();
  const auto add_state = [&](std::string_view name, chain::DiskState which) {
    figures.add({"chain_disk_state", "1 at the state the disk is in.", actor::FigureKind::kGauge,
                 state == which ? 1.0 : 0.0, "state", name});
  };
  add_state("good", chain::DiskState::kGood);
  add_state("soft", chain::DiskState::kSoft);
  add_state("hard", chain::DiskState::kHard);
  text.add(figures, {});

  MetricsText::Histogram syncs{"chain_sync_seconds",
                               "How long making a batch durable took.",
                               {},
                               counters.syncs.back(),
                               seconds_of(counters.sync_time)};
  for (std::size_t i = 0; i < chain::kSyncBounds.size(); ++i) {
    syncs.buckets.emplace_back(seconds_of(chain::kSyncBounds[i]), counters.syncs[i]);
  }
  text.add(syncs);
}

}  // namespace

void Metrics::page(std::move_only_function<void(const std::string& page)> done) {
  waiting_.push_back(std::move(done));
  if (waiting_.size() > 1) return;
  deadline_ = parts_.control.after(kMeasureDeadline, [this] {
    deadline_.reset();
    finish();
  });
  for (std::size_t index = 0; index < shards_.size(); ++index) ask(index);
}

void Metrics::ask(std::size_t index) {
  Watched& watched = *shards_[index];
  watched.answer.reset();
  if (watched.is_asked) return;
  watched.is_asked = true;
  watched.shard.executor().post([this, index, asked = parts_.clock.now()] {
    Answer answer;
    answer.own.gauge({"shard_loop_lag_seconds", "How long a task waited for its turn."},
                     seconds_of(parts_.clock.now() - asked));
    go_on(index, std::move(answer));
  });
}

/// On the shard: a slice of the actors, then the rest behind the shard's other work.
void Metrics::go_on(std::size_t index, Answer answer) {
  ShardThread& shard = shards_[index]->shard;
  const auto& actors = shard.actors();
  const std::size_t all = std::min(actors.size(), kActorsMeasuredMax);
  const std::size_t end = std::min(all, answer.actors.size() + kActorsAtOnce);
  for (std::size_t i = answer.actors.size(); i < end; ++i) {
    answer.actors.push_back(actors[i]->measure());
  }
  if (answer.actors.size() < all) {
    shard.executor().post(
        [this, index, answer = std::move(answer)]() mutable { go_on(index, std::move(answer)); });
    return;
  }
  measure(shard, answer);
  parts_.control.post(
      [this, index, answer = std::move(answer)]() mutable { take(index, std::move(answer)); });
}

/// On the shard.
void Metrics::measure(ShardThread& shard, Answer& answer) {
  const auto gauge = [&](std::string_view name, std::string_view help, std::size_t value) {
    answer.own.gauge({name, help}, static_cast<double>(value));
  };
  gauge("shard_run_queue_depth", "Actors that wait for their turn.",
        shard.shard().run_queue().size());
  gauge("shard_overloaded", "1 if mailboxes wait for the disk.",
        shard.shard().is_overloaded() ? 1 : 0);
  gauge("shard_actors", "Actors that live here.", shard.actors().size());
  gauge("shard_actors_unmeasured", "Actors without figures of their own on this page.",
        shard.actors().size() - answer.actors.size());
  const chain::ShardQueueCounters queue =
      shard.shard().ports().log.queue_counters(shard.shard().ports().index);
  gauge("log_queue_bytes", "Bytes between the shard and the log's thread.", queue.bytes);
  gauge("log_queue_high_water_bytes", "The most of them that were taken at once.",
        queue.high_water_bytes);
  answer.own.counter({"log_queue_refused_total", "Events that found no room there."},
                     queue.refused);
  gauge("gate_pending", "Invocations whose outputs wait for the disk.",
        shard.shard().gate().size());
}

void Metrics::add_queues(MetricsText& text) const {
  for (const auto& [name, read] : queues_) {
    const io::QueueFigures queue = read();
    actor::Figures figures;
    figures.gauge({"node_queue_depth", "What waits in a queue between threads."},
                  static_cast<double>(queue.depth));
    figures.gauge({"node_queue_high_water", "The most that has waited there."},
                  static_cast<double>(queue.high_water));
    figures.counter({"node_queue_in_total", "What was put there since the node started."},
                    queue.in);
    figures.counter({"node_queue_refused_total", "What found no room there."}, queue.refused);
    figures.gauge({"node_queue_oldest_age_seconds", "How long the oldest there waits."},
                  seconds_of(queue.oldest_age));
    text.add(figures, {{"queue", name}});
  }
}

void Metrics::take(std::size_t index, Answer answer) {
  Watched& watched = *shards_[index];
  watched.is_asked = false;
  if (waiting_.empty()) return;  // too late for its page
  watched.answer = std::move(answer);
  const bool is_whole =
      std::ranges::all_of(shards_, [](const auto& each) { return each->answer.has_value(); });
  if (is_whole) finish();
}

void Metrics::finish() {
  if (deadline_) parts_.control.cancel(*deadline_);
  deadline_.reset();
  const std::string page = render();
  for (auto& done : std::exchange(waiting_, {})) done(page);
}

std::string Metrics::render() const {
  MetricsText text;
  add_log(text, parts_.log, parts_.clock.now());
  add_queues(text);
  for (std::size_t index = 0; index < shards_.size(); ++index) {
    const std::string shard = std::to_string(index);
    const auto& answer = shards_[index]->answer;
    text.add({"shard_answered", "0 if the shard was too busy to be measured in time.",
              actor::FigureKind::kGauge, answer ? 1.0 : 0.0},
             {{"shard", shard}});
    if (!answer) continue;
    text.add(answer->own, {{"shard", shard}});
    for (const actor::ActorFigures& actor : answer->actors) {
      text.add(actor.own, {{"actor", actor.name}});
      for (const auto& part : actor.families) {
        text.add(part.figures, {{"actor", actor.name}, {"family", part.family}});
      }
    }
  }
  return text.text();
}

}  // namespace theater::node
