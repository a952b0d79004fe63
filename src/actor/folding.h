// The folding rule (chain.md 1): which calls leave a record and which results emit an effect. Pure
// functions of a call's table entry and its result, so that replay decides the same.
#pragma once

#include <cstdint>
#include <optional>

#include "actor/family_info.h"
#include "base/bytes.h"

namespace theater::actor {

/// Whether `result` is the call's plain result, given the actor's next id.
bool is_plain(const CallInfo& call, ByteSpan result, std::uint64_t next_id);
/// Appends the plain result. Nothing, false, if the call has none.
bool make_plain(const CallInfo& call, std::uint64_t next_id, Bytes& result);
/// Whether a call with this result makes its effect an output.
bool emits(const CallInfo& call, ByteSpan result);
/// Whether the result uses up the next id.
bool mints(const CallInfo& call, ByteSpan result, std::uint64_t next_id);
/// What the effect is about.
std::uint64_t target_id(const CallInfo& call, ByteSpan arguments, std::uint64_t next_id);

}  // namespace theater::actor
