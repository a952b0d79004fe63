// The rules of a chain.
#include "chain/chain_rules.h"

#include <algorithm>

#include "chain/hash.h"

namespace theater::chain {
namespace {

template <typename... Args>
std::unexpected<Error> corrupt(fmt::format_string<Args...> format, Args&&... args) {
  return fail(Code::kCorrupt, format, std::forward<Args>(args)...);
}

bool is_target(const Record& record) {
  if (record.kind == Kind::kSend || record.kind == Kind::kOperation) return true;
  return record.kind == Kind::kCommit &&
         std::ranges::any_of(record.outputs, [](const Output& output) {
           return output.output_class == OutputClass::kMessage ||
                  output.output_class == OutputClass::kReply;
         });
}

}  // namespace

void References::add(const Record& record, const Digest& leaf) {
  if (!is_target(record)) return;
  Target target{record.link.seq, leaf, record.outputs.size(), std::nullopt};
  if (record.kind == Kind::kOperation && !record.payloads.empty()) {
    target.event = record.payloads[0];
  }
  targets_[record.link.actor].push_back(std::move(target));
}

Status References::check(const Input& input) const {
  const Reference& reference = *input.reference;
  const auto actor = targets_.find(reference.actor);
  if (actor != targets_.end()) {
    const auto found = std::ranges::lower_bound(actor->second, reference.seq, {}, &Target::seq);
    if (found != actor->second.end() && found->seq == reference.seq) {
      if (found->leaf != reference.leaf) {
        return corrupt("an input refers to event {} of actor {} by another hash than it has",
                       reference.seq.value, reference.actor.hex());
      }
      if (reference.output && *reference.output >= found->outputs) {
        return corrupt("an input refers to an output that event {} has not got",
                       reference.seq.value);
      }
      if (found->event && *found->event != input.payload) {
        return corrupt("an input is not the event that operation record {} holds",
                       reference.seq.value);
      }
      return {};
    }
  }
  return corrupt("an input refers to event {} of actor {}, which sent nothing before it",
                 reference.seq.value, reference.actor.hex());
}

ChainRules::ChainRules(const ActorId& actor) : actor_(actor), root_(empty_state_root()) {}

Status ChainRules::check_genesis(const Record& record) const {
  const bool first = next_.value == 0;
  const bool is_genesis = record.kind == Kind::kGenesis;
  if (first && !is_genesis) return corrupt("the chain does not begin with a genesis");
  if (!first && is_genesis) return corrupt("a genesis stands in the middle of the chain");
  if (first && actor_id(std::get<GenesisBody>(record.body)) != actor_) {
    return corrupt("the actor's id is not that of its genesis");
  }
  return {};
}

Status ChainRules::check_link(const Record& record) const {
  if (record.link.seq != next_) {
    return corrupt("seq {} stands where {} is expected", record.link.seq.value, next_.value);
  }
  if (record.link.previous != head_) {
    return corrupt("the previous hash is not that of event {}", next_.value - 1);
  }
  if (record.link.time_us < time_us_) return corrupt("the time falls");
  return check_genesis(record);
}

Status ChainRules::check_state(const Record& record, const Delta* delta) {
  if (delta != nullptr) {
    TRY_OK(apply_delta(*delta, chunks_));
    state_bytes_ = delta->length;
    root_ = state_root(delta->salt, delta->length, chunks_.root());
  }
  if (record.state_root && *record.state_root != root_) {
    return corrupt("the state root is not that of the state");
  }
  return {};
}

/// Imports: ordinals rise; one request at a time waits for its answer.
Status ChainRules::check_call(const Record& record) {
  if (record.kind == Kind::kHostResponse) {
    if (request_ != std::get<RequestBody>(record.body).request) {
      return corrupt("the response answers no open request");
    }
    request_.reset();
    return {};
  }
  const std::uint64_t ordinal = std::get<OrdinalBody>(record.body).ordinal;
  if (request_) return corrupt("a call is made while a request waits for its answer");
  if (last_ordinal_ && ordinal <= *last_ordinal_) return corrupt("the ordinals do not rise");
  last_ordinal_ = ordinal;
  if (record.kind == Kind::kHostRequest) request_ = record.link.seq;
  return {};
}

Status ChainRules::end_invocation(const Record& record) {
  if (record.kind == Kind::kCommit && request_) {
    return corrupt("the commit leaves a request without its answer");
  }
  invocation_.reset();
  request_.reset();
  last_ordinal_.reset();
  return {};
}

Status ChainRules::check_place(const Record& record) {
  if (record.invocation && record.invocation != invocation_) {
    return corrupt("the event belongs to invocation {}, which is not under way",
                   record.invocation->value);
  }
  switch (record.kind) {
    case Kind::kReceive: {
      const auto* repeat = std::get_if<RepeatBody>(&record.body);
      if (repeat != nullptr && repeat->first >= record.link.seq) {
        return corrupt("a recv repeats one that comes later");
      }
      if (invocation_) return corrupt("a recv stands inside another invocation");
      invocation_ = record.link.seq;
      return {};
    }
    case Kind::kHostCall:
    case Kind::kHostRequest:
    case Kind::kHostResponse:
    case Kind::kDenied:
      return check_call(record);
    case Kind::kCommit:
    case Kind::kTrap:
      return end_invocation(record);
    case Kind::kSnapshot:
      if (invocation_) return corrupt("a snapshot stands inside an invocation");
      if (std::get<SnapshotBody>(record.body).seq >= record.link.seq) {
        return corrupt("a snapshot holds what comes after it");
      }
      return {};
    default:
      return {};
  }
}

Status ChainRules::add(const Record& record, const Digest& leaf, const Delta* delta) {
  TRY_OK(check_link(record));
  TRY_OK(check_place(record));
  TRY_OK(check_state(record, delta));
  next_ = next_.next();
  head_ = leaf;
  time_us_ = record.link.time_us;
  return {};
}

}  // namespace theater::chain
