// Addresses print as they are read; every range that is not the open internet's is private, in
// whatever form it is written.
#include "io/endpoint.h"

#include <gtest/gtest.h>

namespace theater::io {
namespace {

TEST(IpAddressTest, PrintsWhatItReads) {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "fe80::1"}) {
    EXPECT_EQ(IpAddress::parse(text)->text(), text);
  }
  EXPECT_EQ(IpAddress::parse("::ffff:1.2.3.4")->text(), "1.2.3.4");
  EXPECT_EQ((Endpoint{*IpAddress::parse("1.2.3.4"), 80}.text()), "1.2.3.4:80");
  EXPECT_EQ((Endpoint{*IpAddress::parse("2001:db8::1"), 443}.text()), "[2001:db8::1]:443");
}

TEST(IpAddressTest, RefusesNamesAndOtherSpellings) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"", "localhost", "1.2.3", "0x7f.1", "127.1", "1.2.3.4.5", "[::1]", "::1%lo", "01.2.3.4 "}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse("1.2.3.4\0.example"sv));
}

TEST(IpAddressTest, KnowsWhatIsNotTheOpenInternet) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::127.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b::a9fe:a9fe",
                           "64:ff9b:1::1",
                           "fc00::1",
                           "fd12::1",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1",
                           "2002:7f00:1::",
                           "3fff::1",
                           "100::1",
                           "4000::1"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_private()) << text;
  }
  for (const char* text :
       {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00::1",
        "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"}) {
    EXPECT_FALSE(IpAddress::parse(text)->is_private()) << text;
  }
}

}  // namespace
}  // namespace theater::io
