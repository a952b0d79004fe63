// The one addition to wasmtime's C API: a component, validated and flattened into a plan.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Answers of theater_component_plan.
enum theater_plan_status {
  THEATER_PLAN_OK = 0,
  THEATER_PLAN_NOT_WASM = 1,
  THEATER_PLAN_CORE_MODULE = 2,
  THEATER_PLAN_COMPONENT_ASYNC = 3,
  THEATER_PLAN_UNSUPPORTED = 4,
  THEATER_PLAN_INVALID = 5,
  THEATER_PLAN_INTERNAL = 6,
};

/// Translates the component at `bytes`. On THEATER_PLAN_OK `*out` is a plan in the form of
/// docs/formats/component-plan.md, otherwise one sentence in UTF-8; either way the caller frees it
/// with theater_plan_delete. Callable from any thread.
int32_t theater_component_plan(const uint8_t* bytes, size_t length, uint8_t** out,
                               size_t* out_length);
void theater_plan_delete(uint8_t* plan, size_t length);

#ifdef __cplusplus
}
#endif
