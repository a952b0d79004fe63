// Fiber stacks whose memory the thread sanitizer watches.
#pragma once

#include <wasmtime.h>

namespace theater::wasm {

/// Lets the engine take its fiber stacks from libc's mmap and give them back by munmap. The
/// engine's own calls go past the sanitizer, which takes two calls, on two threads, whose stacks
/// had the same address one after the other, for a race. Only for engines without a pool.
void watch_stacks(wasm_config_t* config);

}  // namespace theater::wasm
