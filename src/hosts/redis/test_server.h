// TestServer: for tests, the other end of a dialled connection, which reads commands.
#pragma once

#include <string>
#include <vector>

#include "hosts/redis/reply_reader.h"
#include "io/memory_network.h"

namespace theater::hosts::redis {

class TestServer {
 public:
  explicit TestServer(io::MemoryClient end) : end_(std::move(end)) {}
  io::MemoryClient& end() { return end_; }

  /// The commands that have arrived, words joined by spaces. What a client sends is what a server
  /// may answer: arrays of strings.
  std::vector<std::string> commands() {
    const std::string bytes = end_.take();
    ByteSpan input = as_bytes(bytes);
    std::vector<std::string> lines;
    while (true) {
      auto command = reader_.next(input);
      if (!command || !*command) return lines;
      std::string line;
      for (const Value& value : (*command)->values) {
        if (const auto* word = std::get_if<Value::kBlob>(&value.value)) {
          line += (line.empty() ? "" : " ") + std::string(as_text(*word));
        }
      }
      lines.push_back(line);
    }
  }
  void say(std::string_view reply) { end_.send(reply); }
  /// Answers all that has arrived: what was subscribed to is confirmed, a ping answered, the rest
  /// is OK.
  void answer() {
    for (const std::string& line : commands()) {
      if (line.starts_with("SUBSCRIBE") || line.starts_with("PSUBSCRIBE")) {
        for (std::size_t at = line.find(' '); at != line.npos; at = line.find(' ', at + 1)) {
          say("*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n");
        }
      } else {
        say(line.starts_with("PING") ? "*2\r\n$4\r\npong\r\n$0\r\n\r\n" : "+OK\r\n");
      }
    }
  }
  void publish(std::string_view channel, std::string_view body) {
    say(fmt::format("*3\r\n$7\r\nmessage\r\n${}\r\n{}\r\n${}\r\n{}\r\n", channel.size(), channel,
                    body.size(), body));
  }

 private:
  io::MemoryClient end_;
  ReplyReader reader_{1 << 20};
};

}  // namespace theater::hosts::redis
