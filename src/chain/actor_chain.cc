// ActorChain: heads and appends.
#include "chain/actor_chain.h"

#include <algorithm>

#include "chain/hash.h"

namespace theater::chain {

ActorChain::Head ActorChain::head_of_new(const GenesisBody& genesis) {
  return {actor_id(genesis), Seq{0}, Digest{}, 0};
}

Result<Appended> ActorChain::append(const RecordDraft& draft,
                                    std::span<const Attachment> attachments) {
  const Link link{head_.actor, head_.next, head_.last,
                  std::max(head_.time_us, clock_.wall().microseconds())};
  Digest leaf;
  TRY(const Lsn lsn, log_.submit(shard_, link, draft, attachments, leaf));
  head_.next = head_.next.next();
  head_.last = leaf;
  head_.time_us = link.time_us;
  return Appended{link.seq, leaf, lsn};
}

}  // namespace theater::chain
