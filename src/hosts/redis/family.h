// The redis family. WIT: wit/redis.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::redis {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::redis
