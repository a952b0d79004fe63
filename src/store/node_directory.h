// NodeDirectory: the layout of a node's data directory, its identity, and the lock on it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "io/clock.h"
#include "io/file.h"

namespace theater::store {

inline constexpr std::uint32_t kFormatVersion = 1;

/// Paths in a data directory.
struct NodeLayout {
  std::string root;
  std::string identity() const { return root + "/node"; }
  std::string lock() const { return root + "/lock"; }
  std::string log() const { return root + "/log"; }
  std::string snapshots() const { return root + "/snap"; }
  std::string index() const { return root + "/index"; }  // derived
  std::string components() const { return root + "/components"; }
  std::string compile_cache() const { return root + "/cache"; }  // derived; may be deleted
};

enum class Create : std::uint8_t { kIfMissing, kNever };

/// A data directory in use by this process. Refuses (kConflict) one that another process holds, and
/// names that process; refuses (kUnsupported) another format version, (kCorrupt) a damaged
/// identity, (kInvalid) a directory that is not empty and not Theater's. Released on destruction.
class NodeDirectory {
 public:
  static Result<std::unique_ptr<NodeDirectory>> open(io::FileSystem& files, const std::string& path,
                                                     Create create, io::Random& random);
  /// The identity alone, without the lock: for tools that only read.
  static Result<NodeId> read_identity(io::FileSystem& files, const std::string& root);

  const NodeLayout& layout() const { return layout_; }
  const NodeId& node() const { return node_; }

 private:
  NodeDirectory(NodeLayout layout, NodeId node, std::unique_ptr<io::FileLock> lock);
  NodeLayout layout_;
  NodeId node_;
  std::unique_ptr<io::FileLock> lock_;
};

}  // namespace theater::store
