// TlsAuthorities: a store of certificates, shared by the contexts that use it.
#include "io/tls_authorities.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace theater::io {

Result<std::shared_ptr<const TlsAuthorities>> TlsAuthorities::read(const TlsTrust& trust) {
  X509_STORE* const store = X509_STORE_new();
  CHECK(store, "openssl");
  std::shared_ptr<const TlsAuthorities> authorities(new TlsAuthorities(store));
  X509_STORE_set_default_paths(store);  // without them nobody is trusted
  ERR_clear_error();
  const auto& file = trust.authorities_file;
  if (file && X509_STORE_load_file(store, file->c_str()) != 1) {
    std::array<char, 256> reason;
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    ERR_clear_error();
    return fail(Code::kInvalid, "authorities {}: {}", *file, reason.data());
  }
  return authorities;
}

TlsAuthorities::~TlsAuthorities() { X509_STORE_free(store_); }

void TlsAuthorities::set(SSL_CTX* context) const {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set1_cert_store(context, store_);
}

namespace {
/// What changes when somebody writes the file or puts another in its place.
std::string version_of(const TlsTrust& trust) {
  struct stat found{};
  if (!trust.authorities_file || ::stat(trust.authorities_file->c_str(), &found) != 0) return {};
  return fmt::format("{} {} {} {}.{}", found.st_dev, found.st_ino, found.st_size,
                     found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
}
}  // namespace

Result<std::shared_ptr<const TlsAuthorities>> TlsAuthorityBook::get(const TlsTrust& trust) {
  const std::scoped_lock lock(mutex_);
  const std::string version = version_of(trust);
  auto found = std::ranges::find(read_, trust, &Entry::trust);
  if (found != read_.end() && found->version == version) return found->authorities;
  TRY(auto authorities, TlsAuthorities::read(trust));
  if (found == read_.end()) found = read_.insert(found, Entry{trust, {}, {}});
  found->version = version;
  found->authorities = authorities;
  return authorities;
}

}  // namespace theater::io
