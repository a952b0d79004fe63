// ComponentStore: components by the SHA-256 of their bytes. What a genesis names can be found
// again.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "io/file.h"

namespace theater::store {

/// Lives in the node's data directory. Callable from any thread; two calls with one digest must not
/// overlap. A blob is written once, whole, and never changed.
class ComponentStore {
 public:
  ComponentStore(io::FileSystem& files, std::string directory);

  /// Stores a component, if it is not there yet, durably. Returns its digest.
  Result<Digest> put(ByteSpan wasm);
  /// The bytes, checked against the digest. kNotFound, kCorrupt.
  Result<Bytes> get(const Digest& digest);
  Result<std::vector<Digest>> list();
  const std::string& directory() const { return directory_; }

 private:
  std::string path(const Digest& digest) const;
  bool is_known_durable(const Digest& digest);
  io::FileSystem& files_;
  std::string directory_;
  std::mutex mutex_;
  std::set<Digest> durable_;  // whose names this process has synced
};

}  // namespace theater::store
