// The order in which a record's attachments stand: one list, used to write, verify and resolve.
#pragma once

#include <cstdint>
#include <optional>

#include "chain/attachment.h"
#include "chain/event.h"

namespace theater::chain {

/// What one attachment of a record must be.
struct Expected {
  enum class Role : std::uint8_t {
    kInputPage,
    kInput,
    kPayload,
    kManifest,
    kDelta,
    kOutputPage,
    kOutput
  };
  Role role{};
  std::size_t index = 0;                          // of the input, payload or output
  const PayloadCommitment* commitment = nullptr;  // of payloads
  const Page* page = nullptr;                     // of pages

  AttachmentClass attachment_class() const {
    if (role == Role::kDelta) return AttachmentClass::kDelta;
    return page != nullptr ? AttachmentClass::kPage : AttachmentClass::kPayload;
  }
  /// Nothing for a delta: only its content tells.
  std::optional<std::uint64_t> length() const {
    if (page != nullptr) return page->length;
    if (commitment != nullptr) return commitment->length;
    return std::nullopt;
  }
};

/// Whether the record has a delta is told by its attachments, not by the record.
enum class HasDelta : std::uint8_t { kNo, kYes };
struct PagesOf {
  const Page* inputs = nullptr;
  const Page* outputs = nullptr;
};

/// Calls `visit(const Expected&)` for each attachment, in order; `visit` answers false to stop.
/// The lists of `draft` are complete: pages are resolved.
template <typename Visit>
bool for_each_expected(const RecordDraft& draft, const PagesOf& pages, HasDelta has_delta,
                       Visit&& visit) {
  using Role = Expected::Role;
  if (pages.inputs && !visit(Expected{Role::kInputPage, 0, nullptr, pages.inputs})) return false;
  for (std::size_t i = 0; i < draft.inputs.size(); ++i) {
    if (!visit(Expected{Role::kInput, i, &draft.inputs[i].payload})) return false;
  }
  for (std::size_t i = 0; i < draft.payloads.size(); ++i) {
    if (!visit(Expected{Role::kPayload, i, &draft.payloads[i]})) return false;
  }
  if (has_delta == HasDelta::kYes && !visit(Expected{Role::kDelta})) return false;
  if (const auto* genesis = std::get_if<GenesisBody>(&draft.body)) {
    if (!visit(Expected{Role::kManifest, 0, &genesis->manifest})) return false;
  }
  if (pages.outputs && !visit(Expected{Role::kOutputPage, 0, nullptr, pages.outputs})) return false;
  for (std::size_t i = 0; i < draft.outputs.size(); ++i) {
    if (!visit(Expected{Role::kOutput, i, &draft.outputs[i].payload})) return false;
  }
  return true;
}

}  // namespace theater::chain
