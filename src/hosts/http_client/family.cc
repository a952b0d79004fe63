// The http-client family: its functions and its grant.
#include "hosts/http_client/family.h"

#include "host/bound_family.h"
#include "hosts/http_client/instance.h"

namespace theater::hosts::http_client {

namespace {

class HttpClientFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  HttpClientFamily() : BoundFamily(&parse_grant) {
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl starts");  // counts
    binding()
        .operation<&Instance::start, &Instance::begin>("start")
        .wait<&Instance::check_send, &Instance::send>("send-wait");
    host::describe<Payload>(binding().info(), "http-client", actor::HandlerNeed::kRequired);
  }
  ~HttpClientFamily() override { curl_global_cleanup(); }

 private:
  Status prepare(Grant& grant) const override {
    TRY(grant.authorities, authorities_.get(grant.trust));
    return {};
  }

  mutable io::TlsAuthorityBook authorities_;  // guards itself
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<HttpClientFamily>(); }

}  // namespace theater::hosts::http_client
