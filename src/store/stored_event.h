// StoredEvent: one event with the bytes it commits to, read back from a log.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "chain/event.h"
#include "chain/log_position.h"
#include "chain/log_reader.h"

namespace theater::store {

/// Owns everything.
struct StoredEvent {
  struct Stored {
    bool present = false;  // false: removed
    Bytes bytes;
    Salt salt;
    Lsn lsn;  // of the frame that holds the bytes: for Attachment::elsewhere
  };
  chain::Record record;  // pages resolved into inputs and outputs
  Digest leaf;
  Bytes encoded;  // the record's bytes; only with Resolve::kEverything
  Lsn lsn;
  std::uint64_t segment = 0, offset = 0;  // of its frame
  std::vector<Stored> inputs;             // one for each record.inputs
  std::vector<Stored> payloads;  // one for each record.payloads; genesis, upgrade: the manifest
  std::optional<Bytes> delta;    // of a commit that changed the state
  std::vector<Stored> outputs;   // one for each record.outputs

  chain::Location location() const { return chain::LogReader::location(segment, offset); }
};

/// What is read of an event. Each has all that stands before it.
enum class Resolve : std::uint8_t {
  kFieldsOnly,   // the record, without its leaf: for who reads many and needs few
  kRecordsOnly,  // with its leaf; a genesis or upgrade with its manifest, which says who it is
  kAttachments,
  kEverything,  // with the record's bytes, for who makes them again
};

/// Reads `frame` into `event`.
Status load_event(chain::AttachmentResolver& resolver, const chain::Frame& frame, Resolve resolve,
                  StoredEvent& event);

}  // namespace theater::store
