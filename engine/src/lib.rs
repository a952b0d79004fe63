//! wasmtime's C API, re-exported, and one addition: `theater_component_plan`, which validates a
//! component and flattens it into a plan that the C++ side can execute on the core C API.
//! The plan's form is documented in `docs/formats/component-plan.md`; nothing else lives in Rust.

pub use wasmtime_c_api::*;

mod instances;
mod plan;
mod refuse;
mod writer;

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::slice;

/// Answers of `theater_component_plan`. On `OK` the output is a plan, otherwise one sentence.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanStatus {
    Ok = 0,
    NotWasm = 1,
    CoreModule = 2,
    ComponentAsync = 3,
    Unsupported = 4,
    Invalid = 5,
    Internal = 6,
}

/// A refusal: the reason and one sentence for people.
pub struct Refusal {
    pub status: PlanStatus,
    pub sentence: String,
}

impl Refusal {
    pub fn new(status: PlanStatus, sentence: impl Into<String>) -> Refusal {
        Refusal { status, sentence: sentence.into() }
    }
}

/// Translates the component at `bytes` into a plan. `out` and `out_length` receive a buffer that
/// `theater_plan_delete` frees. Callable from any thread.
///
/// # Safety
/// `bytes` must be readable for `length` bytes; `out` and `out_length` must be writable.
#[no_mangle]
pub unsafe extern "C" fn theater_component_plan(
    bytes: *const u8,
    length: usize,
    out: *mut *mut u8,
    out_length: *mut usize,
) -> PlanStatus {
    let component = if length == 0 { &[] } else { slice::from_raw_parts(bytes, length) };
    let outcome =
        catch_unwind(AssertUnwindSafe(|| plan::translate(component))).unwrap_or_else(|_| {
            Err(Refusal::new(
                PlanStatus::Internal,
                "the component planner failed on this component",
            ))
        });
    let (status, answer) = match outcome {
        Ok(plan) => (PlanStatus::Ok, plan),
        Err(refusal) => (refusal.status, refusal.sentence.into_bytes()),
    };
    let boxed = answer.into_boxed_slice();
    *out_length = boxed.len();
    *out = Box::into_raw(boxed).cast();
    status
}

/// Frees what `theater_component_plan` returned.
///
/// # Safety
/// `plan` and `length` must come from one call of `theater_component_plan`.
#[no_mangle]
pub unsafe extern "C" fn theater_plan_delete(plan: *mut u8, length: usize) {
    drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(plan, length)));
}
