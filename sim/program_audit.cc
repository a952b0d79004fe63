// ProgramAudit: from start to end.
#include "sim/program_audit.h"

#include "hosts/process/payload.h"

namespace theater::sim {

using hosts::process::Payload;

Status ProgramAudit::start(std::uint64_t id) {
  if (programs_.emplace(id, Life::kStarted).second) return {};
  return fail(Code::kInternal, "program {} was started by two commits", id);
}

Status ProgramAudit::hear(ByteSpan bytes) {
  TRY(const auto event, wasm::from_binary<host::Event<Payload>>(bytes));
  const auto program = programs_.find(event.id);
  if (program == programs_.end()) {
    return fail(Code::kInternal, "program {} was never started and is heard of", event.id);
  }
  if (program->second == Life::kEnded) {
    return fail(Code::kInternal, "program {} is heard of after its end", event.id);
  }
  if (event.payload.value.index() == Payload::kEnded) program->second = Life::kEnded;
  return {};
}

Status ProgramAudit::finish() const {
  for (const auto& [id, life] : programs_) {
    if (life != Life::kEnded) return fail(Code::kInternal, "program {} never ended", id);
  }
  return {};
}

}  // namespace theater::sim
