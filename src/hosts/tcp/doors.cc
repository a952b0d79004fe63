// Doors: names, shards, and visits that find nobody.
#include "hosts/tcp/doors.h"

#include <utility>

namespace theater::hosts::tcp {

void Doors::open(const std::string& name, io::Executor& shard, Instance& instance) {
  const std::lock_guard lock(mutex_);
  doors_.try_emplace(name, Door{&shard, std::make_shared<Instance* const>(&instance)});
}

void Doors::close(const std::string& name, const Instance& instance) {
  const std::lock_guard lock(mutex_);
  const auto found = doors_.find(name);
  if (found != doors_.end() && *found->second.inside == &instance) doors_.erase(found);
}

void Doors::visit(const std::string& name, Visit visit) {
  {
    // A shard outlives its instances, and these close their doors: as long as the lock is held, the
    // shard takes tasks.
    const std::lock_guard lock(mutex_);
    const auto found = doors_.find(name);
    if (found != doors_.end()) {
      const std::weak_ptr<Instance* const> inside = found->second.inside;
      found->second.shard->post([inside, visit = std::move(visit)]() mutable {
        const auto there = inside.lock();
        visit(there ? *there : nullptr);
      });
      return;
    }
  }
  visit(nullptr);
}

}  // namespace theater::hosts::tcp
