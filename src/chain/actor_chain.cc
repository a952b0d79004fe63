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
  TRY(const Submitted done, log_.submit(shard_, link, draft, attachments));
  head_.next = head_.next.next();
  head_.last = done.leaf;
  head_.time_us = link.time_us;
  head_.bytes += done.bytes;
  return Appended{link.seq, done.leaf, done.lsn, done.bytes};
}

}  // namespace theater::chain
