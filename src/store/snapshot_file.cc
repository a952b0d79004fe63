// Encoding and strict reading of snapshot files.
#include "store/snapshot_file.h"

#include <algorithm>
#include <map>

#include "chain/chunk_tree.h"
#include "chain/hash.h"
#include "chain/limits.h"

namespace theater::store {
namespace {

using chain::chunk_length;
using chain::kChunkBytes;

constexpr std::string_view kMagic = "theasnp\n";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kHeaderBytes = 24;  // magic, u32 format, u32 zero, u64 manifest bytes
constexpr std::size_t kManifestHead = 16 + 8 + 16 + 8 + 4;  // actor, seq, salt, length, chunks
constexpr std::size_t kChunkEntry = 32 + 8;
constexpr std::string_view kSuffix = ".snap";
constexpr std::size_t kSeqDigits = 20;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(Code::kCorrupt, "the snapshot {}", what);
}

Bytes encode_header(std::uint64_t manifest_bytes) {
  Bytes out = to_bytes(as_bytes(kMagic));
  append_le<std::uint32_t>(out, kFormat);
  append_le<std::uint32_t>(out, 0);
  append_le<std::uint64_t>(out, manifest_bytes);
  return out;
}

ByteSpan chunk_of(ByteSpan state, std::size_t index) {
  return state.subspan(index * kChunkBytes, chunk_length(state.size(), index));
}

/// Where the file's own chunks begin, and behind the last of them its end.
struct Layout {
  std::vector<std::size_t> chunks_at;
  std::uint64_t end = 0;
};

Layout lay_out(const SnapshotManifest& manifest, std::uint64_t manifest_bytes) {
  Layout layout{std::vector<std::size_t>(manifest.chunks.size()), kHeaderBytes + manifest_bytes};
  for (std::size_t i = 0; i < manifest.chunks.size(); ++i) {
    if (manifest.chunks[i].source != manifest.seq) continue;
    layout.chunks_at[i] = layout.end;
    layout.end += chunk_length(manifest.length, i);
  }
  return layout;
}

Status check_own_chunks(const SnapshotFile& file) {
  for (std::size_t i = 0; i < file.manifest.chunks.size(); ++i) {
    if (file.manifest.chunks[i].source != file.manifest.seq) continue;
    TRY(const ByteSpan chunk, file.chunk(i));
    if (chain::chunk_hash(i, chunk) != file.manifest.chunks[i].hash) {
      return fail(Code::kCorrupt, "chunk {} of the snapshot does not match its hash", i);
    }
  }
  return {};
}

Result<Bytes> read_exactly(const io::File& file, std::uint64_t bytes) {
  Bytes content(bytes);
  TRY(const std::size_t got, file.read_at(0, content));
  if (got != bytes) return corrupt("is cut short");
  return content;
}

/// The header first, then the manifest, then all: what a forged or sparse file claims is not
/// believed before it fits.
Result<SnapshotFile> parse_file(const io::File& file) {
  TRY(const std::uint64_t size, file.size());
  if (size < kHeaderBytes) return corrupt("is cut short");
  TRY(const Bytes header, read_exactly(file, kHeaderBytes));
  const auto manifest_bytes = load_le<std::uint64_t>(header.data() + 16);
  if (manifest_bytes > std::min(size - kHeaderBytes, kManifestBytesMax) ||
      !equal(encode_header(manifest_bytes), header)) {
    return corrupt("has a damaged header");
  }
  SnapshotFile parsed;
  TRY(parsed.bytes, read_exactly(file, kHeaderBytes + manifest_bytes));
  const ByteSpan manifest = ByteSpan(parsed.bytes).subspan(kHeaderBytes);
  TRY(parsed.manifest, decode_manifest(manifest));
  parsed.digest = chain::page_hash(manifest);
  Layout layout = lay_out(parsed.manifest, manifest_bytes);
  if (size != layout.end) return corrupt("has not the size its manifest says");
  parsed.chunks_at = std::move(layout.chunks_at);
  parsed.bytes = {};
  TRY(parsed.bytes, read_exactly(file, size));
  return parsed;
}

}  // namespace

std::set<Seq> SnapshotManifest::sources() const {
  std::set<Seq> all{seq};
  for (const Chunk& chunk : chunks) all.insert(chunk.source);
  return all;
}

Bytes encode(const SnapshotManifest& manifest) {
  Bytes out;
  out.reserve(kManifestHead + manifest.chunks.size() * kChunkEntry + manifest.actor_part.size());
  append(out, manifest.actor.span());
  append_le<std::uint64_t>(out, manifest.seq.value);
  append(out, manifest.salt.span());
  append_le<std::uint64_t>(out, manifest.length);
  append_le<std::uint32_t>(out, static_cast<std::uint32_t>(manifest.chunks.size()));
  for (const SnapshotManifest::Chunk& chunk : manifest.chunks) {
    append(out, chunk.hash.span());
    append_le<std::uint64_t>(out, chunk.source.value);
  }
  append(out, manifest.actor_part);
  return out;
}

Result<SnapshotManifest> decode_manifest(ByteSpan bytes) {
  if (bytes.size() < kManifestHead) return corrupt("has a manifest that is cut short");
  SnapshotManifest manifest;
  manifest.actor = ActorId::from(bytes.first(16));
  manifest.seq = {load_le<std::uint64_t>(bytes.data() + 16)};
  manifest.salt = Salt::from(bytes.subspan(24, 16));
  manifest.length = load_le<std::uint64_t>(bytes.data() + 40);
  const auto count = load_le<std::uint32_t>(bytes.data() + 48);
  bytes = bytes.subspan(kManifestHead);
  if (manifest.length > chain::kStateBytesMax || count != chain::chunk_count(manifest.length) ||
      std::uint64_t{count} * kChunkEntry > bytes.size()) {
    return corrupt("has a manifest that contradicts itself");
  }
  manifest.chunks.resize(count);
  for (SnapshotManifest::Chunk& chunk : manifest.chunks) {
    chunk.hash = Digest::from(bytes.first(32));
    chunk.source = {load_le<std::uint64_t>(bytes.data() + 32)};
    if (chunk.source > manifest.seq) return corrupt("draws on one that came after it");
    bytes = bytes.subspan(kChunkEntry);
  }
  manifest.actor_part = to_bytes(bytes);
  return manifest;
}

std::string snapshot_folder(const std::string& directory, const ActorId& actor) {
  return fmt::format("{}/{}", directory, actor.hex());
}

std::string snapshot_path(const std::string& directory, const ActorId& actor, Seq seq) {
  return fmt::format("{}/{:020}{}", snapshot_folder(directory, actor), seq.value, kSuffix);
}

std::optional<Seq> snapshot_seq(std::string_view name) {
  if (name.size() != kSeqDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : name.substr(0, kSeqDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return Seq{number};
}

Result<ByteSpan> SnapshotFile::chunk(std::size_t index) const {
  if (index >= manifest.chunks.size() || manifest.chunks[index].source != manifest.seq) {
    return corrupt("is drawn on for a chunk it has not got");
  }
  return ByteSpan(bytes).subspan(chunks_at[index], chunk_length(manifest.length, index));
}

Bytes encode_file(const SnapshotManifest& manifest, ByteSpan state) {
  const Bytes encoded = encode(manifest);
  Bytes out = encode_header(encoded.size());
  out.reserve(lay_out(manifest, encoded.size()).end);
  append(out, encoded);
  for (std::size_t i = 0; i < manifest.chunks.size(); ++i) {
    if (manifest.chunks[i].source == manifest.seq) append(out, chunk_of(state, i));
  }
  return out;
}

Result<SnapshotFile> read_snapshot_file(io::FileSystem& files, const std::string& directory,
                                        const ActorId& actor, Seq seq) {
  const std::string path = snapshot_path(directory, actor, seq);
  TRY(const auto stored, files.open(path, io::OpenMode::kRead));
  auto file = parse_file(*stored);
  if (!file) return fail_in(file.error(), path);
  if (file->manifest.actor != actor || file->manifest.seq != seq) {
    return fail(Code::kCorrupt, "{}: the snapshot is another actor's or event's", path);
  }
  if (const Status chunks = check_own_chunks(*file); !chunks) return fail_in(chunks.error(), path);
  return file;
}

Result<Bytes> assemble_state(io::FileSystem& files, const std::string& directory,
                             const SnapshotFile& file) {
  const SnapshotManifest& manifest = file.manifest;
  Bytes state(manifest.length);
  std::map<Seq, SnapshotFile> others;
  for (std::size_t i = 0; i < manifest.chunks.size(); ++i) {
    const Seq source = manifest.chunks[i].source;
    if (source != manifest.seq && !others.contains(source)) {
      TRY(SnapshotFile other, read_snapshot_file(files, directory, manifest.actor, source));
      others.emplace(source, std::move(other));
    }
    TRY(const ByteSpan bytes, (source == manifest.seq ? file : others.at(source)).chunk(i));
    if (bytes.size() != chunk_length(manifest.length, i) ||
        chain::chunk_hash(i, bytes) != manifest.chunks[i].hash) {
      return corrupt("draws on a chunk with another hash");
    }
    std::ranges::copy(bytes, state.data() + i * kChunkBytes);
  }
  return state;
}

}  // namespace theater::store
