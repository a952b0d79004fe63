// TlsContext and TlsStream: OpenSSL between two memory buffers.
#include "hosts/websocket_server/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace theater::hosts::websocket_server {

namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;
constexpr std::size_t kCipherMax = 256 * 1024;  // encrypted bytes that wait for the socket

std::string openssl_reason() {
  std::array<char, 256> text;
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

/// Reads cipher text from the inner stream into one BIO and writes it from another. Whatever the
/// handshake wants to write is written as soon as the inner stream takes it.
class TlsStream final : public io::Stream, private io::StreamUser {
 public:
  TlsStream(SSL_CTX* context, std::unique_ptr<io::Stream> inner)
      : inner_(std::move(inner)), ssl_(SSL_new(context)) {
    CHECK(ssl_, "openssl");
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_accept_state(ssl_);
  }
  ~TlsStream() override { SSL_free(ssl_); }

  Status attach(io::Network& network, io::StreamUser& user) override {
    user_ = &user;
    return inner_->attach(network, *this);
  }
  void detach() override {
    inner_->detach();
    user_ = nullptr;
    wants_read_ = wants_write_ = false;
  }

  Result<std::optional<std::size_t>> read(std::span<std::uint8_t> buffer) override {
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
      if (reason == SSL_ERROR_ZERO_RETURN) has_ended_ = true;
      const bool is_dry = reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
      if (!is_dry && !has_ended_) return broken(total);
      if (has_ended_) return total;
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
    std::size_t total = 0;
    for (ByteSpan piece : pieces) {
      while (!piece.empty()) {
        TRY_OK(push());
        if (BIO_ctrl_pending(out_) >= kCipherMax) return total;
        ERR_clear_error();
        std::size_t taken = 0;
        const std::size_t size = std::min(piece.size(), kRecordBytes);
        if (SSL_write_ex(ssl_, piece.data(), size, &taken) != 1) {
          const int reason = SSL_get_error(ssl_, 0);
          if (reason == SSL_ERROR_WANT_READ) return total;  // the handshake is not over
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
    if (may_have_more_) return inner_->want_write();  // soon, not inside this call
    inner_->want_read();
  }
  void want_write() override {
    wants_write_ = true;
    inner_->want_write();
  }
  void shut_write() override {
    SSL_shutdown(ssl_);
    shuts_write_ = true;
    if (push() && BIO_ctrl_pending(out_) > 0) inner_->want_write();
  }
  std::string peer() const override { return inner_->peer(); }

 private:
  using ReadResult = Result<std::optional<std::size_t>>;
  /// What was read before the failure is given first; the next read fails again.
  static ReadResult broken(std::size_t total) {
    if (total > 0) return total;
    return fail(Code::kClosed, "tls: {}", openssl_reason());
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
        inner_->want_write();
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
    if (!std::exchange(wants_read_, false)) return;
    user_->on_readable();
  }
  void on_writable() override {
    const auto pushed = push();  // an error is seen by the user's next call
    const bool has_room = !pushed || BIO_ctrl_pending(out_) < kCipherMax;
    const bool tells_read = may_have_more_ && std::exchange(wants_read_, false);
    const bool tells_write = has_room && std::exchange(wants_write_, false);
    if (wants_write_) inner_->want_write();
    io::StreamUser* user = user_;
    if (tells_write) return tell_both(*user, tells_read);
    if (tells_read) user->on_readable();
  }
  /// The user may destroy this stream in the first call, so only one is made now.
  void tell_both(io::StreamUser& user, bool tells_read) {
    if (tells_read) {
      wants_read_ = true;
      inner_->want_write();
    }
    user.on_writable();
  }

  std::unique_ptr<io::Stream> inner_;
  SSL* ssl_;
  BIO* in_ = nullptr;   // owned by ssl_
  BIO* out_ = nullptr;  // owned by ssl_
  io::StreamUser* user_ = nullptr;
  bool wants_read_ = false;
  bool wants_write_ = false;
  bool may_have_more_ = false;  // the last read stopped for want of room, not of bytes
  bool has_ended_ = false;
  bool shuts_write_ = false;
  bool is_shut_ = false;
};

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::create(const TlsFiles& files) {
  SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
  CHECK(raw, "openssl");
  std::shared_ptr<TlsContext> context(new TlsContext(raw));
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
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

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::unique_ptr<io::Stream> TlsContext::wrap(std::unique_ptr<io::Stream> inner) const {
  return std::make_unique<TlsStream>(context_, std::move(inner));
}

}  // namespace theater::hosts::websocket_server
