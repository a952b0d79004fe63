// Unplugged: services that do nothing, for instances that are made only to be asked what they know
// from their grant. Nothing is opened, no time passes.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::host {

/// Outlives the instances made with it. They are stopped like others.
class Unplugged {
 public:
  Unplugged();
  ~Unplugged();
  const Services& services() const;
  actor::ActorPort& actor();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace theater::host
