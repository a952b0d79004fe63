// URLs are read strictly, whatever trick they are written with; a grant allows what it names and
// nothing beside it.
#include "hosts/outbound/allow_list.h"

#include <gtest/gtest.h>

namespace theater::hosts::outbound {
namespace {

TEST(UrlTest, ReadsItsParts) {
  const Url url = *parse_url("HTTPS://API.Example.com:8443/v1/x?q=1&r=/../");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/v1/x?q=1&r=/../");
  EXPECT_EQ(url.path(), "/v1/x");
  EXPECT_EQ(url.authority(), "api.example.com:8443");
  EXPECT_EQ(parse_url("ws://[2001:DB8::1]")->authority(), "[2001:db8::1]");
  EXPECT_EQ(parse_url("http://h?x")->target, "/?x");
  EXPECT_EQ(parse_url("wss://h")->port, 443);
}

TEST(UrlTest, RefusesEveryTrick) {
  for (const char* text : {"",
                           "example.com",
                           "//example.com",
                           "ftp://h/",
                           "file:///etc/passwd",
                           "http://",
                           "http:///x",
                           "http://user@h/",
                           "http://user:pass@h/",
                           "http://h#f",
                           "http://h/#f",
                           "http://h\\@evil/",
                           "http://h/a b",
                           "http://h/\r\nX: y",
                           "http://h:0/",
                           "http://h:65536/",
                           "http://h:80x/",
                           "http://h:/",
                           "http://127.1/",
                           "http://0x7f.0.0.1/",
                           "http://2130706433/",
                           "http://0177.0.0.1/",
                           "http://1.2.3.4.5/",
                           "http://1.2.3.4./",
                           "http://[::1/",
                           "http://[1.2.3.4]/",
                           "http://[::1]x/",
                           "http://[fe80::1%25eth0]/",
                           "http://-h/",
                           "http://h..x/",
                           "http://.h/",
                           "http://h%2e/",
                           "http://h/../admin",
                           "http://h/a/..",
                           "http://h/./a",
                           "http://h/%2e%2E/admin",
                           "http://h/.%2e/x",
                           "http://h/v1/..%2Fx",
                           "http://h/v1/%2e.%5cx",
                           "http://h/v1/..;a=b/x",
                           "http://h/a\\..\\b",
                           "http://\xc3\xa9.example/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

bool allows(std::string_view rule, std::string_view url, std::string_view method = "GET") {
  const auto parsed = parse_allow_rule(rule);
  EXPECT_TRUE(parsed) << rule;
  return parsed && parsed->allows(*parse_url(url), method);
}

TEST(AllowRuleTest, SchemesPortsAndMethodsAreExact) {
  EXPECT_TRUE(allows("https://a.com", "https://a.com/x"));
  EXPECT_FALSE(allows("https://a.com", "http://a.com/x"));
  EXPECT_FALSE(allows("https://a.com", "https://a.com:8443/x"));
  EXPECT_TRUE(allows("https://a.com:*", "https://a.com:8443/x"));
  EXPECT_TRUE(allows("https://a.com:8443", "https://a.com:8443/x"));
  EXPECT_FALSE(allows("https://a.com", "https://a.com/x", "POST"));
  EXPECT_TRUE(allows("https://a.com", "https://a.com/x", "HEAD"));
  EXPECT_TRUE(allows("PUT,POST https://a.com", "https://a.com/x", "POST"));
  EXPECT_FALSE(allows("PUT,POST https://a.com", "https://a.com/x", "GET"));
  EXPECT_TRUE(allows("* https://a.com", "https://a.com/x", "DELETE"));
}

TEST(AllowRuleTest, HostsAndPaths) {
  EXPECT_FALSE(allows("https://a.com", "https://b.a.com/"));
  EXPECT_FALSE(allows("https://a.com", "https://a.com.evil/"));
  EXPECT_TRUE(allows("https://*.a.com", "https://b.a.com/"));
  EXPECT_TRUE(allows("https://*.a.com", "https://c.b.a.com/"));
  EXPECT_FALSE(allows("https://*.a.com", "https://a.com/"));
  EXPECT_FALSE(allows("https://*.a.com", "https://xa.com/"));
  EXPECT_TRUE(allows("https://*/feed", "https://anything.example/feed"));
  EXPECT_FALSE(allows("https://*/feed", "https://anything.example/feeds"));
  EXPECT_TRUE(allows("https://*:*", "https://anything.example:8/feeds"));
  EXPECT_TRUE(allows("https://a.com/v1/*", "https://a.com/v1/x?y"));
  EXPECT_FALSE(allows("https://a.com/v1/*", "https://a.com/v10"));
  EXPECT_FALSE(allows("https://a.com/v1/*", "https://a.com/v1"));
  EXPECT_TRUE(allows("https://a.com/", "https://a.com"));
  EXPECT_FALSE(allows("https://a.com/", "https://a.com/x"));
  EXPECT_TRUE(allows("ws://[::1]:80/*", "ws://[::1]/"));
}

TEST(AllowRuleTest, MistakesAreRefused) {
  for (const char* text : {"", "a.com", "get https://a.com", "GET, https://a.com",
                           "https://a.com/*/x", "https://a*.com", "https://*a.com",
                           "https://a.com/x?y", "https://a.com/../x", "GET  https://a.com"}) {
    EXPECT_FALSE(parse_allow_rule(text)) << text;
  }
}

}  // namespace
}  // namespace theater::hosts::outbound
