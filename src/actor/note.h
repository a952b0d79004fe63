// Notes: texts for people that go into the chain.
#pragma once

#include <string>
#include <string_view>

namespace theater::actor {

/// `text` as valid UTF-8 of at most kNoteBytesMax bytes, cut between characters; what is not UTF-8
/// loses its bytes above 0x7F.
std::string cut_note(std::string_view text);

}  // namespace theater::actor
