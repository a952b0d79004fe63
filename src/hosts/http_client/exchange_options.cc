// Exchange: what libcurl is told, all of it in one place. Nothing is left to its defaults that
// could reach further than the grant: no redirects, no proxies, no other protocols, no cookies, no
// credentials of the system, no verification left out.
#include <algorithm>

#include "base/check.h"
#include "hosts/http_client/exchange.h"
#include "hosts/outbound/fields.h"

namespace theater::hosts::http_client {

namespace {

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK,
        "libcurl has the options it is built with");
}

bool has_header(const host::Headers& headers, std::string_view name) {
  return std::ranges::any_of(
      headers, [&](const auto& header) { return outbound::lower(std::get<0>(header)) == name; });
}

void add(curl_slist*& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list, line.c_str());
  CHECK(longer, "libcurl has memory");
  list = longer;
}

}  // namespace

void Exchange::set_request() {
  const std::string url =
      fmt::format("{}://{}{}", ask_.url.scheme, ask_.url.authority(), ask_.url.target);
  set(easy_, CURLOPT_URL, url.c_str());
  set(easy_, CURLOPT_PATH_AS_IS, 1L);
  const bool has_body =
      !ask_.body.empty() || ask_.method == "POST" || ask_.method == "PUT" || ask_.method == "PATCH";
  if (has_body) {
    set(easy_, CURLOPT_POST, 1L);
    set(easy_, CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(ask_.body.data()));
    set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(ask_.body.size()));
  } else if (ask_.method == "HEAD") {
    set(easy_, CURLOPT_NOBODY, 1L);
  } else {
    set(easy_, CURLOPT_HTTPGET, 1L);
  }
  set(easy_, CURLOPT_CUSTOMREQUEST, ask_.method.c_str());
  for (const auto& [name, value] : ask_.headers) {
    // libcurl takes "Name:" for the wish to leave a header out, "Name;" for an empty one.
    const std::string_view text = as_text(value);
    add(header_list_, text.empty() ? name + ";" : fmt::format("{}: {}", name, text));
  }
  for (const auto& secret : setup_.grant.secrets) {
    if (!secret.where.allows(ask_.url, ask_.method)) continue;
    add(header_list_, fmt::format("{}: {}", secret.header, secret.value));
  }
  for (const char* unasked : {"Accept", "Content-Type", "Expect"}) {
    if (!has_header(ask_.headers, outbound::lower(unasked))) {
      add(header_list_, fmt::format("{}:", unasked));
    }
  }
  set(easy_, CURLOPT_HTTPHEADER, header_list_);
}

void Exchange::set_safety() {
  set(easy_, CURLOPT_PROTOCOLS_STR, ask_.url.scheme.c_str());
  set(easy_, CURLOPT_REDIR_PROTOCOLS_STR, ask_.url.scheme.c_str());
  set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy_, CURLOPT_PROXY, "");
  set(easy_, CURLOPT_NOPROXY, "*");
  set(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(easy_, CURLOPT_NOSIGNAL, 1L);
  set(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  // Authorities come by trust(): libcurl would read all of the system's for each connection.
  set(easy_, CURLOPT_CAINFO, static_cast<const char*>(nullptr));
  set(easy_, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(easy_, CURLOPT_HTTP09_ALLOWED, 0L);
  set(easy_, CURLOPT_MAXAGE_CONN, kIdleSecondsMax);
  set(easy_, CURLOPT_CONNECTTIMEOUT_MS, 0L);  // time is ours: see arm()
  set(easy_, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(ask_.body_max));
  set(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
}

/// Requests to a new server wait whether it speaks HTTP/2, and share its connection then. One that
/// may pause has its connection for itself, by HTTP/1.1: of a paused stream of HTTP/2 libcurl takes
/// 32 MiB into memory, and reads nothing for the streams beside it.
void Exchange::set_sharing() {
  if (ask_.url.scheme != "https") return;
  if (ask_.may_pause) {
    set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  } else {
    set(easy_, CURLOPT_PIPEWAIT, 1L);
  }
}

void Exchange::set_callbacks() {
  set(easy_, CURLOPT_PRIVATE, this);
  set(easy_, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(easy_, CURLOPT_HEADERDATA, this);
  set(easy_, CURLOPT_WRITEFUNCTION, &Exchange::on_piece);
  set(easy_, CURLOPT_WRITEDATA, this);
  set(easy_, CURLOPT_NOPROGRESS, 0L);
  set(easy_, CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
  set(easy_, CURLOPT_XFERINFODATA, this);
  set(easy_, CURLOPT_PREREQFUNCTION, &Exchange::on_connected);
  set(easy_, CURLOPT_PREREQDATA, this);
  set(easy_, CURLOPT_OPENSOCKETFUNCTION, &Exchange::open_socket);
  set(easy_, CURLOPT_OPENSOCKETDATA, this);
  set(easy_, CURLOPT_CLOSESOCKETFUNCTION, &Exchange::close_socket);
  set(easy_, CURLOPT_CLOSESOCKETDATA, &setup_.owner);
  set(easy_, CURLOPT_SSL_CTX_FUNCTION, &Exchange::trust);
  set(easy_, CURLOPT_SSL_CTX_DATA, this);
}

CURLcode Exchange::trust(CURL*, void* context, void* self) {
  static_cast<Exchange*>(self)->setup_.grant.authorities->set(static_cast<SSL_CTX*>(context));
  return CURLE_OK;
}

/// So that libcurl asks nobody: the addresses are those that were permitted.
void Exchange::set_addresses(const io::Resolver::Addresses& addresses) {
  if (io::IpAddress::parse(ask_.url.host)) return;
  std::string line = fmt::format("+{}:{}:", ask_.url.host, ask_.url.port);
  for (const io::IpAddress& address : addresses) {
    line += address.is_v4() ? address.text() : fmt::format("[{}]", address.text());
    line += ',';
  }
  line.pop_back();
  add(address_list_, line);
  set(easy_, CURLOPT_RESOLVE, address_list_);
}

}  // namespace theater::hosts::http_client
