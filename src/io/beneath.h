// Beneath: a directory, and opening what lies below it so that no name leads out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/owned_descriptor.h"

namespace theater::io {

enum class Links : std::uint8_t {
  kInside,   // symbolic links are followed as long as they stay below the directory
  kRefused,  // a symbolic link anywhere in the path is refused
};

/// One directory, held open: it stays the same directory when it is renamed. The kernel resolves
/// names (openat2), so nothing that changes meanwhile can lead out. Calls block: not for shard
/// threads. Any thread.
class Beneath {
 public:
  /// kNotFound: no such directory.
  static Result<std::unique_ptr<Beneath>> open(const std::string& directory);
  /// A directory below this one.
  Result<std::unique_ptr<Beneath>> open_below(const std::string& path, Links links) const;

  struct How {
    int flags = 0;  // of open(2); O_CLOEXEC is added
    std::uint64_t mode = 0;
    Links links = Links::kInside;
  };
  /// `path` is relative; "" is the directory itself. kDenied: it would lead out (through "..", an
  /// absolute path or a link), or is a link that is refused. The message has the errno's text.
  Result<OwnedDescriptor> open_at(const std::string& path, const How& how) const;

  /// A path as its directory, opened with O_PATH, and its last part.
  struct Place {
    OwnedDescriptor directory;
    std::string name;
  };
  /// For calls that take a directory and a name. kInvalid if the last part is missing, "." or "..".
  Result<Place> place_of(const std::string& path) const;

 private:
  explicit Beneath(OwnedDescriptor directory) : directory_(std::move(directory)) {}
  const OwnedDescriptor directory_;
};

}  // namespace theater::io
