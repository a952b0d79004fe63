// docs/formats/chain.md names the traps that replay passes over, all of them and no others: whoever
// writes a replayer from that page must come to the same results.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "replay/recorded_run.h"

namespace theater::replay {
namespace {

/// The paragraph that begins with `words`.
std::string paragraph_of_page(const std::string& words) {
  std::ifstream file(std::string(THEATER_SOURCE_DIR) + "/docs/formats/chain.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = page.find(words);
  if (begin == std::string::npos) return "";
  return page.substr(begin, page.find("\n\n", begin) - begin);
}

TEST(FormatPage, NamesEachTrapThatIsPassedOver) {
  const std::string paragraph = paragraph_of_page("**A replay**");
  const std::regex in_code("`([^`]+)`");
  std::vector<std::string> named;
  for (std::sregex_iterator it(paragraph.begin(), paragraph.end(), in_code), end; it != end; ++it) {
    named.push_back((*it)[1]);
  }
  EXPECT_TRUE(std::ranges::equal(named, kUnrepeatableLimits)) << paragraph;
}

}  // namespace
}  // namespace theater::replay
