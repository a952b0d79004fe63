//! What may not become a plan, and the sentence that says so.

use crate::{PlanStatus, Refusal};
use wasmtime_environ::wasmparser::{Validator, WasmFeatures};

const MAGIC: &[u8] = b"\0asm";

/// The determinism profile's features: WebAssembly 2.0 without external references, with tail
/// calls, several memories, extended constants and deterministic relaxed SIMD; the Component Model
/// without its asynchronous parts. Threads, garbage collection, exceptions and 64-bit memories are
/// off.
pub fn features() -> WasmFeatures {
    let mut features = WasmFeatures::WASM2
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::BULK_MEMORY_OPT
        | WasmFeatures::CALL_INDIRECT_OVERLONG
        | WasmFeatures::COMPONENT_MODEL;
    features.remove(WasmFeatures::GC_TYPES);
    features
}

fn with_async() -> WasmFeatures {
    features()
        | WasmFeatures::CM_ASYNC
        | WasmFeatures::CM_ASYNC_STACKFUL
        | WasmFeatures::CM_MORE_ASYNC_BUILTINS
        | WasmFeatures::CM_THREADING
        | WasmFeatures::CM_ERROR_CONTEXT
}

/// Checks the first eight bytes.
pub fn preamble(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() < 8 || &bytes[..4] != MAGIC {
        return Err(Refusal::new(
            PlanStatus::NotWasm,
            "this is not WebAssembly: the file does not begin with \\0asm",
        ));
    }
    if bytes[6..8] == [0, 0] {
        return Err(Refusal::new(
            PlanStatus::CoreModule,
            "this is a core WebAssembly module, not a component: wrap it with \
             `wasm-tools component new`",
        ));
    }
    Ok(())
}

/// Why validation against `features()` failed: finds out whether a wider set would accept it.
pub fn explain(bytes: &[u8], message: &str) -> Refusal {
    let message = &message.replace('\n', " ");
    let valid = |set| Validator::new_with_features(set).validate_all(bytes).is_ok();
    if message.contains("component model async") || valid(with_async()) {
        return Refusal::new(
            PlanStatus::ComponentAsync,
            format!(
                "the component uses component-model async (async functions, streams or futures), \
                 which Theater refuses: {message}"
            ),
        );
    }
    if valid(WasmFeatures::all()) {
        return Refusal::new(
            PlanStatus::Unsupported,
            format!(
                "the component uses a WebAssembly feature outside Theater's determinism profile: \
                 {message}"
            ),
        );
    }
    Refusal::new(PlanStatus::Invalid, format!("the component is not valid: {message}"))
}

pub fn unsupported(what: &str) -> Refusal {
    Refusal::new(PlanStatus::Unsupported, format!("the component {what}, which Theater refuses"))
}
