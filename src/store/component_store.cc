// Blobs by digest.
#include "store/component_store.h"

#include "chain/hash.h"

namespace theater::store {
namespace {

constexpr std::uint64_t kComponentBytesMax = std::uint64_t{1} << 30;
constexpr std::string_view kSuffix = ".wasm";

}  // namespace

ComponentStore::ComponentStore(io::FileSystem& files, std::string directory)
    : files_(files), directory_(std::move(directory)) {}

std::string ComponentStore::path(const Digest& digest) const {
  return fmt::format("{}/{}{}", directory_, digest.hex(), kSuffix);
}

Result<Digest> ComponentStore::put(ByteSpan wasm) {
  const Digest digest = chain::sha256(wasm);
  if (files_.exists(path(digest)) && get(digest)) {
    if (!is_known_durable(digest)) TRY_OK(files_.sync_directory(directory_));
  } else {
    TRY_OK(files_.make_directories(directory_));
    TRY_OK(io::write_file_atomically(files_, path(digest), wasm));
  }
  const std::lock_guard lock(mutex_);
  durable_.insert(digest);
  return digest;
}

/// False: the name is there, but whoever made it may have ended before it was synced.
bool ComponentStore::is_known_durable(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  return durable_.contains(digest);
}

Result<Bytes> ComponentStore::get(const Digest& digest) {
  TRY(Bytes bytes, io::read_file(files_, path(digest), kComponentBytesMax));
  if (chain::sha256(bytes) != digest) {
    return fail(Code::kCorrupt, "{} is damaged: its bytes have another digest", path(digest));
  }
  return bytes;
}

Result<std::vector<Digest>> ComponentStore::list() {
  std::vector<Digest> digests;
  if (!files_.exists(directory_)) return digests;
  TRY(const std::vector<std::string> names, files_.list(directory_));
  for (const std::string& name : names) {
    if (!name.ends_with(kSuffix)) continue;
    const auto raw = from_hex(std::string_view(name).substr(0, name.size() - kSuffix.size()));
    if (raw && raw->size() == Digest::size()) digests.push_back(Digest::from(*raw));
  }
  return digests;
}

}  // namespace theater::store
