// CompileCache: compiled components on disk, checked before use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "io/file.h"

namespace theater::wasm {

/// What must be equal for compiled code to be reused.
struct CacheKey {
  Digest component;  // of the component's bytes
  Digest settings;   // Engine::settings_digest()
};

/// What compiling made: the plan without its code, and each module as wasmtime serialised it.
struct CacheEntry {
  Bytes plan;
  std::vector<Bytes> modules;
  bool operator==(const CacheEntry&) const = default;
};

/// One file an entry, written as a whole and sealed with SHA-256. Reading native code back is only
/// as safe as the directory: it must be writable by nobody but the node's user.
class CompileCache {
 public:
  CompileCache(io::FileSystem& files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}

  /// The entry, or nothing if there is none or it is damaged in any way.
  std::optional<CacheEntry> find(const CacheKey& key) const;
  Status store(const CacheKey& key, const CacheEntry& entry);
  std::string path_of(const CacheKey& key) const;

 private:
  io::FileSystem& files_;
  std::string directory_;
};

}  // namespace theater::wasm
