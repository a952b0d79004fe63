// TlsContext: certificate, key and the settings of TLS; makes a TLS stream from a plain one.
#pragma once

#include <memory>

#include "hosts/websocket_server/grant.h"
#include "io/network.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace theater::hosts::websocket_server {

/// TLS 1.2 and 1.3, server side. Immutable after construction; any thread.
class TlsContext {
 public:
  /// Refuses files that cannot be read or do not belong together: there is no way back to plain
  /// text.
  static Result<std::shared_ptr<TlsContext>> create(const TlsFiles& files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// A stream that speaks TLS over `inner`; the handshake happens as it is read.
  std::unique_ptr<io::Stream> wrap(std::unique_ptr<io::Stream> inner) const;

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  SSL_CTX* context_;
};

}  // namespace theater::hosts::websocket_server
