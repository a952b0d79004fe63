// One client is one address, or one IPv6 network of 64 bits, whatever ports it comes from.
#include "hosts/listener/client.h"

#include <gtest/gtest.h>

namespace theater::hosts::listener {
namespace {

TEST(ClientAddress, IsAnAddressOrANetwork) {
  EXPECT_EQ(client_of("192.0.2.1:80"), "192.0.2.1");
  EXPECT_EQ(client_of("192.0.2.1:81"), client_of("192.0.2.1:80"));
  EXPECT_EQ(client_of("[2001:db8:1:2:3:4:5:6]:80"), "2001:db8:1:2::");
  EXPECT_EQ(client_of("[2001:db8:1:2::1]:80"), client_of("[2001:db8:1:2:ffff::]:9"));
  EXPECT_NE(client_of("[2001:db8:1:3::1]:80"), client_of("[2001:db8:1:2::1]:80"));
  EXPECT_EQ(client_of("[::ffff:192.0.2.1]:80"), "192.0.2.1");
  EXPECT_EQ(client_of("memory:7"), "memory");
  EXPECT_EQ(client_of("nothing"), "nothing");
}

}  // namespace
}  // namespace theater::hosts::listener
