// Visitor: a connection with the request on it, on its way to whoever answers.
#pragma once

#include <memory>

#include "hosts/http/request.h"
#include "io/network.h"

namespace theater::hosts::listener {

/// Belongs to whoever holds it, and moves with the task that takes it to another shard. Destroyed,
/// it closes its connection without an answer.
struct Visitor {
  std::unique_ptr<io::Stream> stream;  // detached
  http::Request request;
  Bytes early;  // what the client sent behind its head
};

}  // namespace theater::hosts::listener
