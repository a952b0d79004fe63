// The database family: query, query-wait, execute, transaction, listen. WIT: wit/database.wit.
#pragma once

#include <memory>

#include "host/family.h"
#include "io/environment.h"

namespace theater::hosts::database {

/// `variables` may hold the connection strings that grants name; copied.
std::unique_ptr<host::Family> make_family(const io::Environment& variables);

}  // namespace theater::hosts::database
