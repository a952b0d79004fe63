// An error keeps its code and gains context outermost first; TRY passes it on untouched.
#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace theater {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Code::kInvalid, "{} is odd", value);
  return value / 2;
}

Result<int> quarter(int value) {
  TRY(const int once, half(value));
  TRY(const int twice, half(once));
  return twice;
}

TEST(Result, TryBindsTheValue) { EXPECT_EQ(*quarter(8), 2); }

TEST(Result, TryReturnsTheFirstError) {
  const auto result = quarter(6);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kInvalid);
  EXPECT_EQ(result.error().message, "3 is odd");
}

TEST(Result, ContextIsOutermostFirst) {
  const Error error = Error{Code::kIo, "disk gone"}.in("chain").in("node");
  EXPECT_EQ(error.message, "node: chain: disk gone");
  EXPECT_EQ(error.code, Code::kIo);
}

TEST(Result, ErrnoDecidesTheCode) {
  EXPECT_EQ(errno_error("write", ENOSPC).code, Code::kNoSpace);
  EXPECT_EQ(errno_error("open", ENOENT).code, Code::kNotFound);
  EXPECT_EQ(errno_error("open", EACCES).code, Code::kDenied);
  EXPECT_EQ(errno_error("read", EIO).code, Code::kIo);
}

}  // namespace
}  // namespace theater
