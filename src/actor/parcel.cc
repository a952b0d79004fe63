// Parcels: splitting a failed batch.
#include "actor/parcel.h"

#include <utility>

namespace theater::actor {

void put_back_split(Parcels& parcels, const Parcel& failed, Seq first) {
  for (std::size_t i = failed.inputs.size(); i-- > 0;) {
    Parcel single{failed.target, EventBatch(failed.inputs.limits()), first};
    single.inputs.add(failed.inputs[i]);
    parcels.push_front(std::move(single));
  }
}

}  // namespace theater::actor
