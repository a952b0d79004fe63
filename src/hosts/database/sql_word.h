// The first word of a statement: what a session must not be asked for.
#pragma once

#include <string>
#include <string_view>

namespace theater::hosts::database {

/// In upper case, after space and comments (`--`, nested `/* */`); empty if there is none.
std::string first_word(std::string_view sql);

/// Whether a PostgreSQL statement would end or nest the transaction it runs in, or change what the
/// connection speaks (COPY, LISTEN).
bool is_session_command(std::string_view sql);

/// Whether a PostgreSQL statement may answer with rows in number. True of some that do not.
bool may_return_rows(std::string_view sql);

}  // namespace theater::hosts::database
