// TlsIdentity and TlsPeer: for tests, a self-signed certificate and a TLS client between two byte
// strings.
#pragma once

#include <memory>
#include <string>

#include "io/tls.h"

struct ssl_st;
struct ssl_ctx_st;

namespace theater::io {

/// Writes a fresh certificate and its key into `folder`.
TlsFiles make_tls_identity(const std::string& folder);

/// A client that trusts anybody. Feed it what the server wrote; send what it has to say.
class TlsPeer {
 public:
  TlsPeer();
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  /// Queues plain text for the server; goes out once the handshake is done.
  void say(const std::string& text) { unsaid_ += text; }
  /// Takes cipher text from the server; returns the cipher text to send.
  std::string exchange(const std::string& received);
  /// The plain text heard so far.
  const std::string& heard() const { return heard_; }

 private:
  ssl_ctx_st* context_;
  ssl_st* ssl_;
  std::string unsaid_, heard_;
};

}  // namespace theater::io
