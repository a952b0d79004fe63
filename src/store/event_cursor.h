// EventCursor: the events of a data directory one after another, as they become durable.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "chain/log_reader.h"
#include "io/file.h"
#include "store/stored_event.h"

namespace theater::store {

/// May stand beside a running node (then with kDurable); changes nothing. Not for concurrent use.
class EventCursor {
 public:
  struct Filter {
    std::optional<ActorId> actor;  // nothing: every actor's events and the node's, in lsn order
    Resolve resolve = Resolve::kAttachments;
    Lsn until{UINT64_MAX};  // the end, which is not read
  };
  static Result<std::unique_ptr<EventCursor>> open(io::FileSystem& files, const std::string& root,
                                                   chain::ReadUpTo up_to, const Filter& filter);

  /// The next event, or nullptr at the end so far: ask again later. Valid until the next call.
  Result<StoredEvent*> next();

 private:
  EventCursor(std::unique_ptr<chain::LogReader> reader, const Filter& filter)
      : reader_(std::move(reader)), filter_(filter) {}
  std::unique_ptr<chain::LogReader> reader_;
  Filter filter_;
  StoredEvent event_;
};

}  // namespace theater::store
