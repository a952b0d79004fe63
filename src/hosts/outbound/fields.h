// Header fields that a guest asks to send.
#pragma once

#include <string>
#include <string_view>

#include "host/wit_types.h"

namespace theater::hosts::outbound {

inline constexpr std::size_t kFieldsMax = 64;             // of one request
inline constexpr std::size_t kFieldBytesMax = 16 * 1024;  // names and values of one request

/// A token of RFC 9110: the name of a field, a method, a subprotocol.
bool is_token(std::string_view text);
/// Nothing in it ends a line.
bool is_field_value(std::string_view text);
/// ASCII letters in lower case.
std::string lower(std::string_view text);

/// kInvalid: a field that cannot be sent, or that frames or routes the request, which is the
/// host's to write. kTooLarge: too many.
host::Outcome check_fields(const host::Headers& headers);

}  // namespace theater::hosts::outbound
