// Verifying a whole data directory.
#include "store/verify.h"

#include <algorithm>
#include <map>

#include "chain/hash.h"
#include "chain/verify_log.h"
#include "store/component_store.h"
#include "store/node_directory.h"
#include "store/snapshot_file.h"
#include "store/verify_index.h"

namespace theater::store {
namespace {

using chain::BadEvent;
using chain::VerifyReport;

constexpr std::ptrdiff_t kNewerOfDropped = 2;  // snapshots that are kept: see SnapshotStore

/// A `snapshot` event: what its file must hold.
struct SnapshotEvent {
  Seq event;
  chain::SnapshotBody body;
  Digest state_root;
  chain::Location location;
};
using SnapshotEvents = std::map<ActorId, std::vector<SnapshotEvent>>;

/// The damage of one file, if it is damage and not the operating system's refusal.
Status record_damage(const Error& error, BadEvent bad, VerifyReport& report) {
  if (error.code != Code::kCorrupt && error.code != Code::kNotFound &&
      error.code != Code::kTooLarge) {
    return std::unexpected(error);
  }
  bad.reason = error.message;
  report.bad = std::move(bad);
  return {};
}

class SnapshotVerifier {
 public:
  SnapshotVerifier(io::FileSystem& files, const std::string& root, const SnapshotEvents& events,
                   VerifyReport& report)
      : files_(files), directory_(NodeLayout{root}.snapshots()), events_(events), report_(report) {}

  Status run() {
    if (!files_.exists(directory_)) return {};
    TRY(const std::vector<std::string> folders, files_.list(directory_));
    for (const std::string& folder : folders) {
      const auto raw = from_hex(folder);
      if (!raw || raw->size() != ActorId::size()) continue;
      TRY_OK(check_actor(ActorId::from(*raw)));
      if (report_.bad) return {};
    }
    return {};
  }
  /// The newest snapshot of each actor must be there; older ones may have been dropped.
  Status check_newest_present() {
    for (const auto& [actor, events] : events_) {
      const std::string path = snapshot_path(directory_, actor, events.back().body.seq);
      if (files_.exists(path)) continue;
      TRY(const bool dropped, may_be_dropped(actor, events.back().body.seq));
      if (dropped) continue;
      const SnapshotEvent& event = events.back();
      report_.bad = BadEvent{event.location, actor, event.event,
                             fmt::format("the snapshot {} is missing", path)};
      return {};
    }
    return {};
  }

 private:
  Status check_actor(const ActorId& actor) {
    TRY(const std::vector<std::string> names, files_.list(snapshot_folder(directory_, actor)));
    for (const std::string& name : names) {
      const auto seq = snapshot_seq(name);
      if (!seq) continue;
      BadEvent bad{{fmt::format("snap/{}/{}", actor.hex(), name), 0}, actor, seq, ""};
      const Status checked = check_file(actor, *seq);
      if (!checked && checked.error().code == Code::kNotFound) {
        TRY(const bool dropped, may_be_dropped(actor, *seq));
        if (dropped) continue;
      }
      if (!checked) TRY_OK(record_damage(checked.error(), std::move(bad), report_));
      if (report_.bad) return {};
      ++report_.snapshots;
    }
    return {};
  }

  Status check_file(const ActorId& actor, Seq seq) {
    TRY(const SnapshotFile file, read_snapshot_file(files_, directory_, actor, seq));
    report_.bytes += file.bytes.size();
    const SnapshotEvent* const event = find(actor, seq);
    if (event == nullptr) return {};  // written, but the crash came before its event
    if (file.digest != event->body.manifest) {
      return fail(Code::kCorrupt, "the manifest is not the one that event {} names",
                  event->event.value);
    }
    chain::ChunkTree chunks;
    chunks.resize(file.manifest.chunks.size());
    for (std::size_t i = 0; i < file.manifest.chunks.size(); ++i) {
      chunks.set(i, file.manifest.chunks[i].hash);
    }
    if (chain::state_root(file.manifest.salt, file.manifest.length, chunks.root()) !=
        event->state_root) {
      return fail(Code::kCorrupt, "the snapshot is not of the state that event {} names",
                  event->event.value);
    }
    const bool newest = &events_.at(actor).back() == event;
    if (newest) TRY_OK(assemble_state(files_, directory_, file));
    return {};
  }

  /// Whether a running node may have dropped files of this snapshot since the log was read: all but
  /// the newest of its events may go at any time; that one, and what it draws on, once two newer
  /// ones are there.
  Result<bool> may_be_dropped(const ActorId& actor, Seq seq) const {
    const auto events = events_.find(actor);
    if (events == events_.end() || events->second.back().body.seq != seq) return true;
    TRY(const std::vector<std::string> names, files_.list(snapshot_folder(directory_, actor)));
    const auto newer = std::ranges::count_if(
        names, [&](const std::string& name) { return snapshot_seq(name) > seq; });
    return newer >= kNewerOfDropped;
  }

  const SnapshotEvent* find(const ActorId& actor, Seq seq) const {
    const auto found = events_.find(actor);
    if (found == events_.end()) return nullptr;
    for (const SnapshotEvent& event : found->second) {
      if (event.body.seq == seq) return &event;
    }
    return nullptr;
  }

  io::FileSystem& files_;
  const std::string directory_;
  const SnapshotEvents& events_;
  VerifyReport& report_;
};

/// By digest, the first event that names it.
using NamedComponents = std::map<Digest, BadEvent>;

/// Every component that is there must be whole, and all that the chains name must be there.
Status verify_components(io::FileSystem& files, const std::string& root, NamedComponents named,
                         VerifyReport& report) {
  ComponentStore components(files, NodeLayout{root}.components());
  TRY(const std::vector<Digest> digests, components.list());
  for (const Digest& digest : digests) {
    const auto bytes = components.get(digest);
    if (!bytes) {
      BadEvent bad = named[digest];
      bad.location = {fmt::format("components/{}.wasm", digest.hex()), 0};
      return record_damage(bytes.error(), std::move(bad), report);
    }
    report.bytes += bytes->size();
    named.erase(digest);
  }
  if (named.empty()) return {};
  const auto& [digest, first] = *std::ranges::min_element(named, {}, [](const auto& one) {
    return std::pair(one.second.location.file, one.second.location.offset);
  });
  report.bad = first;
  report.bad->reason =
      fmt::format("the component {} that the event names is missing", digest.hex());
  return {};
}

/// What the chains say of the files beside the log.
struct NamedFiles {
  SnapshotEvents snapshots;
  NamedComponents components;

  void add(const chain::Record& record, const chain::Location& location) {
    if (record.kind == chain::Kind::kSnapshot) {
      snapshots[record.link.actor].push_back({record.link.seq,
                                              std::get<chain::SnapshotBody>(record.body),
                                              *record.state_root, location});
      return;
    }
    const Digest& component = std::get<chain::GenesisBody>(record.body).component;
    if (component == Digest{}) return;  // the node's own chain runs nothing
    components.try_emplace(component,
                           BadEvent{location, record.link.actor, record.link.seq, std::string()});
  }
};

}  // namespace

Result<VerifyReport> verify(io::FileSystem& files, const std::string& root,
                            const chain::VerifyOptions& options) {
  VerifyReport report;
  const auto node = NodeDirectory::read_identity(files, root);
  if (!node) {
    BadEvent bad{{"node", 0}, std::nullopt, std::nullopt, ""};
    if (node.error().code != Code::kCorrupt) return std::unexpected(node.error());
    TRY_OK(record_damage(node.error(), std::move(bad), report));
    return report;
  }
  const std::string log = NodeLayout{root}.log();
  if (!files.exists(log)) return report;
  NamedFiles named;
  IndexVerifier indexes;
  TRY_OK(indexes.load(files, root, *node));
  chain::LogVerifier::Hooks hooks;
  const chain::LogVerifier* reading = nullptr;
  hooks.on_segment = [&](const chain::SegmentHeader& header) { indexes.enter(header, *reading); };
  hooks.on_file = [&](const chain::Record& record, const chain::Location& location) {
    named.add(record, location);
  };
  chain::LogVerifier verifier(files, log, options, std::move(hooks));
  reading = &verifier;
  TRY_OK(verifier.run(*node, report));
  if (report.bad) return report;
  report.bytes += indexes.bytes();
  report.bad = indexes.finish();
  if (report.bad) return report;
  SnapshotVerifier snapshot_verifier(files, root, named.snapshots, report);
  TRY_OK(snapshot_verifier.run());
  if (!report.bad) TRY_OK(snapshot_verifier.check_newest_present());
  if (!report.bad) {
    TRY_OK(verify_components(files, root, std::move(named.components), report));
  }
  return report;
}

}  // namespace theater::store
