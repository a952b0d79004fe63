// The genesis of node chains.
#include "store/node_chain.h"

#include "chain/hash.h"

namespace theater::store {

chain::GenesisBody node_genesis(const NodeId& node) {
  chain::GenesisBody body;
  body.manifest =
      chain::commit_payload(Salt{}, as_bytes(kNodeManifest), chain::type_hint("string"));
  body.nonce = Salt::from(node.span());
  return body;
}

ActorId node_actor_id(const NodeId& node) { return chain::actor_id(node_genesis(node)); }

}  // namespace theater::store
