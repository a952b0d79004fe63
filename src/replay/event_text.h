// Event text: what a recorded event says, as named fields that people and programs read.
#pragma once

#include <string>
#include <vector>

#include "replay/event_types.h"
#include "store/actor_history.h"

namespace theater::replay {

/// Bytes beside a record: what they are, what they say.
struct PayloadText {
  enum class Place { kInput, kPayload, kOutput } place = Place::kPayload;
  std::size_t index = 0;  // among the event's inputs, payloads or outputs
  std::string role;       // "input", "arguments", "result", "output write 7", ...
  const chain::PayloadCommitment* commitment = nullptr;  // borrowed from the event
  const store::StoredEvent::Stored* stored = nullptr;    // borrowed from the event
  std::string wave;  // WAVE text; hexadecimal if the type is unknown; "" if removed
};

/// The payloads of an event in the order of its commitments.
std::vector<PayloadText> payload_texts(const store::StoredEvent& event, const EventTypes& types);

/// What the kind adds, in a few words: "evicted", "3 events", "ok, 2 outputs", ...
std::string summary_text(const chain::Record& record);

/// The whole event, one field a line: "kind: commit\nstate_root: ...\noutput write 7: ...".
std::string event_text(const store::StoredEvent& event, const EventTypes& types);

}  // namespace theater::replay
