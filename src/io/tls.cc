// TlsContext and TlsStream: OpenSSL between two memory buffers.
#include "io/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "io/tls_authorities.h"

namespace theater::io {

namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;
constexpr std::size_t kCipherMax = 256 * 1024;  // encrypted bytes that wait for the socket

std::string openssl_reason() {
  std::array<char, 256> text;
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

SSL_CTX* make_context(const SSL_METHOD* method) {
  SSL_CTX* context = SSL_CTX_new(method);
  CHECK(context, "openssl");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  return context;
}

/// A TLS engine between two memory buffers: cipher text goes into one and comes out of the other.
struct Session {
  SSL* ssl;
  BIO* in;   // owned by ssl
  BIO* out;  // owned by ssl
};

Session open_session(SSL_CTX* context) {
  const Session session{SSL_new(context), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};
  CHECK(session.ssl && session.in && session.out, "openssl");
  BIO_set_mem_eof_return(session.in, -1);
  SSL_set_bio(session.ssl, session.in, session.out);
  return session;
}

Session open_server_session(SSL_CTX* context) {
  const Session session = open_session(context);
  SSL_set_accept_state(session.ssl);
  return session;
}

/// The certificate must be for `host`; a name is also told to the server.
Session open_client_session(SSL_CTX* context, const std::string& host) {
  const Session session = open_session(context);
  SSL_set_connect_state(session.ssl);
  SSL_set_hostflags(session.ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (IpAddress::parse(host)) {
    CHECK(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.ssl), host.c_str()) == 1, "openssl");
    return session;
  }
  // A name that cannot be told or compared fails the handshake: nothing is set, nothing matches.
  const bool is_set = !host.empty() && SSL_set_tlsext_host_name(session.ssl, host.c_str()) == 1 &&
                      SSL_set1_host(session.ssl, host.c_str()) == 1;
  if (!is_set) SSL_set1_host(session.ssl, "invalid.");
  return session;
}

/// Reads cipher text from the inner stream into the engine and writes it back out. The handshake
/// comes first: until it is over, nobody is told anything.
class TlsStream final : public Stream, private StreamUser {
 public:
  TlsStream(const Session& session, std::unique_ptr<Stream> inner)
      : inner_(std::move(inner)),
        ssl_(session.ssl),
        in_(session.in),
        out_(session.out),
        is_client_(SSL_is_server(session.ssl) == 0) {}
  ~TlsStream() override { SSL_free(ssl_); }

  Status attach(Network& network, StreamUser& user) override {
    user_ = &user;
    return inner_->attach(network, *this);
  }
  void detach() override {
    inner_->detach();
    forget_user();
  }
  void abandon() override {
    inner_->abandon();
    forget_user();
  }

  Result<std::optional<std::size_t>> read(std::span<std::uint8_t> buffer) override {
    TRY(const bool is_ready, shake());
    if (!is_ready) return std::nullopt;
    std::size_t total = 0;
    may_have_more_ = true;
    while (total < buffer.size()) {
      ERR_clear_error();
      std::size_t got = 0;
      const int answer = SSL_read_ex(ssl_, buffer.data() + total, buffer.size() - total, &got);
      TRY_OK(push());
      if (answer == 1) {
        total += got;
        continue;
      }
      const int reason = SSL_get_error(ssl_, answer);
      if (reason == SSL_ERROR_ZERO_RETURN) has_ended_ = is_end_announced_ = true;
      const bool is_dry = reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
      if (!is_dry && !has_ended_) return broken(total);
      if (has_ended_) return end(total);
      TRY(const bool has_more, pull());
      if (!has_more && !has_ended_) {
        may_have_more_ = false;
        break;
      }
    }
    if (total == 0) return std::nullopt;
    return total;
  }

  Result<std::size_t> write(std::span<const ByteSpan> pieces) override {
    TRY(const bool is_ready, shake());
    std::size_t total = 0;
    if (!is_ready) return total;
    for (ByteSpan piece : pieces) {
      while (!piece.empty()) {
        TRY_OK(push());
        if (total >= kWriteBytesMax || BIO_ctrl_pending(out_) >= kCipherMax) return total;
        ERR_clear_error();
        std::size_t taken = 0;
        const std::size_t size = std::min(piece.size(), kRecordBytes);
        if (SSL_write_ex(ssl_, piece.data(), size, &taken) != 1) {
          const int reason = SSL_get_error(ssl_, 0);
          if (reason == SSL_ERROR_WANT_READ) return total;
          return fail(Code::kClosed, "tls: {}", openssl_reason());
        }
        total += taken;
        piece = piece.subspan(taken);
      }
    }
    TRY_OK(push());
    return total;
  }

  void want_read() override {
    wants_read_ = true;
    if (!is_shaken_) return want_shake();
    // Soon, not inside this call; if the peer takes nothing before it is read, it has sent more.
    if (may_have_more_) inner_->want_write();
    inner_->want_read();
  }
  void want_write() override {
    wants_write_ = true;
    if (!is_shaken_) return want_shake();
    inner_->want_write();
  }
  void shut_write() override {
    SSL_shutdown(ssl_);
    shuts_write_ = true;
    if (push() && BIO_ctrl_pending(out_) > 0) inner_->want_write();
  }
  std::string peer() const override { return inner_->peer(); }

 private:
  void forget_user() {
    user_ = nullptr;
    wants_read_ = wants_write_ = false;
  }
  using ReadResult = Result<std::optional<std::size_t>>;
  /// What was read before the failure is given first; the next read fails again.
  static ReadResult broken(std::size_t total) {
    if (total > 0) return total;
    return fail(Code::kClosed, "tls: {}", openssl_reason());
  }
  /// Whether somebody cut the end off matters to those who read to the end: clients.
  ReadResult end(std::size_t total) const {
    if (total > 0 || is_end_announced_ || !is_client_) return total;
    return fail(Code::kClosed, "tls: ended without a closing alert");
  }

  /// Goes on with the handshake; true: it is over.
  Result<bool> shake() {
    if (is_shaken_) return true;
    if (failure_) return std::unexpected(*failure_);
    auto shaken = shake_now();
    if (!shaken) failure_ = shaken.error();
    return shaken;
  }
  Result<bool> shake_now() {
    while (true) {
      ERR_clear_error();
      const int answer = SSL_do_handshake(ssl_);
      if (answer != 1 && SSL_get_error(ssl_, answer) != SSL_ERROR_WANT_READ) {
        Error error = handshake_error();
        (void)push();  // the alert; the handshake has failed whether it arrives or not
        return std::unexpected(std::move(error));
      }
      TRY_OK(push());
      if (answer == 1) {
        may_have_more_ = is_shaken_ = true;
        return true;
      }
      TRY(const bool has_more, pull());
      if (has_ended_) return fail(Code::kDenied, "tls: ended in the handshake");
      if (!has_more) return false;
    }
  }
  Error handshake_error() const {
    const long verified = SSL_get_verify_result(ssl_);
    const std::string reason = openssl_reason();
    if (!is_client_ || verified == X509_V_OK) return {Code::kDenied, "tls: " + reason};
    return {Code::kDenied, fmt::format("tls: certificate of {}: {}", inner_->peer(),
                                       X509_verify_cert_error_string(verified))};
  }
  void want_shake() {
    if (is_begun_ && !failure_) return inner_->want_read();
    inner_->want_write();  // soon; at the latest when it is connected
  }
  void shake_and_tell() {
    is_begun_ = true;
    const auto shaken = shake();
    if (shaken && !*shaken) return inner_->want_read();
    StreamUser* user = user_;
    const bool tells_read = std::exchange(wants_read_, false);
    if (std::exchange(wants_write_, false)) return tell_both(*user, tells_read);
    if (tells_read) user->on_readable();
  }

  /// Cipher text from the socket into the engine; false: nothing there now, or the end.
  Result<bool> pull() {
    std::array<std::uint8_t, kRecordBytes> buffer;
    TRY(const auto got, inner_->read(buffer));
    if (!got) return false;
    if (*got == 0) {
      has_ended_ = true;
      return false;
    }
    CHECK(BIO_write(in_, buffer.data(), static_cast<int>(*got)) == static_cast<int>(*got),
          "openssl");
    return true;
  }

  /// Cipher text from the engine to the socket, as much as it takes.
  Status push() {
    while (true) {
      char* data = nullptr;
      const long size = BIO_get_mem_data(out_, &data);
      if (size <= 0) break;
      const ByteSpan bytes(reinterpret_cast<std::uint8_t*>(data), static_cast<std::size_t>(size));
      const std::array<ByteSpan, 1> pieces{bytes};
      TRY(const std::size_t taken, inner_->write(pieces));
      std::array<char, kRecordBytes> used;
      for (std::size_t left = taken; left > 0;) {
        const int read = BIO_read(out_, used.data(), static_cast<int>(std::min(left, used.size())));
        CHECK(read > 0, "openssl");
        left -= static_cast<std::size_t>(read);
      }
      if (taken < bytes.size()) {
        if (user_ != nullptr) inner_->want_write();  // else nobody waits
        return {};
      }
    }
    if (shuts_write_ && !is_shut_) {
      is_shut_ = true;
      inner_->shut_write();
    }
    return {};
  }

  void on_readable() override {
    if (!is_shaken_) return shake_and_tell();
    if (!std::exchange(wants_read_, false)) return;
    user_->on_readable();
  }
  void on_writable() override {
    if (!is_shaken_) return shake_and_tell();
    const auto pushed = push();  // an error is seen by the user's next call
    const bool has_room = !pushed || BIO_ctrl_pending(out_) < kCipherMax;
    const bool tells_read = may_have_more_ && std::exchange(wants_read_, false);
    const bool tells_write = has_room && std::exchange(wants_write_, false);
    if (wants_write_) inner_->want_write();
    StreamUser* user = user_;
    if (tells_write) return tell_both(*user, tells_read);
    if (tells_read) user->on_readable();
  }
  /// The user may destroy this stream in the first call, so only one is made now.
  void tell_both(StreamUser& user, bool tells_read) {
    if (tells_read) {
      wants_read_ = true;
      inner_->want_write();
    }
    user.on_writable();
  }

  std::unique_ptr<Stream> inner_;
  SSL* ssl_;
  BIO* in_;
  BIO* out_;
  const bool is_client_;
  StreamUser* user_ = nullptr;
  bool wants_read_ = false;
  bool wants_write_ = false;
  bool may_have_more_ = false;    // the last read stopped for want of room, not of bytes
  bool is_begun_ = false;         // the handshake
  bool is_shaken_ = false;        // it is over
  std::optional<Error> failure_;  // of it
  bool has_ended_ = false;
  bool is_end_announced_ = false;
  bool shuts_write_ = false;
  bool is_shut_ = false;
};

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::server(const TlsFiles& files) {
  SSL_CTX* raw = make_context(TLS_server_method());
  std::shared_ptr<TlsContext> context(new TlsContext(raw));
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()) != 1) {
    return fail(Code::kInvalid, "certificate {}: {}", files.certificate, openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(raw, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(Code::kInvalid, "key {}: {}", files.key, openssl_reason());
  }
  if (SSL_CTX_check_private_key(raw) != 1) {
    return fail(Code::kInvalid, "key {} does not belong to certificate {}", files.key,
                files.certificate);
  }
  return context;
}

std::shared_ptr<TlsContext> TlsContext::client(const TlsAuthorities& authorities) {
  std::shared_ptr<TlsContext> context(new TlsContext(make_context(TLS_client_method())));
  authorities.set(context->context_);
  return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::unique_ptr<Stream> TlsContext::wrap(std::unique_ptr<Stream> inner) const {
  return std::make_unique<TlsStream>(open_server_session(context_), std::move(inner));
}

std::unique_ptr<Stream> TlsContext::wrap(std::unique_ptr<Stream> inner,
                                         const std::string& host) const {
  return std::make_unique<TlsStream>(open_client_session(context_, host), std::move(inner));
}

}  // namespace theater::io
