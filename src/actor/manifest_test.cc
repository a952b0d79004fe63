// A manifest is read strictly: each mistake is named with its place and what to write instead;
// what is recorded of it reads back to the same manifest.
#include "actor/manifest.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

namespace theater::actor {
namespace {

constexpr std::string_view kWhole = R"(
name = "chat"
params = "room=${room:-lobby} costs $$5"
instance = "fresh"
on_error = "restart"

[component]
path = "chat.wasm"
sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

[grants.timer]
[grants.websocket-server]
listen = "127.0.0.1:${port}"
origins = ["a", "b"]
static = { "/" = "page" }

[limits]
memory = "16MiB"
table = 500
fuel = 1000000
deadline = "2s"
state_max = "1MiB"
log_max = "1GiB"

[mailbox]
batch = 4

[supervision]
intensity = 2
window = "10s"
backoff_min = "50ms"
backoff_max = "1s"
)";

Result<Manifest> parse(std::string_view text) {
  return parse_manifest(text, "a.toml", "/dir", {{"port", "8080"}});
}

std::string problem(std::string_view text) {
  const Result<Manifest> manifest = parse(text);
  return manifest ? "no problem" : manifest.error().message;
}

TEST(Manifest, ReadsEverything) {
  const Result<Manifest> manifest = parse(kWhole);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->name, "chat");
  EXPECT_EQ(manifest->component_path, "/dir/chat.wasm");
  EXPECT_EQ(manifest->component_digest->hex().substr(0, 8), "00112233");
  EXPECT_EQ(as_text(manifest->params), "room=lobby costs $5");
  EXPECT_EQ(manifest->instance, InstanceMode::kFresh);
  EXPECT_EQ(manifest->on_error, OnError::kRestart);
  ASSERT_EQ(manifest->grants.size(), 2u);
  EXPECT_EQ(manifest->find_grant("websocket-server")->find("listen")->text, "127.0.0.1:8080");
  EXPECT_EQ(manifest->find_grant("redis"), nullptr);
  EXPECT_EQ(manifest->limits.instance.memory_bytes_max, 16u << 20);
  EXPECT_EQ(manifest->limits.instance.fuel, 1'000'000u);
  EXPECT_EQ(manifest->limits.instance.deadline, std::chrono::seconds(2));
  EXPECT_EQ(manifest->limits.state_max, 1u << 20);
  EXPECT_EQ(manifest->limits.log_max, 1u << 30);
  EXPECT_EQ(manifest->batch.items_max, 4u);
  EXPECT_EQ(manifest->supervision.backoff_max, std::chrono::seconds(1));
}

TEST(Manifest, RecordedTextReadsBackToTheSame) {
  const Result<Manifest> manifest = parse(kWhole);
  ASSERT_TRUE(manifest);
  const std::string text = manifest->recorded_text();
  const Result<Manifest> again = parse_recorded_manifest(text);
  ASSERT_TRUE(again) << again.error().message << "\n" << text;
  EXPECT_EQ(again->recorded_text(), text);
  EXPECT_EQ(again->params, manifest->params);
  EXPECT_EQ(text.find("/dir"), std::string::npos) << text;
}

/// docs/manifest.md shows every key, with its default if it has one.
TEST(Manifest, TheDocumentShowsEveryKey) {
  std::ifstream file(THEATER_MANIFEST_PAGE);
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  constexpr std::string_view kFence = "```toml";
  const std::size_t begin = page.find(kFence);
  ASSERT_NE(begin, std::string::npos);
  const std::string example =
      page.substr(begin + kFence.size(), page.find("\n```", begin) + 1 - begin - kFence.size());
  const Result<Manifest> manifest = parse_manifest(example, "manifest.md", "", {});
  ASSERT_TRUE(manifest) << manifest.error().message;
  const Result<Manifest> defaults = parse(
      "name = \"example\"\ncomponent = \"x\"\nparams = \"room=lobby\"\n"
      "[limits]\nfuel = 1000000\nlog_max = \"1GiB\"\n");
  ASSERT_TRUE(defaults) << defaults.error().message;
  EXPECT_EQ(manifest->recorded_text(), defaults->recorded_text());
  std::istringstream recorded(defaults->recorded_text());
  for (std::string line; std::getline(recorded, line);) {
    const std::string key = line.substr(0, line.find_first_of(" ["));
    if (!key.empty()) EXPECT_NE(example.find("\n" + key + " = "), std::string::npos) << key;
  }
}

/// Else every actor of an earlier build would be upgraded by its next start.
TEST(Manifest, RecordedTextSaysNothingOfAQuotaThatIsNotThere) {
  const Result<Manifest> manifest = parse("name = \"x\"\ncomponent = \"x\"\n");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->limits.log_max, kNoLogMax);
  EXPECT_EQ(manifest->recorded_text().find("log_max"), std::string::npos);
}

TEST(Manifest, NamesEachMistake) {
  EXPECT_EQ(problem("component = \"x\""), "a.toml:1:1: name is missing");
  EXPECT_EQ(problem("name = \"x\""), "a.toml:1:1: component is missing");
  EXPECT_EQ(problem("nmae = \"x\"\ncomponent = \"x\""),
            "a.toml:1:1: unknown key \"nmae\"; did you mean \"name\"?");
  EXPECT_EQ(problem("name = \"x\"\ncomponent = \"x\"\n[limits]\n  memry = \"1MiB\""),
            "a.toml:4:3: unknown key \"memry\" in [limits]; did you mean \"memory\"?");
  EXPECT_EQ(problem("name = \"X y\"\ncomponent = \"x\""),
            "a.toml:1:8: name must be lower-case letters, digits and dashes, at most 64");
  EXPECT_EQ(problem("name = 5\ncomponent = \"x\""),
            "a.toml:1:8: name must be a text, not a whole number");
  EXPECT_EQ(problem("name = \"x\"\ncomponent = \"x\"\ninstance = \"old\""),
            "a.toml:3:12: instance must be one of resident, fresh, not \"old\"");
  EXPECT_EQ(problem("name = \"x\"\ncomponent = \"x\"\n[limits]\ndeadline = 5"),
            "a.toml:4:12: limits.deadline is no span of time: write a text with a unit, such as "
            "\"5s\"");
  EXPECT_EQ(problem("name = \"x\"\ncomponent = \"x\"\n[limits]\nmemory = \"1KiB\""),
            "a.toml:4:10: limits.memory must be from 64KiB to 4GiB, not 1KiB");
  EXPECT_EQ(problem("name = \"x\"\ncomponent = \"x\"\n[limits]\nlog_max = \"1KiB\""),
            "a.toml:4:11: limits.log_max must be from 64KiB to 1048576GiB, not 1KiB");
  EXPECT_EQ(problem("name = \"x\"\ncomponent = \"x\"\n[mailbox]\nitems = 10"),
            "a.toml:4:9: mailbox.items bounds nothing: set queue_items and queue_bytes in the "
            "family's grant");
  EXPECT_EQ(problem("name = \"x\"\ncomponent = \"x\"\n[mailbox]\nbatch = 5000"),
            "a.toml:4:9: mailbox.batch must be from 1 to 1024, not 5000");
  EXPECT_EQ(problem("name = \"${who}\"\ncomponent = \"x\""),
            "a.toml:1:8: variable who is not set; give --var who=VALUE, set it in the environment "
            "or write ${who:-default}");
  EXPECT_EQ(problem("name = \"x\"\ncomponent = \"x\"\ngrants.timer = true"),
            "a.toml:3:16: grants.timer must be a table: write [grants.timer]");
  EXPECT_EQ(problem("name = \"x\"\ncomponent = { path = \"x\", sha256 = \"12\" }"),
            "a.toml:2:36: component.sha256 must be 64 hexadecimal digits");
  EXPECT_EQ(problem("name = \"x\"\n[# what\ncomponent = \"x\""),
            "a.toml:2:1: a key or table header is malformed");
  EXPECT_TRUE(problem("name = \"x").starts_with("a.toml:1:10: ")) << problem("name = \"x");
}

TEST(Manifest, KnowsWhichVariablesItUses) {
  const auto manifest = parse_manifest(
      "name = \"x\"  # not ${this}\ncomponent = \"${place}/${kind:-x}.wasm\"\nparams = \"$${p}\"",
      "a.toml", "", {{"place", "here"}, {"other", "y"}});
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->variables, (VariableNames{"kind", "place"}));
  EXPECT_TRUE(parse_recorded_manifest(manifest->recorded_text())->variables.empty());
}

TEST(SettingsReader, ReadsIntegersFromVariables) {
  const Result<Setting> root = parse_settings("n = \"${n}\"\nm = \"x\"", "f", {{"n", "42"}});
  ASSERT_TRUE(root);
  SettingsReader reader(*root, "grants.timer");
  EXPECT_EQ(reader.integer("n", 0, {}), 42);
  EXPECT_EQ(reader.integer("m", 7, {}), 7);
  EXPECT_EQ(reader.finish().error().message,
            "f:2:5: grants.timer.m must be a whole number, not \"x\"");
}

}  // namespace
}  // namespace theater::actor
