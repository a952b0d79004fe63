// TlsAuthorities: whom the clients of TLS trust, read once. Reading those of a system takes tens of
// milliseconds: before an actor starts, not on its shard.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/tls.h"

typedef struct x509_store_st X509_STORE;

namespace theater::io {

/// Immutable; any thread.
class TlsAuthorities {
 public:
  /// kInvalid: the file cannot be read.
  static Result<std::shared_ptr<const TlsAuthorities>> read(const TlsTrust& trust);
  ~TlsAuthorities();
  TlsAuthorities(const TlsAuthorities&) = delete;
  TlsAuthorities& operator=(const TlsAuthorities&) = delete;

  /// Lets `context` believe these and no others: verification of the peer is on. For libraries
  /// that bring their own sessions. Quick.
  void set(SSL_CTX* context) const;

 private:
  explicit TlsAuthorities(X509_STORE* store) : store_(store) {}
  X509_STORE* store_;
};

/// Those that were asked for, each read once, and again when its file has changed; the system's own
/// once. Any thread: who reads holds up those who ask meanwhile. Bounded by the files that grants
/// name.
class TlsAuthorityBook {
 public:
  Result<std::shared_ptr<const TlsAuthorities>> get(const TlsTrust& trust);

 private:
  struct Entry {
    TlsTrust trust;
    std::string version;  // of the file; empty: of none
    std::shared_ptr<const TlsAuthorities> authorities;
  };
  std::mutex mutex_;
  std::vector<Entry> read_;
};

}  // namespace theater::io
