// Doors: how actors on several shards hand connections to each other.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/bytes.h"
#include "io/executor.h"
#include "io/network.h"

namespace theater::hosts::tcp {

class Instance;

/// Which end of a connection the actors of this node are: who is who when TLS begins.
enum class End : std::uint8_t { kDialled, kAccepted };

/// A connection on its way from one actor to another.
struct Parcel {
  std::unique_ptr<io::Stream> stream;  // detached
  End end = End::kAccepted;
  std::string host;  // that was dialled
  bool is_secure = false;
  std::string sender;    // the actor it comes from,
  std::uint64_t id = 0;  // and its id there
  Bytes note;
};

/// A family's; any thread. An actor is known by its name from open() to close(), and only then is
/// its shard still there to be told.
class Doors {
 public:
  /// Runs on the thread of whoever is visited; nullptr: there is nobody (any more).
  using Visit = std::move_only_function<void(Instance* there)>;

  /// On the instance's shard; a second one of a name is not known.
  void open(const std::string& name, io::Executor& shard, Instance& instance);
  void close(const std::string& name, const Instance& instance);
  /// One visit, from a task of the shard of the actor `name`; from inside this call if there is no
  /// such actor.
  void visit(const std::string& name, Visit visit);

 private:
  struct Door {
    io::Executor* shard;
    std::shared_ptr<Instance* const> inside;  // watched by visits; ends on the shard's thread
  };
  std::mutex mutex_;
  std::map<std::string, Door> doors_;
};

}  // namespace theater::hosts::tcp
