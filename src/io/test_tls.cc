// TlsIdentity and TlsPeer on OpenSSL.
#include "io/test_tls.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cstdio>

#include "base/check.h"

namespace theater::io {

namespace {

constexpr long kDay = 86'400;

void sign_itself(X509* certificate, EVP_PKEY* key) {
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kDay);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  CHECK(X509_sign(certificate, key, EVP_sha256()) > 0, "test");
}

}  // namespace

TlsFiles make_tls_identity(const std::string& folder) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  CHECK(key && certificate, "test");
  sign_itself(certificate, key);
  const TlsFiles files{folder + "/certificate.pem", folder + "/key.pem"};
  std::FILE* certificate_file = std::fopen(files.certificate.c_str(), "w");
  std::FILE* key_file = std::fopen(files.key.c_str(), "w");
  CHECK(certificate_file && key_file, "test");
  PEM_write_X509(certificate_file, certificate);
  PEM_write_PrivateKey(key_file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(certificate_file);
  std::fclose(key_file);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

TlsPeer::TlsPeer() : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  BIO_set_mem_eof_return(SSL_get_rbio(ssl_), -1);
  SSL_set_connect_state(ssl_);
}

TlsPeer::~TlsPeer() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

std::string TlsPeer::exchange(const std::string& received) {
  BIO_write(SSL_get_rbio(ssl_), received.data(), static_cast<int>(received.size()));
  std::array<char, 4096> buffer;
  for (int got = 0; (got = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()))) > 0;) {
    heard_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  const bool may_speak = SSL_is_init_finished(ssl_) && !unsaid_.empty();
  if (may_speak && SSL_write(ssl_, unsaid_.data(), static_cast<int>(unsaid_.size())) > 0) {
    unsaid_.clear();
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
  std::string out(data, static_cast<std::size_t>(size));
  (void)BIO_reset(SSL_get_wbio(ssl_));
  return out;
}

}  // namespace theater::io
