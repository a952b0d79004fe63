// The bytes of a snapshot file: header, manifest, chunks. docs/formats/chain.md.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "io/file.h"

namespace theater::store {

/// Everything but the chunks. Its digest stands in the snapshot event.
struct SnapshotManifest {
  struct Chunk {
    Digest hash;
    Seq source;  // the snapshot file of this actor that holds the bytes
    bool operator==(const Chunk&) const = default;
  };
  ActorId actor;
  Seq seq;
  Salt salt;
  std::uint64_t length = 0;  // of the state
  std::vector<Chunk> chunks;
  Bytes actor_part;

  /// The files it draws on, its own included.
  std::set<Seq> sources() const;
  bool operator==(const SnapshotManifest&) const = default;
};
Bytes encode(const SnapshotManifest& manifest);
Result<SnapshotManifest> decode_manifest(ByteSpan bytes);

/// "<folder>/<seq>.snap"; the folder is the actor's id in hexadecimal.
std::string snapshot_folder(const std::string& directory, const ActorId& actor);
std::string snapshot_path(const std::string& directory, const ActorId& actor, Seq seq);
/// The seq in such a name; nothing for other names.
std::optional<Seq> snapshot_seq(std::string_view name);

/// What is read before anything else is known of a file: beyond this it is refused.
inline constexpr std::uint64_t kManifestBytesMax = std::uint64_t{256} << 20;

/// A whole snapshot file.
struct SnapshotFile {
  SnapshotManifest manifest;
  Digest digest;                       // of the manifest
  Bytes bytes;                         // of the file
  std::vector<std::size_t> chunks_at;  // where in `bytes` each of its own begins; 0: not here

  /// The bytes of a chunk that this file holds. kCorrupt if it does not.
  Result<ByteSpan> chunk(std::size_t index) const;
};
/// `state` gives the bytes of the chunks whose source is the manifest's own seq.
Bytes encode_file(const SnapshotManifest& manifest, ByteSpan state);
/// Strict: header, manifest and exact size; the hashes of its own chunks too.
Result<SnapshotFile> read_snapshot_file(io::FileSystem& files, const std::string& directory,
                                        const ActorId& actor, Seq seq);

/// The whole state of a snapshot, from its file and those it draws on, each chunk checked.
Result<Bytes> assemble_state(io::FileSystem& files, const std::string& directory,
                             const SnapshotFile& file);

}  // namespace theater::store
