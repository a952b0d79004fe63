// Parcels: splitting a failed batch.
#include "actor/parcel.h"

#include <utility>

#include "base/probe.h"

namespace theater::actor {

void put_back_split(Parcels& parcels, const Parcel& failed, Seq first) {
  PROBE("actor: a failed batch is split");
  for (std::size_t i = failed.inputs.size(); i-- > 0;) {
    Parcel single{failed.target, EventBatch(failed.inputs.limits()), first, 0};
    single.inputs.add(failed.inputs[i], failed.inputs.origin(i));
    parcels.push_front(std::move(single));
  }
}

}  // namespace theater::actor
