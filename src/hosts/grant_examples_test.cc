// The manifest example in each family's README is accepted, has every key that the family's grant
// reads, and shows each limit as its default: no key can be added without a word on it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "hosts/all_hosts.h"
#include "hosts/database/limits.h"
#include "hosts/environment/limits.h"
#include "hosts/file_watch/limits.h"
#include "hosts/filesystem/limits.h"
#include "hosts/http_client/limits.h"
#include "hosts/http_server/limits.h"
#include "hosts/process/limits.h"
#include "hosts/random/limits.h"
#include "hosts/redis/limits.h"
#include "hosts/runtime/limits.h"
#include "hosts/tcp/limits.h"
#include "hosts/terminal/limits.h"
#include "hosts/timer/limits.h"
#include "hosts/websocket_client/limits.h"
#include "hosts/websocket_server/limits.h"
#include "io/test_tls.h"

namespace theater::hosts {
namespace {

using actor::Setting;

// Far from every key, so that the refusal lists the known ones.
const std::string kStranger(64, '?');
constexpr std::string_view kList = "known keys: ";
constexpr std::string_view kHasNoGrant = "operation";

/// A file of a family's folder; empty if there is none.
std::string text_of(std::string family, std::string_view file_name) {
  std::ranges::replace(family, '-', '_');
  std::ifstream file(fmt::format("{}/src/hosts/{}/{}", THEATER_SOURCE_DIR, family, file_name));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The block ```toml in a family's README that begins with its grant.
std::string example_of(const std::string& family) {
  const std::string page = text_of(family, "README.md");
  constexpr std::string_view kFence = "```toml\n";
  const auto begin = page.find(fmt::format("{}[grants.", kFence));
  if (begin == std::string::npos) return "";
  const auto content = begin + kFence.size();
  return page.substr(content, page.find("```", content) - content);
}

bool is_of_a_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Whether `key = ...` stands there, in a comment too, or a table of that name.
bool shows(std::string_view example, std::string_view key) {
  for (auto at = example.find(key); at != std::string_view::npos; at = example.find(key, at + 1)) {
    if (at > 0 && is_of_a_key(example[at - 1])) continue;
    const std::string_view rest = example.substr(at + key.size());
    const auto next = rest.find_first_not_of(' ');
    if (next != std::string_view::npos && rest[next] == '=') return true;
    if (at > 0 && example[at - 1] == '.' && (rest.starts_with('.') || rest.starts_with(']'))) {
      return true;
    }
  }
  return false;
}

/// The table within which `key` stands.
const Setting* table_with(const Setting& table, std::string_view key) {
  if (table.find(key) != nullptr) return &table;
  for (const Setting& item : table.items) {
    if (const Setting* found = table_with(item, key)) return found;
  }
  return nullptr;
}

/// A folder with the files that the examples name.
struct GrantExamples : testing::Test {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("theater-grants-{}", ::getpid());
  AllHosts hosts;

  GrantExamples() {
    std::filesystem::create_directories(folder / "secret");
    std::filesystem::create_directories(folder / "secrets");
    const io::TlsFiles files = io::make_tls_identity(folder.string());
    std::filesystem::copy_file(files.certificate, folder / "ca.pem");
    std::ofstream(folder / "secret" / "redis") << "password\n";
    std::ofstream(folder / "secrets" / "token") << "token\n";
  }
  ~GrantExamples() override { std::filesystem::remove_all(folder); }

  /// The grant of the example: the table, with its key.
  Setting grant_of(std::string_view family) {
    const std::string example = example_of(std::string(family));
    auto root = actor::parse_settings(example, (folder / "actor.toml").string(), {});
    if (!root) {
      ADD_FAILURE() << family << ": " << root.error().message;
      return {};
    }
    const Setting* grants = root->find("grants");
    const Setting* grant = grants == nullptr ? nullptr : grants->find(family);
    if (grant == nullptr) ADD_FAILURE() << family << " has no example in its README";
    return grant == nullptr ? Setting() : *grant;
  }

  /// What the refusal of a stranger in `table`, which is `grant` or within it, says is known.
  static std::vector<std::string> known_keys(const host::Family& family, const Setting& grant,
                                             Setting& table) {
    Setting stranger;
    stranger.kind = Setting::Kind::kInteger;
    stranger.key = kStranger;
    table.items.push_back(stranger);
    const Status status = family.check_grant(grant);
    table.items.pop_back();
    EXPECT_FALSE(status) << family.info().name << " took an unknown key";
    std::vector<std::string> keys;
    if (status) return keys;
    const std::string& message = status.error().message;
    const auto list = message.find(kList);
    if (list == std::string::npos) return keys;  // a table of names, not of keys
    std::istringstream words(message.substr(list + kList.size()));
    for (std::string key; words >> key;) {
      if (key.ends_with(',')) key.pop_back();
      keys.push_back(key);
    }
    return keys;
  }

  /// Of the table and all within it.
  static void collect(const host::Family& family, const Setting& grant, Setting& table,
                      std::vector<std::string>& keys) {
    std::ranges::copy(known_keys(family, grant, table), std::back_inserter(keys));
    for (Setting& item : table.items) {
      if (item.kind == Setting::Kind::kTable) collect(family, grant, item, keys);
    }
  }

  template <typename Limits, std::size_t kSize>
  void expect_defaults(std::string_view family, const host::LimitField<Limits> (&fields)[kSize]) {
    const Setting grant = grant_of(family);
    const Setting* table = table_with(grant, fields[0].key);
    ASSERT_NE(table, nullptr) << family;
    actor::SettingsReader reader(*table, std::string(family));
    Limits shown, defaults;
    host::read_limits(reader, fields, shown);
    for (const auto& field : fields) {
      const bool is_default = std::visit(
          [&](const auto place) { return shown.*place == defaults.*place; }, field.place);
      EXPECT_TRUE(is_default) << family << ": the README shows another " << field.key;
    }
  }
};

TEST_F(GrantExamples, AreAccepted) {
  for (const auto& family : hosts.families()) {
    const std::string name(family->info().name);
    if (name == kHasNoGrant) continue;
    const Status status = family->check_grant(grant_of(name));
    EXPECT_TRUE(status) << name << ": " << status.error().message;
  }
}

TEST_F(GrantExamples, HaveEveryKeyThatTheGrantReads) {
  for (const auto& family : hosts.families()) {
    const std::string name(family->info().name);
    if (name == kHasNoGrant) continue;
    Setting grant = grant_of(name);
    std::vector<std::string> keys;
    collect(*family, grant, grant, keys);
    EXPECT_FALSE(keys.empty()) << name;
    const std::string example = example_of(name);
    for (const std::string& key : keys) {
      EXPECT_TRUE(shows(example, key)) << name << ": the README's example has no " << key;
    }
  }
}

TEST_F(GrantExamples, HaveEveryKeyThatTheGrantNames) {
  const std::regex named("reader\\.\\w+\\(\"([a-z_]+)\"");
  for (const auto& family : hosts.families()) {
    const std::string name(family->info().name);
    const std::string source = text_of(name, "grant.cc");
    const std::string example = example_of(name);
    for (std::sregex_iterator it(source.begin(), source.end(), named), end; it != end; ++it) {
      const std::string key = (*it)[1];
      EXPECT_TRUE(shows(example, key)) << name << ": grant.cc names " << key;
    }
  }
}

TEST_F(GrantExamples, ShowTheDefaultOfEachLimit) {
  expect_defaults("database", database::kLimitFields);
  expect_defaults("environment", environment::kLimitFields);
  expect_defaults("file-watch", file_watch::kLimitFields);
  expect_defaults("filesystem", filesystem::kLimitFields);
  expect_defaults("http-client", http_client::kLimitFields);
  expect_defaults("http-server", http_server::kLimitFields);
  expect_defaults("process", process::kLimitFields);
  expect_defaults("random", random::kLimitFields);
  expect_defaults("redis", redis::kLimitFields);
  expect_defaults("runtime", runtime::kLimitFields);
  expect_defaults("tcp", tcp::kLimitFields);
  expect_defaults("terminal", terminal::kLimitFields);
  expect_defaults("timer", timer::kLimitFields);
  expect_defaults("websocket-client", websocket_client::kLimitFields);
  expect_defaults("websocket-server", websocket_server::kLimitFields);
}

TEST_F(GrantExamples, AKeyIsShownByNameOnly) {
  EXPECT_TRUE(shows("[grants.tcp]\nallow = []\n", "allow"));
  EXPECT_TRUE(shows("# or: file = \"x\"\n", "file"));
  EXPECT_TRUE(shows("[grants.redis.servers.cache]\n", "servers"));
  EXPECT_FALSE(shows("tls_key = \"k\"  # needs tls\n", "key"));
  EXPECT_FALSE(shows("tls_key = \"k\"  # needs tls\n", "tls"));
}

}  // namespace
}  // namespace theater::hosts
