// From a frame to an event that owns its bytes.
#include "store/stored_event.h"

#include "chain/commitments.h"
#include "chain/hash.h"

namespace theater::store {
namespace {

using chain::Expected;

std::vector<StoredEvent::Stored>* list_of(StoredEvent& event, Expected::Role role) {
  switch (role) {
    case Expected::Role::kInput:
      return &event.inputs;
    case Expected::Role::kPayload:
    case Expected::Role::kManifest:
      return &event.payloads;
    case Expected::Role::kOutput:
      return &event.outputs;
    default:
      return nullptr;
  }
}

Status load_attachment(chain::AttachmentResolver& resolver, const chain::Frame& frame,
                       std::size_t index, const Expected& expected, StoredEvent& event) {
  if (expected.page != nullptr) return {};
  const auto found = resolver.resolve(frame, index, expected.commitment);
  if (!found && found.error().code != Code::kNotFound) return std::unexpected(found.error());
  if (expected.role == Expected::Role::kDelta) {
    if (found) event.delta = to_bytes(found->bytes);
    return {};
  }
  StoredEvent::Stored stored;
  if (found) stored = {true, to_bytes(found->bytes), found->salt, found->holder};
  list_of(event, expected.role)->push_back(std::move(stored));
  return {};
}

/// The manifest is the only attachment of these.
bool is_origin(chain::Kind kind) {
  return kind == chain::Kind::kGenesis || kind == chain::Kind::kUpgrade;
}

bool wants_attachments(Resolve resolve, chain::Kind kind) {
  return resolve >= Resolve::kAttachments || (resolve == Resolve::kRecordsOnly && is_origin(kind));
}

}  // namespace

Status load_event(chain::AttachmentResolver& resolver, const chain::Frame& frame, Resolve resolve,
                  StoredEvent& event) {
  event.inputs.clear();
  event.payloads.clear();
  event.outputs.clear();
  event.delta.reset();
  event.lsn = frame.lsn;
  event.segment = frame.segment;
  event.offset = frame.offset;
  if (resolve >= Resolve::kRecordsOnly) {
    event.leaf = chain::leaf_hash_prefixed(frame.zero_and_record);
  }
  if (resolve == Resolve::kEverything) {
    event.encoded.assign(frame.record.begin(), frame.record.end());
  }
  Status loaded = resolver.decode(frame, event.record);
  if (loaded && wants_attachments(resolve, event.record.kind)) {
    std::size_t index = 0;
    chain::for_each_expected(event.record.draft(), chain::pages_of(event.record),
                             chain::delta_of(frame), [&](const Expected& expected) {
                               loaded = load_attachment(resolver, frame, index++, expected, event);
                               return loaded.has_value();
                             });
  }
  if (loaded) return {};
  const chain::Location place = event.location();
  return fail_in(loaded.error(), fmt::format("{} at byte {}", place.file, place.offset));
}

}  // namespace theater::store
