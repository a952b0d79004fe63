// TestServer: for tests, an HTTP server that says what it is told to.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/asio_executor.h"
#include "io/asio_network.h"
#include "io/tls.h"

namespace theater::hosts::http_client {

/// On the loopback, on a network of the test. Answers each request with what the test says, or not
/// at all; a client that has asked for something with "/waits" in it gets no answer any more.
class TestServer final : private io::ListenerUser {
 public:
  explicit TestServer(io::AsioNetwork& network) : network_(network) {
    listener_ = *network.listen("127.0.0.1:0", *this);
    listener_->want_accept();
  }
  std::uint16_t port() const {
    const std::string address = listener_->address();
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  void answer(std::string text) { answer_ = std::move(text); }
  /// To those who ask for `path`, whatever the others are told.
  void answer_at(const std::string& path, std::string text) { answers_[path] = std::move(text); }
  void serve_tls(std::shared_ptr<io::TlsContext> tls) { tls_ = std::move(tls); }
  void say(std::string_view text) {
    for (auto& one : clients_) one->say(text);
  }
  void leave() { clients_.clear(); }
  std::string heard() const {
    std::string all;
    for (const auto& one : clients_) all += one->heard;
    return all;
  }
  std::size_t accepted() const { return accepted_; }

 private:
  struct Client final : io::StreamUser {
    TestServer& server;
    std::unique_ptr<io::Stream> stream;
    std::string heard, unsaid;
    std::size_t answered = 0;
    Client(TestServer& of, std::unique_ptr<io::Stream> with) : server(of), stream(std::move(with)) {
      EXPECT_TRUE(stream->attach(server.network_, *this));
      stream->want_read();
    }
    void say(std::string_view text) {
      unsaid += text;
      on_writable();
    }
    void on_readable() override {
      std::array<std::uint8_t, 4096> buffer;
      const auto got = stream->read(buffer);
      if (!got || *got == 0u) return;
      if (*got) heard += as_text(ByteSpan(buffer).first(**got));
      const bool waits = heard.find("/waits") != heard.npos;
      const std::size_t requests = waits ? 0 : count(heard, "\r\n\r\n");
      for (; answered < requests && !answer_now().empty(); ++answered) say(answer_now());
      stream->want_read();
    }
    void on_writable() override {
      const auto taken = stream->write(std::array{as_bytes(unsaid)});
      if (taken) unsaid.erase(0, *taken);
      if (taken && !unsaid.empty()) stream->want_write();
    }
    /// To the first request that has no answer yet; bodies have no empty line in these tests.
    const std::string& answer_now() const {
      std::size_t begin = 0;
      for (std::size_t i = 0; i < answered; ++i) begin = heard.find("\r\n\r\n", begin) + 4;
      const std::size_t path = heard.find(" /", begin) + 1;
      const auto found = server.answers_.find(heard.substr(path, heard.find(' ', path) - path));
      return found == server.answers_.end() ? server.answer_ : found->second;
    }
    static std::size_t count(std::string_view text, std::string_view what) {
      std::size_t found = 0;
      for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
      return found;
    }
  };
  void on_acceptable() override {
    while (auto stream = *listener_->accept()) {
      ++accepted_;
      if (tls_) stream = tls_->wrap(std::move(*stream));
      clients_.push_back(std::make_unique<Client>(*this, std::move(*stream)));
    }
    listener_->want_accept();
  }

  io::AsioNetwork& network_;
  std::shared_ptr<io::TlsContext> tls_;
  std::unique_ptr<io::Listener> listener_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::string answer_ = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Is: There\r\n\r\nhello";
  std::map<std::string, std::string> answers_;  // by path
  std::size_t accepted_ = 0;
};

}  // namespace theater::hosts::http_client
