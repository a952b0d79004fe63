// describe_event: one event as text, for the tools and for replay's differences.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actor/family_info.h"
#include "base/bytes.h"
#include "chain/event.h"
#include "store/actor_history.h"

namespace theater::actor {

/// The bytes behind an event's commitments, in its order; nothing for bytes that are not there.
/// Borrowed.
struct EventPayloads {
  std::vector<std::optional<ByteSpan>> inputs, payloads, outputs;
  static EventPayloads of(const store::StoredEvent& event);
};

struct DescribeOptions {
  std::span<const FamilyInfo* const> families;  // their types print the values
  std::size_t value_length_max = 2000;          // characters of a value; more: cut with "..."
};

/// (field, text) pairs in a fixed order: "inputs[0]" -> "{id: 1, payload: tick}". Values are WAVE
/// text; bytes without a known type are hexadecimal.
using EventText = std::vector<std::pair<std::string, std::string>>;
EventText describe_event(const chain::Record& record, const EventPayloads& payloads,
                         const DescribeOptions& options);

/// One "field: text" line each.
std::string to_lines(const EventText& text);

}  // namespace theater::actor
