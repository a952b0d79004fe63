// Date: the time as HTTP writes it.
#pragma once

#include <string>

#include "base/time.h"

namespace theater::hosts::http {

/// "Date: Sun, 06 Nov 1994 08:49:37 GMT" with its line end.
std::string date_line(WallTime time);

}  // namespace theater::hosts::http
