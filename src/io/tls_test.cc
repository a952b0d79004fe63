// A client trusts exactly the authorities it is given and the host it asked for; it says nothing in
// plain text, nor before the handshake is over; each end learns how the other one ended; two ends
// that both wait to be read do not stand still; a detached end asks nobody for anything.
#include "io/tls.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "io/asio_network.h"
#include "io/stepping_executor.h"
#include "io/test_tls.h"
#include "io/tls_authorities.h"

namespace theater::io {
namespace {

constexpr int kStepsMax = 2000;

/// One end of a connection: reads all it can, writes what it has.
struct End final : StreamUser {
  std::unique_ptr<Stream> stream;
  std::string heard;
  std::string unsaid;
  std::optional<Error> error;
  bool is_ready = false;  // told that it is connected
  bool has_ended = false;

  void begin(Network& network, std::unique_ptr<Stream> with) {
    stream = std::move(with);
    ASSERT_TRUE(stream->attach(network, *this));
    stream->want_write();
    stream->want_read();
  }
  void on_readable() override {
    std::array<std::uint8_t, 4096> buffer;
    const auto got = stream->read(buffer);
    if (!got) {
      error = got.error();
      return;
    }
    if (*got) heard += as_text(ByteSpan(buffer).first(**got));
    has_ended = *got == 0u;
    if (!has_ended) stream->want_read();
  }
  void on_writable() override {
    const std::array<ByteSpan, 1> pieces{as_bytes(unsaid)};
    const auto taken = stream->write(std::span(pieces).first(unsaid.empty() ? 0 : 1));
    if (!taken) {
      error = taken.error();
      return;
    }
    is_ready = true;
    unsaid.erase(0, *taken);
    if (!unsaid.empty()) stream->want_write();
  }
};

/// What lies between two ends that one thread steps: little in each direction, and only who reads
/// makes room for more.
struct Wire {
  static constexpr std::size_t kHoldsMax = 20'000;
  struct Side {
    std::string arrived;
    StreamUser* user = nullptr;
    bool wants_read = false, wants_write = false;
  };
  SteppingExecutor& executor;
  std::array<Side, 2> sides;

  std::size_t room(std::size_t from) const { return kHoldsMax - sides[1 - from].arrived.size(); }
  void tell(std::size_t side) {
    Side& it = sides[side];
    if (it.user && !it.arrived.empty() && std::exchange(it.wants_read, false)) {
      executor.post([&it] { it.user->on_readable(); });
    }
    if (it.user && room(side) > 0 && std::exchange(it.wants_write, false)) {
      executor.post([&it] { it.user->on_writable(); });
    }
  }
};

class WireEnd final : public Stream {
 public:
  WireEnd(Wire& wire, std::size_t side) : wire_(wire), side_(side) {}
  Status attach(Network&, StreamUser& user) override {
    mine().user = &user;
    return {};
  }
  void detach() override { mine().user = nullptr; }
  Result<std::optional<std::size_t>> read(std::span<std::uint8_t> buffer) override {
    std::string& from = mine().arrived;
    if (from.empty()) return std::nullopt;
    const std::size_t size = std::min(from.size(), buffer.size());
    std::copy_n(from.begin(), size, buffer.begin());
    from.erase(0, size);
    wire_.tell(1 - side_);
    return size;
  }
  Result<std::size_t> write(std::span<const ByteSpan> pieces) override {
    std::size_t total = 0;
    for (const ByteSpan piece : pieces) {
      const std::size_t size = std::min(piece.size(), wire_.room(side_));
      wire_.sides[1 - side_].arrived += as_text(piece.first(size));
      total += size;
    }
    wire_.tell(1 - side_);
    return total;
  }
  void want_read() override {
    mine().wants_read = true;
    wire_.tell(side_);
  }
  void want_write() override {
    mine().wants_write = true;
    wire_.tell(side_);
  }
  void shut_write() override {}
  std::string peer() const override { return "wire"; }

 private:
  Wire::Side& mine() { return wire_.sides[side_]; }
  Wire& wire_;
  const std::size_t side_;
};

struct TlsClientTest : testing::Test, ListenerUser {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("theater-io-tls-{}", ::getpid());
  AsioExecutor executor;
  AsioNetwork network{executor};
  std::unique_ptr<Listener> listener = *network.listen("127.0.0.1:0", *this);
  TlsFiles files;
  std::shared_ptr<TlsContext> server_context;
  End server, client;
  bool serves_tls = true;

  TlsClientTest() {
    std::filesystem::create_directories(folder);
    files = make_tls_identity(folder.string());
    server_context = *TlsContext::server(files);
    listener->want_accept();
  }
  ~TlsClientTest() override { std::filesystem::remove_all(folder); }

  void on_acceptable() override {
    auto stream = std::move(**listener->accept());
    if (serves_tls) stream = server_context->wrap(std::move(stream));
    server.begin(network, std::move(stream));
  }
  Endpoint endpoint() const {
    const std::string address = listener->address();
    const auto port = std::stoi(address.substr(address.rfind(':') + 1));
    return {*IpAddress::parse("127.0.0.1"), static_cast<std::uint16_t>(port)};
  }
  void dial(const TlsTrust& trust, const std::string& host) {
    const auto context = TlsContext::client(**TlsAuthorities::read(trust));
    client.begin(network, context->wrap(*network.connect(endpoint()), host));
  }
  TlsTrust trust() const { return {files.certificate}; }
  void run_until(const std::function<bool()>& done) {
    for (int i = 0; i < kStepsMax && !done(); ++i) executor.run_one_for(Milliseconds(5));
    ASSERT_TRUE(done());
  }
};

TEST_F(TlsClientTest, SpeaksWithWhomItTrusts) {
  server.unsaid = std::string(300'000, 's');
  client.unsaid = std::string(300'000, 'c');
  dial(trust(), "localhost");
  run_until([&] { return client.heard.size() == 300'000 && server.heard.size() == 300'000; });
  EXPECT_FALSE(client.error);
  client.stream->shut_write();
  run_until([&] { return server.has_ended; });
  server.stream->shut_write();
  run_until([&] { return client.has_ended; });
  EXPECT_FALSE(client.error);
}

TEST_F(TlsClientTest, RefusesAnUnknownAuthority) {
  client.unsaid = "secret";
  dial({}, "localhost");
  run_until([&] { return client.error.has_value(); });
  EXPECT_EQ(client.error->code, Code::kDenied);
  EXPECT_NE(client.error->message.find("self-signed"), std::string::npos) << client.error->message;
  run_until([&] { return server.error.has_value(); });
  EXPECT_EQ(server.heard, "");
  EXPECT_FALSE(client.is_ready);
}

TEST_F(TlsClientTest, RefusesAnotherHost) {
  for (const char* host : {"example.com", "127.0.0.1", "", "local*"}) {
    client.unsaid = "secret";
    dial(trust(), host);
    run_until([&] { return client.error && server.error; });
    EXPECT_EQ(client.error->code, Code::kDenied) << host;
    EXPECT_EQ(server.heard, "");
    for (End* end : {&client, &server}) {
      end->stream.reset();
      end->error.reset();
    }
    listener->want_accept();
  }
}

TEST_F(TlsClientTest, SaysNothingToAServerWithoutTls) {
  serves_tls = false;
  server.unsaid = "220 plain text, at your service\r\n";
  client.unsaid = "secret";
  dial(trust(), "localhost");
  run_until([&] { return client.error.has_value(); });
  EXPECT_EQ(client.error->code, Code::kDenied);
  EXPECT_EQ(server.heard.find("secret"), std::string::npos);
}

TEST_F(TlsClientTest, AServerThatNeverAnswersIsNeverReady) {
  serves_tls = false;
  client.unsaid = "secret";
  dial(trust(), "localhost");
  run_until([&] { return !server.heard.empty(); });
  executor.poll();
  EXPECT_FALSE(client.is_ready || client.error);
  server.stream.reset();
  run_until([&] { return client.error.has_value(); });
  EXPECT_NE(client.error->code, Code::kInternal);
}

TEST_F(TlsClientTest, AnEndThatWasNotAnnouncedIsAnError) {
  dial(trust(), "localhost");
  run_until([&] { return client.is_ready && server.is_ready; });
  server.stream.reset();
  run_until([&] { return client.error.has_value(); });
  EXPECT_EQ(client.error->code, Code::kClosed);
  EXPECT_FALSE(client.has_ended);
}

TEST_F(TlsClientTest, AnAddressWhereNobodyListensIsUnreachable) {
  const Endpoint gone = endpoint();
  listener.reset();
  client.begin(network, *network.connect(gone));
  run_until([&] { return client.error.has_value(); });
  EXPECT_EQ(client.error->code, Code::kClosed);
  client.error.reset();
  client.begin(network, TlsContext::client(**TlsAuthorities::read(trust()))
                            ->wrap(*network.connect(gone), "localhost"));
  run_until([&] { return client.error.has_value(); });
  EXPECT_EQ(client.error->code, Code::kClosed);
}

/// Each reads in pieces smaller than TLS decrypts, and so holds bytes that nobody has asked for
/// while the other one takes nothing before it is read itself.
TEST_F(TlsClientTest, TwoEndsThatBothWaitToBeReadDoNotStandStill) {
  constexpr std::size_t kBytes = 400'000;
  ManualClock clock;
  SteppingExecutor steps(clock);
  Wire wire{steps, {}};
  const auto context = TlsContext::client(**TlsAuthorities::read(trust()));
  server.unsaid = std::string(kBytes, 's');
  client.unsaid = std::string(kBytes, 'c');
  server.begin(network, server_context->wrap(std::make_unique<WireEnd>(wire, 0)));
  client.begin(network, context->wrap(std::make_unique<WireEnd>(wire, 1), "localhost"));
  steps.run();
  EXPECT_EQ(server.heard.size(), kBytes);
  EXPECT_EQ(client.heard.size(), kBytes);
  EXPECT_FALSE(server.error || client.error);
}

/// As a worker does who writes last words.
TEST_F(TlsClientTest, ADetachedEndWritesWhatTheSocketTakesAndAsksForNoMore) {
  ManualClock clock;
  SteppingExecutor steps(clock);
  Wire wire{steps, {}};
  const auto context = TlsContext::client(**TlsAuthorities::read(trust()));
  server.begin(network, server_context->wrap(std::make_unique<WireEnd>(wire, 0)));
  client.begin(network, context->wrap(std::make_unique<WireEnd>(wire, 1), "localhost"));
  steps.run();
  server.stream->detach();
  wire.sides[0].wants_write = false;
  const std::string words(2 * Wire::kHoldsMax, 'w');
  const std::array<ByteSpan, 1> pieces{as_bytes(words)};
  const auto taken = server.stream->write(pieces);
  ASSERT_TRUE(taken);
  EXPECT_GT(*taken, 0u);
  EXPECT_EQ(wire.room(0), 0u);
  EXPECT_FALSE(wire.sides[0].wants_write);
}

TEST_F(TlsClientTest, AuthoritiesThatCannotBeReadAreRefused) {
  EXPECT_EQ(TlsAuthorities::read({folder / "missing.pem"}).error().code, Code::kInvalid);
  EXPECT_EQ(TlsAuthorities::read({files.key}).error().code, Code::kInvalid);
}

/// A shard asks again for what was read when the grant was checked.
TEST_F(TlsClientTest, AuthoritiesAreReadOnce) {
  TlsAuthorityBook book;
  const auto first = *book.get(trust());
  EXPECT_EQ(*book.get(trust()), first);
  EXPECT_NE(*book.get({}), first);
  EXPECT_EQ(*book.get({}), *book.get({}));
  client.begin(network,
               TlsContext::client(*first)->wrap(*network.connect(endpoint()), "localhost"));
  run_until([&] { return client.is_ready; });
  EXPECT_FALSE(client.error);
}

TEST_F(TlsClientTest, AuthoritiesAreReadAgainWhenTheirFileHasChanged) {
  TlsAuthorityBook book;
  const std::string file = folder / "authorities.pem";
  std::filesystem::copy_file(files.certificate, file);
  const auto first = *book.get({file});
  std::filesystem::copy_file(files.key, file, std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(book.get({file}).error().code, Code::kInvalid) << "there is no certificate in it";
  std::filesystem::copy_file(files.certificate, file,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_NE(*book.get({file}), first);
  std::filesystem::remove(file);
  EXPECT_EQ(book.get({file}).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace theater::io
