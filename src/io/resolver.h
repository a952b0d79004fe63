// Resolver: the port through which a shard turns names into addresses.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "io/endpoint.h"

namespace theater::io {

using LookupId = StrongNumber<struct LookupTag>;

/// A shard's. Shard thread only. Answers are addresses in the order in which they should be tried;
/// none is filtered: whoever connects checks them against its grant.
class Resolver {
 public:
  using Addresses = std::vector<IpAddress>;
  using Answer = std::move_only_function<void(Result<Addresses>)>;

  virtual ~Resolver() = default;
  /// Looks `host` (a name, or an address without brackets) up. `answer` is called once, as a task
  /// of the shard, never inside this call. kNotFound: no such name, or it has no address;
  /// kDeadline: `patience` is over; kFull: too many lookups wait; kIo: the resolver failed.
  virtual LookupId resolve(const std::string& host, Nanoseconds patience, Answer answer) = 0;
  /// The answer never comes. Without effect if it has.
  virtual void cancel(LookupId lookup) = 0;
};

}  // namespace theater::io
