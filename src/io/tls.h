// TlsContext: what one end of TLS knows and demands; makes a TLS stream from a plain one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "io/network.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace theater::io {

/// A server's certificate (with its chain) and key: PEM files.
struct TlsFiles {
  std::string certificate, key;
  bool operator==(const TlsFiles&) const = default;
};

/// Whom a client trusts: the authorities the system knows, and those in a PEM file.
struct TlsTrust {
  std::optional<std::string> authorities_file;
  bool operator==(const TlsTrust&) const = default;
};

class TlsAuthorities;

/// TLS 1.2 and 1.3, either end. Immutable after construction; any thread. There is no way back to
/// plain text: a handshake that fails is an error of the stream (kDenied), and nothing was said.
class TlsContext {
 public:
  /// Refuses files that cannot be read or do not belong together. Reads them.
  static Result<std::shared_ptr<TlsContext>> server(const TlsFiles& files);
  static std::shared_ptr<TlsContext> client(const TlsAuthorities& authorities);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// A server's end over `inner`; the handshake happens as it is read or written.
  std::unique_ptr<Stream> wrap(std::unique_ptr<Stream> inner) const;
  /// A client's end, over a stream that may still be connecting. `host` is a name or an address:
  /// the certificate must be for it, and come from a trusted authority. Answers want_write() once
  /// the handshake is over; a write of nothing then tells how. An end of the peer that TLS has not
  /// announced is an error (kClosed).
  std::unique_ptr<Stream> wrap(std::unique_ptr<Stream> inner, const std::string& host) const;

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  SSL_CTX* context_;
};

}  // namespace theater::io
