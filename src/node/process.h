// Process settings a node wants, made once at its start.
#pragma once

namespace theater::node {

/// A closed pipe is an error of that write, not the process's end; as many descriptors as the
/// system allows, since each client takes one. Best before many threads are.
void prepare_process();

}  // namespace theater::node
