// The comparison of a C++ signature with the one a component wants.
#include "wasm/typed.h"

namespace theater::wasm::typed_detail {

Status same_signature(const FunctionType& ours, const FunctionType& theirs) {
  bool same = ours.result == theirs.result && ours.parameters.size() == theirs.parameters.size();
  for (std::size_t i = 0; same && i < ours.parameters.size(); ++i) {
    same = ours.parameters[i].type == theirs.parameters[i].type;
  }
  if (same) return {};
  return fail(Code::kInvalid, "the component wants {} but the host offers {}", to_wit(theirs),
              to_wit(ours));
}

}  // namespace theater::wasm::typed_detail
