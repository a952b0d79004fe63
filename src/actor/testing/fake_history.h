// FakeHistory: what a restart and a replay read of a FakeLog, as far as it is durable.
#pragma once

#include <map>
#include <vector>

#include "actor/testing/fake_log.h"
#include "store/actor_history.h"

namespace theater::actor::testing {

/// The events with an lsn up to `durable`, as if the node had died then.
class FakeHistory final : public store::ActorHistory {
 public:
  FakeHistory(const FakeLog& log, Lsn durable) {
    for (const store::StoredEvent& event : log.events()) {
      if (event.lsn <= durable) events_.push_back(event);
      if (event.lsn <= durable) bytes_[event.record.link.actor] += log.size_of(event);
      if (event.lsn <= durable && event.record.kind == chain::Kind::kGenesis) add_actor(event);
    }
  }

  const std::vector<store::ActorSummary>& actors() const override { return actors_; }
  const std::optional<store::ActorSummary>& node() const override { return node_; }
  const store::ActorSummary* find(const ActorId& actor) const override {
    for (const store::ActorSummary& summary : actors_) {
      if (summary.actor == actor) return &summary;
    }
    return nullptr;
  }
  Result<store::ActorImage> take_image(const ActorId& actor) override {
    store::ActorImage image;
    image.summary = *find(actor);
    for (const store::StoredEvent& event : events_) {
      const chain::Record& record = event.record;
      if (record.link.actor != actor) continue;
      image.summary.head = {actor, record.link.seq.next(), event.leaf, record.link.time_us,
                            bytes_.at(actor)};
      image.summary.head_lsn = event.lsn;
      if (record.kind == chain::Kind::kUpgrade) {
        image.summary.current = std::get<chain::GenesisBody>(record.body);
        image.summary.manifest = event.payloads[0].bytes;
      }
      if (event.delta) TRY_OK(image.state.apply(*event.delta));
      image.events.push_back(event);
    }
    return image;
  }
  Result<store::FoundSnapshot> find_snapshot(const ActorId&, Seq) override {
    return store::FoundSnapshot{};
  }
  Status for_each(const Range& range, const Visitor& visit) override {
    for (const store::StoredEvent& event : events_) {
      const Seq seq = event.record.link.seq;
      if (range.actor && event.record.link.actor != *range.actor) continue;
      if (seq < range.from || (range.to && seq > *range.to)) continue;
      TRY(const Visit next, visit(event));
      if (next == Visit::kStop) break;
    }
    return {};
  }
  Result<store::StateTree> state_at(const ActorId& actor, std::optional<Seq>) override {
    TRY(auto image, take_image(actor));
    return std::move(image.state);
  }
  /// The test's hand: changes what was recorded.
  std::vector<store::StoredEvent>& events() { return events_; }

 private:
  void add_actor(const store::StoredEvent& event) {
    store::ActorSummary summary;
    summary.actor = event.record.link.actor;
    summary.genesis = summary.current = std::get<chain::GenesisBody>(event.record.body);
    summary.manifest = event.payloads[0].bytes;
    actors_.push_back(std::move(summary));
  }

  std::vector<store::StoredEvent> events_;
  std::map<ActorId, std::uint64_t> bytes_;
  std::vector<store::ActorSummary> actors_;
  std::optional<store::ActorSummary> node_;
};

}  // namespace theater::actor::testing
