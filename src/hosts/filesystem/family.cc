// The filesystem family: its functions and its grant.
#include "hosts/filesystem/family.h"

#include "host/bound_family.h"
#include "hosts/filesystem/instance.h"

namespace theater::hosts::filesystem {

namespace {

class FilesystemFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  FilesystemFamily() : BoundFamily(&parse_grant) {
    binding()
        .wait<&Instance::check_read, &Instance::read>("read-wait")
        .repeatable()
        .wait<&Instance::check_list, &Instance::list>("list-wait")
        .repeatable()
        .operation<&Instance::check_change, &Instance::change>("change");
    host::describe<host::Outcome>(binding().info(), "filesystem", actor::HandlerNeed::kOptional);
  }
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<FilesystemFamily>(); }

}  // namespace theater::hosts::filesystem
