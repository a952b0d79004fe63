// The node: start, run, stop.
#include "node/node.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <future>

#include "actor/units.h"
#include "base/check.h"
#include "chain/hash.h"
#include "host/rate_limit.h"
#include "host/watchdog.h"
#include "node/names.h"

namespace theater::node {

namespace {

constexpr Nanoseconds kDiskInterval = std::chrono::seconds(1);
constexpr std::size_t kWorkers = 3;             // threads for what blocks in families,
constexpr std::size_t kLongWorkers = 6;         // and for what blocks long
constexpr int kForcedExit = 130;                // as a shell reports an interrupted program
constexpr std::uint64_t kFailureLinesMax = 10;  // an actor and second

}  // namespace

/// One actor of this run. `actor` is set and used on its shard only; the rest is the node's.
struct Node::Member {
  LoadedActor loaded;
  ShardThread* shard = nullptr;
  std::unique_ptr<io::WorkerShare> long_work, work;  // its turns on the families' threads
  std::unique_ptr<host::Watchdog> watchdog;          // if it is wanted
  std::unique_ptr<hosts::ShardFamilies> families;    // over the shard's services
  actor::Actor* actor = nullptr;
  ActorId id;
  Seq next_seq;
  enum class Stage { kNotStarted, kStarting, kRunning, kEnded } stage = Stage::kNotStarted;
  bool is_new = false;
  host::RateLimit failure_lines{kFailureLinesMax};  // its shard's
};

Node::Node(io::FileSystem& files, const NodeOptions& options, const Voice& voice)
    : files_(files),
      options_(options),
      listener_(voice.listener),
      log_(voice.log),
      log_queue_(voice.log_queue) {}

Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::open(io::FileSystem& files, const NodeOptions& options,
                                         const Voice& voice) {
  std::unique_ptr<Node> node(new Node(files, options, voice));
  TRY(node->directory_, store::NodeDirectory::open(files, options.data_directory,
                                                   store::Create::kIfMissing, node->random_));
  TRY(node->loader_, Loader::create(files, node->hosts_,
                                    {.fuel = options.fuel,
                                     .compile_cache = node->directory_->layout().compile_cache()}));
  node->profile_ = chain::sha256(as_bytes(node->loader_->engine().determinism_profile()));
  return node;
}

Status Node::load(std::vector<actor::Manifest> manifests) {
  for (actor::Manifest& manifest : manifests) {
    TRY(auto loaded, loader_->load(std::move(manifest)));
    auto member = std::make_unique<Member>();
    member->loaded = std::move(loaded);
    members_.push_back(std::move(member));
  }
  return {};
}

/// Not before all manifests are good: a log takes room.
Status Node::open_store() {
  store::NodeStoreOptions options;
  options.log.shards = options_.shards + 1;  // the last queue is the node's own
  options.node_shard = {options_.shards};
  options.segment_size = store::SegmentSize::kBySpace;
  options.index_on = store::IndexOn::kOwnThread;
  TRY(store_, store::NodeStore::open(files_, std::move(directory_), options, clock_, random_));
  return {};
}

Status Node::run() {
  TRY_OK(open_store());
  io::AsioSignals signals(control_, {SIGINT, SIGTERM, SIGUSR2},
                          [this](int number) { on_signal(number); });
  if (Status ready = prepare(); !ready) {
    (void)store_->log().stop();  // or the next start would take this one for a crash
    return ready;
  }
  start_threads();
  if (const Status started = start_actors(); !started) fail_with(started.error());
  watch_disk();
  if (!all_ended()) control_.run();
  return take_down();
}

/// What may fail before anything runs.
Status Node::prepare() {
  for (const auto& member : members_) {
    TRY_OK(store_->components().put(member->loaded.component));
  }
  return serve_metrics();
}

Status Node::serve_metrics() {
  metrics_ = std::make_unique<Metrics>(Metrics::Parts{control_, clock_, store_->log()});
  if (options_.metrics.empty()) return {};
  operations_page_ = std::make_unique<OperationsPage>(control_);
  TRY(metrics_server_,
      MetricsServer::open({control_, control_network_,
                           [this](auto answered) { metrics_->page(std::move(answered)); },
                           [this](auto answered) { operations_page_->page(std::move(answered)); }},
                          options_.metrics));
  listener_.on_metrics(metrics_server_->address());
  return {};
}

void Node::start_threads() {
  worker_ = std::make_unique<io::WorkerThread>("snapshots");
  lookups_ = std::make_unique<io::LookupThreads>(clock_);
  workers_ = std::make_unique<io::WorkerThreads>("worker", kWorkers, clock_);
  long_workers_ = std::make_unique<io::WorkerThreads>("long worker", kLongWorkers, clock_);
  watch_queues();
  for (std::size_t index = 0; index < options_.shards; ++index) {
    shards_.push_back(std::make_unique<ShardThread>(
        ShardThread::Shared{store_->log(), log_, *metered_worker_, *lookups_}, index));
    metrics_->watch(*shards_.back());
    if (operations_page_) operations_page_->watch(*shards_.back());
  }
  log_thread_ = std::make_unique<LogThread>(store_->log(), [this] {
    control_.post([this] { fail_with({Code::kIo, store_->log().failure()}); });
  });
  log_thread_->start();
  for (const auto& shard : shards_) shard->start();
}

void Node::watch_queues() {
  metered_worker_ = std::make_unique<io::MeteredWorker>(*worker_, clock_);
  metrics_->watch_queue("snapshots", [this] { return metered_worker_->figures(); });
  metrics_->watch_queue("workers", [this] { return workers_->figures(); });
  metrics_->watch_queue("long_workers", [this] { return long_workers_->figures(); });
  metrics_->watch_queue("lookups", [this] { return lookups_->figures(); });
  if (log_queue_) metrics_->watch_queue("log_lines", log_queue_);
}

Status Node::start_actors() {
  TRY_OK(record_lifecycle(chain::LifecycleStep::kStart));
  for (std::size_t index = 0; index < members_.size(); ++index) {
    const Status started = start_actor(index);
    if (!started) {
      members_[index]->stage = Member::Stage::kEnded;
      return fail_in(started.error(), members_[index]->loaded.manifest->name);
    }
  }
  return {};
}

/// Makes or opens the actor on its shard and waits for that; it goes on starting by itself.
Status Node::start_actor(std::size_t index) {
  Member& member = *members_[index];
  std::optional<store::ActorImage> image;
  if (const auto* past = find_by_name(store_->history(), member.loaded.manifest->name)) {
    TRY(image, store_->history().take_image(past->actor));
    for (const std::string& bad : image->bad_snapshots) {
      listener_.on_notice(host::LogLevel::kWarn, bad + "; an older one serves");
    }
  }
  member.is_new = !image;
  member.shard = shards_[index % shards_.size()].get();
  const io::WorkerUser user{index};
  member.long_work = std::make_unique<io::WorkerShare>(*long_workers_, user);
  member.work = std::make_unique<io::WorkerShare>(*workers_, user, member.long_work.get());
  if (options_.has_watchdog) watch_holds(member);
  member.families = std::make_unique<hosts::ShardFamilies>(
      hosts_, member.shard->services(*member.work), member.watchdog.get());
  member.stage = Member::Stage::kStarting;
  std::promise<Status> opened;
  member.shard->executor().post([&] { opened.set_value(open_on_shard(index, std::move(image))); });
  return opened.get_future().get();
}

Status Node::open_on_shard(std::size_t index, std::optional<store::ActorImage> image) {
  Member& member = *members_[index];
  actor::Shard& shard = member.shard->shard();
  TRY(auto actor, image ? actor::Actor::open(shard, setup_of(index), *std::move(image))
                        : actor::Actor::create(shard, setup_of(index)));
  member.actor = actor.get();
  member.id = actor->identity().id;
  member.next_seq = actor->status().next_seq;
  member.shard->adopt(std::move(actor));
  return {};
}

void Node::watch_holds(Member& member) {
  member.watchdog = std::make_unique<host::Watchdog>([&](const host::Hold& hold) {
    const auto milliseconds = [](Nanoseconds time) {
      return std::chrono::duration<double, std::milli>(time).count();
    };
    const std::string text =
        fmt::format("{} of {} held its shard for {:.1f} ms, {:.1f} of them blocked", hold.function,
                    hold.family, milliseconds(hold.time.total()), milliseconds(hold.time.blocked));
    log_.write({.level = host::LogLevel::kWarn,
                .actor = member.loaded.manifest->name,
                .text = text,
                .family = hold.family});
  });
}

actor::ActorSetup Node::setup_of(std::size_t index) {
  Member& member = *members_[index];
  actor::ActorSetup setup{.manifest = member.loaded.manifest,
                          .program = member.loaded.program,
                          .families = *member.families,
                          .snapshots = &store_->snapshots(),
                          .determinism_profile = profile_};
  setup.on_started = [this, index](Status status) {
    control_.post([this, index, status = std::move(status)] { actor_started(index, status); });
  };
  setup.on_failure = [this, &member](const actor::FailedInvocation& failed) {
    invocation_failed(member, failed);
  };
  setup.on_log_spent = [this, &member] { log_spent(member); };
  setup.on_ended = [this, index] {
    if (members_[index]->actor == nullptr) return;  // while it was opened: start_actor says so
    control_.post(
        [this, index, status = members_[index]->actor->status()] { actor_ended(index, status); });
  };
  return setup;
}

void Node::actor_started(std::size_t index, const Status& status) {
  Member& member = *members_[index];
  if (!status) {
    if (!is_stopping_) fail_with(status.error().in(member.loaded.manifest->name));
    return;
  }
  if (member.stage == Member::Stage::kStarting) member.stage = Member::Stage::kRunning;
  std::vector<StartedActor> started;
  for (const auto& each : members_) {
    if (each->stage < Member::Stage::kRunning) return;
    if (each->stage == Member::Stage::kRunning) started.push_back(describe(*each));  // not ended
  }
  if (!is_stopping_) listener_.on_ready(started);
}

void Node::actor_ended(std::size_t index, const actor::ActorStatus& status) {
  Member& member = *members_[index];
  member.stage = Member::Stage::kEnded;
  if (!is_stopping_) {
    listener_.on_notice(host::LogLevel::kInfo,
                        fmt::format("actor {} {} at seq {}", status.identity.name,
                                    actor::phase_name(status.phase), status.next_seq.value));
  }
  if (status.phase == actor::Phase::kFailed && !failure_) {
    failure_ = Error{Code::kInternal,
                     fmt::format("actor {} failed: {}", status.identity.name, status.last_error)};
  }
  if (all_ended()) control_.stop();
}

/// On the actor's shard.
void Node::log_spent(Member& member) {
  const std::string text = fmt::format(
      "its log is used up: {} (limits.log_max); it takes nothing new, nothing is lost; start the "
      "node with a larger one and it goes on",
      actor::size_text(member.loaded.manifest->limits.log_max));
  log_.write({.level = host::LogLevel::kWarn, .actor = member.loaded.manifest->name, .text = text});
}

/// On the actor's shard. What failed stands in the chain; people are told the first of many.
void Node::invocation_failed(Member& member, const actor::FailedInvocation& failed) {
  if (!member.failure_lines.admit(clock_.now())) return;
  const std::string_view actor = member.loaded.manifest->name;
  if (const std::uint64_t more = member.failure_lines.take_left_out(); more > 0) {
    const std::string text = fmt::format("{} more invocations failed", more);
    log_.write({.level = host::LogLevel::kWarn, .actor = actor, .text = text});
  }
  const bool is_handler = failed.target.role == actor::ExportRole::kHandler;
  const std::string text = fmt::format(
      "{} failed: {}", is_handler ? "handling events" : failed.target.name, failed.text);
  log_.write({.level = host::LogLevel::kWarn,
              .actor = actor,
              .seq = failed.seq.value,
              .text = text,
              .family = is_handler ? hosts_.infos()[failed.target.family]->name : ""});
}

/// Tells when a full disk begins and ceases to hold work up.
void Node::watch_disk() {
  const chain::DiskState now = store_->log().disk_state();
  if (now != disk_) {
    const bool is_good = now == chain::DiskState::kGood;
    listener_.on_notice(
        is_good ? host::LogLevel::kInfo : host::LogLevel::kWarn,
        is_good ? fmt::format("{}: there is room again; work goes on", options_.data_directory)
                : fmt::format("{}: the disk is nearly full; no new work is taken until "
                              "there is room, and nothing is lost",
                              options_.data_directory));
    disk_ = now;
  }
  control_.after(kDiskInterval, [this] { watch_disk(); });
}

void Node::on_signal(int number) {
  ++signals_;
  if (signals_ == 1) {
    const bool is_restart = number == SIGUSR2;
    listener_.on_notice(host::LogLevel::kInfo,
                        fmt::format("{}: stopping{}; once more to force", ::strsignal(number),
                                    is_restart ? " for a restart" : ""));
    begin_stop(is_restart ? actor::EndReason::kRestart : actor::EndReason::kStop);
  } else if (signals_ == 2) {
    for_each_live([](actor::Actor& actor) { actor.kill(); });
  } else {
    ::_exit(kForcedExit);
  }
}

/// Notes the first failure and stops. After a failure of the log nothing can be finished and
/// nothing may leave: the loop ends at once.
void Node::fail_with(const Error& error) {
  if (!failure_) failure_ = error;
  if (store_->log().failed()) {
    is_stopping_ = true;
    control_.stop();
    return;
  }
  begin_stop(actor::EndReason::kStop);
  if (all_ended()) control_.stop();
}

void Node::begin_stop(actor::EndReason reason) {
  if (is_stopping_) return;
  is_stopping_ = true;
  for_each_live([reason](actor::Actor& actor) { actor.stop(reason); });
}

void Node::for_each_live(const std::function<void(actor::Actor&)>& act) {
  for (const auto& member : members_) {
    if (member->stage != Member::Stage::kStarting && member->stage != Member::Stage::kRunning) {
      continue;
    }
    member->shard->executor().post([actor = member->actor, act] { act(*actor); });
  }
}

/// Whether no actor runs or is about to.
bool Node::all_ended() const {
  return std::ranges::none_of(members_, [](const auto& member) {
    return member->stage == Member::Stage::kStarting || member->stage == Member::Stage::kRunning;
  });
}

/// Shards first (their last outputs need the log), then the log's seal.
Status Node::take_down() {
  metrics_server_.reset();
  for (const auto& shard : shards_) shard->stop();
  worker_->stop();
  long_workers_->stop();
  workers_->stop();
  lookups_->stop();
  if (!store_->log().failed()) {
    if (const Status noted = record_lifecycle(chain::LifecycleStep::kStop); !noted && !failure_) {
      failure_ = noted.error();
    }
  }
  if (const Status sealed = log_thread_->stop(); !sealed && !failure_) failure_ = sealed.error();
  shards_.clear();
  if (failure_) return std::unexpected(*failure_);
  return {};
}

Status Node::record_lifecycle(chain::LifecycleStep step) {
  chain::RecordDraft draft;
  draft.kind = chain::Kind::kLifecycle;
  draft.body = chain::LifecycleBody{step, 0};
  TRY_OK(store_->node_chain().append(draft));
  return {};
}

StartedActor Node::describe(const Member& member) const {
  StartedActor started{.name = member.loaded.manifest->name,
                       .id = member.id,
                       .next_seq = member.next_seq,
                       .is_new = member.is_new};
  for (const auto& family : hosts_.families()) {
    const auto* grant = member.loaded.manifest->find_grant(family->info().name);
    if (grant == nullptr) continue;
    for (host::Place& place : family->places(*grant)) started.places.push_back(std::move(place));
  }
  return started;
}

}  // namespace theater::node
