// The file-watch family: its function and its grant.
#include "hosts/file_watch/family.h"

#include "host/bound_family.h"
#include "hosts/file_watch/instance.h"

namespace theater::hosts::file_watch {

namespace {

class FileWatchFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  FileWatchFamily() : BoundFamily(&parse_grant) {
    binding().operation<&Instance::watch, &Instance::begin>("watch");
    host::describe<Payload>(binding().info(), "file-watch", actor::HandlerNeed::kRequired);
  }
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<FileWatchFamily>(); }

}  // namespace theater::hosts::file_watch
