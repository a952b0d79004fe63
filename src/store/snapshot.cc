// Writing, reading and forgetting snapshots.
#include "store/snapshot.h"

#include <algorithm>

#include "base/probe.h"
#include "chain/hash.h"

namespace theater::store {
namespace {

constexpr std::uint64_t kDeltaBytesMin = 1024 * 1024;
constexpr std::uint64_t kEventsMax = 10'000;
constexpr std::size_t kSourcesMax = 8;  // more: the next snapshot holds all chunks again

}  // namespace

SnapshotStore::SnapshotStore(io::FileSystem& files, std::string directory)
    : files_(files), directory_(std::move(directory)) {}

bool SnapshotStore::is_due(std::uint64_t state_bytes, std::uint64_t delta_bytes,
                           std::uint64_t events) {
  return events >= kEventsMax || delta_bytes > std::max(state_bytes, kDeltaBytesMin);
}

/// Makes the actor's folder, or finds what is in it; half-written files are removed.
Result<SnapshotStore::Kept> SnapshotStore::look(const ActorId& actor) {
  const std::string folder = snapshot_folder(directory_, actor);
  if (!files_.exists(folder)) TRY_OK(files_.make_directories(folder));
  TRY_OK(files_.sync_directory(directory_));  // whoever made the folder may have ended before that
  Kept kept;
  TRY(const std::vector<std::string> names, files_.list(folder));
  for (const std::string& name : names) {
    if (name.ends_with(".tmp")) PROBE("snapshot: a half-written file is removed");
    if (name.ends_with(".tmp")) TRY_OK(files_.remove(folder + "/" + name));
    if (const auto seq = snapshot_seq(name)) kept.on_disk.insert(*seq);
  }
  kept.needed = kept.on_disk;  // what the newest of them draws on is not known
  return kept;
}

Result<SnapshotStore::Kept*> SnapshotStore::kept(const ActorId& actor) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = actors_.find(actor);
    if (known != actors_.end()) return &known->second;
  }
  TRY(Kept found, look(actor));
  const std::lock_guard lock(mutex_);
  return &actors_.emplace(actor, std::move(found)).first->second;
}

/// The manifest of a new snapshot: chunks that the newest one has at the same place are not stored
/// again, unless it draws on too many files already.
SnapshotManifest SnapshotStore::plan(const Kept& kept, Seq seq, const StateTree& state) const {
  SnapshotManifest manifest;
  manifest.seq = seq;
  manifest.salt = state.salt();
  manifest.length = state.bytes().size();
  const bool afresh = kept.needed.size() >= kSourcesMax;
  const auto& old = kept.newest.chunks;
  const auto hashes = state.chunks().chunk_hashes();
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const bool had = !afresh && i < old.size() && old[i].hash == hashes[i];
    manifest.chunks.push_back({hashes[i], had ? old[i].source : seq});
  }
  return manifest;
}

void SnapshotStore::drop_unneeded(const ActorId& actor, Kept& kept) {
  std::erase_if(kept.on_disk, [&](Seq seq) {
    if (kept.needed.contains(seq) || kept.before.contains(seq)) return false;
    (void)files_.remove(snapshot_path(directory_, actor, seq));  // tried again after a restart
    return true;
  });
}

Result<chain::SnapshotBody> SnapshotStore::write(const ActorId& actor, Seq seq,
                                                 const StateTree& state, ByteSpan actor_part) {
  TRY(Kept* const kept, this->kept(actor));
  SnapshotManifest manifest = plan(*kept, seq, state);
  manifest.actor = actor;
  manifest.actor_part = to_bytes(actor_part);
  if (encode(manifest).size() > kManifestBytesMax) {
    return fail(Code::kTooLarge, "a snapshot with {} bytes beside the state", actor_part.size());
  }
  TRY_OK(io::write_file_atomically(files_, snapshot_path(directory_, actor, seq),
                                   encode_file(manifest, state.bytes())));
  const chain::SnapshotBody body{chain::page_hash(encode(manifest)), seq};
  kept->before = std::move(kept->needed);
  kept->needed = manifest.sources();
  kept->newest = std::move(manifest);
  kept->newest.actor_part.clear();
  kept->on_disk.insert(seq);
  drop_unneeded(actor, *kept);
  return body;
}

Result<Snapshot> SnapshotStore::read(const ActorId& actor, const chain::SnapshotBody& body) const {
  TRY(SnapshotFile file, read_snapshot_file(files_, directory_, actor, body.seq));
  if (file.digest != body.manifest) {
    return fail(Code::kCorrupt, "{}: the manifest is not the one its event names",
                snapshot_path(directory_, actor, body.seq));
  }
  TRY(Bytes state, assemble_state(files_, directory_, file));
  return Snapshot{actor, body.seq, std::move(state), file.manifest.salt,
                  std::move(file.manifest.actor_part)};
}

}  // namespace theater::store
