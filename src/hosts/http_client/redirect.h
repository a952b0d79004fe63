// Redirects: what a response that points elsewhere asks for, by RFC 9110 section 15.4.
#pragma once

#include <expected>
#include <optional>

#include "hosts/http_client/exchange.h"

namespace theater::hosts::http_client {

/// What is to be asked next, or why not: it leads nowhere, or where the grant does not lead.
using Next = std::expected<Ask, host::GuestError>;

/// Nothing: the response is for the guest. What is secret for the server that was asked (fields
/// Authorization and Cookie) goes to no other origin; a secret of the grant is the next server's
/// own.
std::optional<Next> redirect(const Ask& asked, const Response& response, const Grant& grant);

}  // namespace theater::hosts::http_client
