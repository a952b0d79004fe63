// Visitor: a connection with the request on it, on its way to whoever answers.
#pragma once

#include <memory>

#include "hosts/http/request.h"
#include "io/network.h"

namespace theater::hosts::listener {

struct Visitor {
  std::unique_ptr<io::Stream> stream;  // detached
  http::Request request;
  Bytes early;  // what the client sent behind its head
};

}  // namespace theater::hosts::listener
