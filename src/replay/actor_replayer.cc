// ActorReplayer: gathers a run, repeats it, goes on.
#include "replay/actor_replayer.h"

#include <algorithm>

#include "actor/restore.h"
#include "chain/hash.h"

namespace theater::replay {
namespace {

/// Deadlines are of the recorded machine; here only an endless loop must end.
constexpr Nanoseconds kDeadline = std::chrono::minutes(10);

}  // namespace

Programs::Programs(const ReplayWorld& world, const std::optional<Bytes>& override)
    : world_(world), override_(override), types_(world.families) {}

Result<std::shared_ptr<const wasm::Component>> Programs::component(const Digest& digest) {
  auto& found = components_[override_ ? Digest{} : digest];
  if (found) return found;
  Bytes wasm;
  if (override_) {
    wasm = *override_;
  } else {
    TRY(wasm, world_.components.get(digest));
  }
  TRY(found, wasm::Component::load(world_.engine, wasm, world_.compile_cache));
  return found;
}

Result<std::shared_ptr<const actor::Program>> Programs::load(const Digest& digest,
                                                             const actor::Manifest& manifest) {
  auto loaded = component(digest);
  if (!loaded && loaded.error().code == Code::kNotFound) {
    return fail(Code::kNotFound,
                "the component {} is not in {}: copy it there, or give one with --component",
                digest.hex(), world_.components.directory());
  }
  if (!loaded) return std::unexpected(loaded.error());
  actor::LinkOptions options;
  options.families = world_.families;
  options.manifest_file = "the recorded manifest";
  options.grants = actor::LinkOptions::Grants::kAreFixed;
  for (const actor::FamilyInfo* family : world_.families) {
    options.granted.push_back(manifest.find_grant(family->name) != nullptr);
  }
  return actor::Program::link(*std::move(loaded), options);
}

ActorReplayer::ActorReplayer(const ReplayWorld& world, Programs& programs)
    : world_(world), programs_(programs), recorded_(programs.types()) {}

Status ActorReplayer::add(const store::StoredEvent& event) {
  if (report_.divergence) return {};
  TRY_OK(compare_link(event));
  if (report_.snapshot && event.record.link.seq <= *report_.snapshot) return pass_over(event);
  if (is_open_) {
    recorded_.add(event);
    const chain::Kind kind = event.record.kind;
    if (kind != chain::Kind::kCommit && kind != chain::Kind::kTrap) return {};
    is_open_ = false;
    return run();
  }
  switch (event.record.kind) {
    case chain::Kind::kGenesis:
    case chain::Kind::kUpgrade:
      TRY_OK(set_program(event));
      break;
    case chain::Kind::kActivate:
      TRY_OK(activate());
      break;
    case chain::Kind::kReceive:
      recorded_.clear();
      recorded_.add(event);
      is_open_ = true;
      return {};
    default:
      break;
  }
  copied(event);
  return {};
}

Status ActorReplayer::begin_at(store::FoundSnapshot found) {
  report_.bad_snapshots = std::move(found.bad);
  if (!found.snapshot) return {};
  report_.snapshot = found.snapshot->seq;
  state_ = std::move(found.state);
  report_.state_root = state_.root();
  TRY(next_id_, actor::saved_next_id(found.snapshot->actor_part));
  return {};
}

/// An event whose effects the snapshot holds.
Status ActorReplayer::pass_over(const store::StoredEvent& event) {
  const chain::Kind kind = event.record.kind;
  if (kind == chain::Kind::kGenesis || kind == chain::Kind::kUpgrade) origin_ = event;
  report_.head = event.leaf;
  if (event.record.link.seq != *report_.snapshot) return {};
  TRY_OK(set_program(*origin_));
  invocation_->set_next_id(next_id_);
  origin_.reset();
  return {};
}

/// Each event names the leaf before it; the leaves themselves are compared as they are rebuilt.
Status ActorReplayer::compare_link(const store::StoredEvent& event) {
  const chain::Link& link = event.record.link;
  if (link.seq == Seq{}) report_.actor = link.actor;
  if (link.previous != last_leaf_) {
    return fail(Code::kCorrupt, "it does not continue the event before it");
  }
  last_leaf_ = event.leaf;
  if (link.seq == Seq{} && event.record.kind != chain::Kind::kGenesis) {
    return fail(Code::kCorrupt, "the chain does not begin with genesis");
  }
  return {};
}

Status ActorReplayer::set_program(const store::StoredEvent& event) {
  const auto& body = std::get<chain::GenesisBody>(event.record.body);
  if (event.payloads.empty() || !event.payloads[0].present) {
    return fail(Code::kNotFound, "its manifest is gone");
  }
  TRY(manifest_, actor::parse_recorded_manifest(as_text(event.payloads[0].bytes)));
  report_.name = manifest_.name;
  instance_.reset();
  const std::uint64_t next_id = invocation_ ? invocation_->next_id() : 1;
  invocation_.reset();
  TRY(program_, programs_.load(body.component, manifest_));
  invocation_.emplace(
      actor::InvocationParts{*program_, recorded_, recorded_, state_, manifest_.limits.state_max});
  invocation_->set_next_id(next_id);
  return {};
}

Status ActorReplayer::activate() {
  instance_.reset();
  wasm::InstanceLimits limits = manifest_.limits.instance;
  limits.deadline = kDeadline;
  TRY(instance_, wasm::Instance::create(program_->linked(), limits, *invocation_));
  return {};
}

Status ActorReplayer::run() {
  if (recorded_.is_skipped()) {
    skip();
    return {};
  }
  const store::StoredEvent& receive = recorded_.front();
  const actor::ExportTarget* target = program_->find_export(receive.record.name);
  Status done;
  if (target == nullptr) {
    done = std::unexpected(recorded_.diverge(
        fmt::format("the component does not export {}", receive.record.name), ""));
  } else {
    done = run_guest(*target);
  }
  if (recorded_.divergence()) {
    report_.divergence = recorded_.divergence();
    instance_.reset();
    return {};
  }
  TRY_OK(done);
  report_.events += recorded_.size();
  ++report_.invocations;
  report_.state_root = state_.root();
  report_.head = recorded_.back().leaf;
  return {};
}

Status ActorReplayer::run_guest(const actor::ExportTarget& target) {
  if (manifest_.instance == actor::InstanceMode::kFresh) TRY_OK(activate());
  if (!instance_) return fail(Code::kCorrupt, "a recv without an activate before it");
  inputs_.clear();
  for (const auto& input : recorded_.front().inputs) {
    if (!input.present)
      return fail(Code::kNotFound, "an input was redacted; replay cannot pass it");
    const auto index = static_cast<std::size_t>(&input - recorded_.front().inputs.data());
    const auto& reference = recorded_.front().record.inputs[index].reference;
    const actor::EventOrigin origin{{}, input.salt, reference.value_or(chain::Reference{}), {}};
    inputs_.add(input.bytes, reference ? &origin : nullptr);
  }
  actor::Delivery delivery{&target, &inputs_, std::nullopt};
  const auto* repeat = std::get_if<chain::RepeatBody>(&recorded_.front().record.body);
  if (repeat != nullptr) delivery.first = repeat->first;
  TRY_OK(invocation_->begin(*instance_, delivery));
  while (true) {
    TRY(const auto progress, invocation_->poll());
    if (progress == actor::Invocation::Progress::kEnded) break;
    if (progress == actor::Invocation::Progress::kYielded) continue;
    TRY(const ByteSpan response, recorded_.take_response());
    TRY_OK(invocation_->answer(response));
  }
  if (invocation_->end().instance_is_dead) instance_.reset();
  return {};
}

/// A run that no repetition can reach is taken as it stands: the state did not change, the ids it
/// minted are known from its dropped outputs.
void ActorReplayer::skip() {
  for (const auto& output : recorded_.back().outputs) {
    const auto call = actor::parse_output(world_.families, output.bytes);
    if (!call || call->call->plain != actor::PlainResult::kMintedId) continue;
    const auto index = static_cast<std::size_t>(&output - recorded_.back().outputs.data());
    const auto* id = std::get_if<std::uint64_t>(&recorded_.back().record.outputs[index].target);
    if (id != nullptr) invocation_->set_next_id(std::max(invocation_->next_id(), *id + 1));
  }
  instance_.reset();
  report_.events += recorded_.size();
  ++report_.skipped;
  report_.head = recorded_.back().leaf;
}

void ActorReplayer::copied(const store::StoredEvent& event) {
  ++report_.events;
  report_.head = event.leaf;
}

}  // namespace theater::replay
