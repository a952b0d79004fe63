// What the parts of FakeHost share.
#pragma once

#include <string>
#include <string_view>

#include "theater/actor.h"

namespace theater::testing {

using actor::types::Code;
using actor::types::Outcome;

inline actor::types::Error error(Code code, std::string_view message) {
  actor::types::Error made{};
  made.code = code;
  made.message = message;
  return made;
}

inline wit::Failure<actor::types::Error> failed(Code code, std::string_view message) {
  return {error(code, message)};
}

inline std::string text_of(wit::Bytes bytes) { return {bytes.begin(), bytes.end()}; }

inline std::string data_of(const actor::websocket_types::Message& message) {
  return message.is_text() ? std::string(message.text) : text_of(message.binary);
}

/// Peer or OutgoingSocket.
template <class Receiver>
void receive(Receiver& receiver, const std::string& data,
             actor::websocket_types::Message::Tag tag) {
  if (tag == actor::websocket_types::Message::Tag::kText) {
    receiver.texts.push_back(data);
  } else {
    receiver.binaries.emplace_back(data.begin(), data.end());
  }
}

}  // namespace theater::testing
