// Parcel: inputs that the actor holds itself, to be delivered before anything from its families.
#pragma once

#include <list>
#include <optional>

#include "actor/event_batch.h"
#include "actor/program.h"
#include "base/ids.h"

namespace theater::actor {

/// The parameters of init, the previous component for migrate, or events to be delivered again.
struct Parcel {
  const ExportTarget* target = nullptr;
  EventBatch inputs{BatchLimits{}};
  std::optional<Seq> first;  // the recv that held them before
  std::size_t asked = 0;     // as Delivery::asked
};

using Parcels = std::list<Parcel>;  // costs nothing while it is empty

/// A failed batch's events, one a parcel, in front of the others.
void put_back_split(Parcels& parcels, const Parcel& failed, Seq first);

}  // namespace theater::actor
