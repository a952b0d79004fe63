// Any bytes as a component plan: decoded or refused, never a crash; what decodes compiles to
// layouts or is refused.
#include "wasm/abi_layout.h"
#include "wasm/plan.h"

using namespace theater;
using namespace theater::wasm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const PlanCode code : {PlanCode::kPresent, PlanCode::kAbsent}) {
    const Result<Plan> plan = decode_plan({data, size}, code);
    if (!plan) continue;
    for (const FunctionType& function : plan->functions) {
      static_cast<void>(FunctionLayout::compile(function).has_value());
    }
  }
  return 0;
}
