// The database family: its functions and its grant.
#include "hosts/database/family.h"

#include "host/bound_family.h"
#include "hosts/database/instance.h"

namespace theater::hosts::database {

namespace {

class DatabaseFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  explicit DatabaseFamily(const io::Environment& variables)
      : BoundFamily(&parse_grant), variables_(variables) {
    binding()
        .operation<&Instance::plan_query, &Instance::begin_query>("query")
        .wait<&Instance::check_query, &Instance::wait_query>("query-wait")
        .repeatable()
        .operation<&Instance::plan_execute, &Instance::begin_execute>("execute")
        .operation<&Instance::plan_transaction, &Instance::begin_transaction>("transaction")
        .operation<&Instance::plan_listen, &Instance::begin_listen>("listen");
    host::describe<Payload>(binding().info(), "database", actor::HandlerNeed::kRequired);
  }

 protected:
  Result<std::unique_ptr<actor::FamilyInstance>> make(Grant grant,
                                                      const host::Context& context) const override {
    for (DatabaseGrant& database : grant.databases) {
      const auto found = variables_.find(database.secret_environment);
      if (found != variables_.end()) database.from_environment = found->second;
    }
    return std::make_unique<Instance>(binding(), grant, context);
  }

 private:
  const io::Environment variables_;
};

}  // namespace

std::unique_ptr<host::Family> make_family(const io::Environment& variables) {
  return std::make_unique<DatabaseFamily>(variables);
}

}  // namespace theater::hosts::database
