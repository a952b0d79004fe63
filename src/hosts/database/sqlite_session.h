// SQLite's sessions: a connection whose work is done by the node's workers.
#pragma once

#include "host/family.h"
#include "hosts/database/grant.h"
#include "hosts/database/session.h"

namespace theater::hosts::database {

/// The maker of sessions on the grant's file.
std::unique_ptr<SessionMaker> make_sqlite_sessions(const DatabaseGrant& grant,
                                                   const host::Services& services);

}  // namespace theater::hosts::database
