// FamilyOperations: one port for many; each question goes to all, whoever knows the id answers.
#include <algorithm>

#include "actor/families.h"

namespace theater::actor {

std::string_view operation_phase_word(OperationPhase phase) {
  static constexpr std::string_view kWords[] = {"queued", "running",   "done",
                                                "failed", "cancelled", "interrupted"};
  return kWords[static_cast<std::size_t>(phase)];
}

std::optional<OperationStatus> FamilyOperations::status(OperationId id) const {
  for (const OperationPort* port : ports_) {
    if (auto status = port->status(id)) return status;
  }
  return std::nullopt;
}

void FamilyOperations::pending(std::vector<OperationId>& ids) const {
  for (const OperationPort* port : ports_) port->pending(ids);
  std::ranges::sort(ids);  // ids are minted in the order of the starts
}

Result<Bytes> FamilyOperations::collect(OperationId id, std::uint64_t offset,
                                        std::uint64_t bytes_max) const {
  for (const OperationPort* port : ports_) {
    auto found = port->collect(id, offset, bytes_max);
    if (found || found.error().code != Code::kNotFound) return found;
  }
  return fail(Code::kNotFound, "no result of operation {} is kept", id.value);
}

void FamilyOperations::more(OperationId id, std::uint64_t credit) {
  for (OperationPort* port : ports_) port->more(id, credit);
}

void FamilyOperations::cancel(OperationId id) {
  for (OperationPort* port : ports_) port->cancel(id);
}

void FamilyOperations::delivered(OperationId id) {
  for (OperationPort* port : ports_) port->delivered(id);
}

void FamilyOperations::begin_again(OperationId id) {
  for (OperationPort* port : ports_) port->begin_again(id);
}

Status FamilyOperations::fold_record(const OperationPast& past) {
  for (OperationPort* port : ports_) TRY_OK(port->fold_record(past));
  return {};
}

void FamilyOperations::fold_more(OperationId id, std::uint64_t credit) {
  for (OperationPort* port : ports_) port->fold_more(id, credit);
}

void FamilyOperations::fold_cancel(OperationId id) {
  for (OperationPort* port : ports_) port->fold_cancel(id);
}

void FamilyOperations::fold_delivered(OperationId id) {
  for (OperationPort* port : ports_) port->fold_delivered(id);
}

void FamilyOperations::list(std::vector<OperationView>& views) const {
  for (const OperationPort* port : ports_) port->list(views);
}

}  // namespace theater::actor
