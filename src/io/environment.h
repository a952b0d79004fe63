// Environment: the process's variables, as a value.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace theater::io {

/// Names and values. A snapshot: what the process or its parent change later is not seen.
using Environment = std::map<std::string, std::string, std::less<>>;

/// The variables of this process now. To be called while it has one thread, by its composition
/// root.
Environment process_environment();

}  // namespace theater::io
