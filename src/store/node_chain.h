// The node's own chain: its genesis follows from the node's id, so that every reader knows it.
#pragma once

#include <string_view>

#include "base/ids.h"
#include "chain/event_body.h"

namespace theater::store {

inline constexpr std::string_view kNodeManifest = "theater node\n";

/// No component, no world; the nonce is the node's id and the manifest has no salt.
chain::GenesisBody node_genesis(const NodeId& node);
ActorId node_actor_id(const NodeId& node);

}  // namespace theater::store
