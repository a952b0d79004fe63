// PostgreSQL's sessions.
#pragma once

#include "host/family.h"
#include "hosts/database/grant.h"
#include "hosts/database/session.h"

namespace theater::hosts::database {

/// The maker of sessions on the grant's server. Its secret is read when a session is made.
std::unique_ptr<SessionMaker> make_postgres_sessions(const DatabaseGrant& grant,
                                                     const host::Services& services);

}  // namespace theater::hosts::database
