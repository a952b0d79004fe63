// One request a connection is answered; nonsense is refused; a scraper that never reads, or never
// asks, holds nothing but its own connection, and that for a bounded time.
#include "node/metrics_server.h"

#include <gmock/gmock.h>

#include "io/memory_network.h"
#include "io/stepping_executor.h"

namespace theater::node {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct MetricsServerTest : testing::Test {
  io::ManualClock clock;
  io::SteppingExecutor executor{clock};
  io::MemoryNetwork network{executor};
  std::string page = "theater_x 1\n";
  std::vector<MetricsServer::Answered> asked;
  std::unique_ptr<MetricsServer> server = open();

  std::unique_ptr<MetricsServer> open() {
    auto opened = MetricsServer::open(
        {executor, network,
         [this](MetricsServer::Answered answered) { asked.push_back(std::move(answered)); },
         [](MetricsServer::Answered answered) { answered("{\"actor\":\"a\"}\n"); }},
        "9464");
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  io::MemoryClient ask(std::string_view head = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") {
    io::MemoryClient client = network.connect("127.0.0.1:9464");
    client.send(head);
    executor.run();
    return client;
  }
  void answer_all() {
    for (auto& answered : std::exchange(asked, {})) answered(page);
    executor.run();
  }
};

TEST_F(MetricsServerTest, AnswersWithThePage) {
  auto client = ask();
  EXPECT_EQ(client.take(), "") << "the page is not there yet";
  answer_all();
  const std::string text = client.take();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(text, HasSubstr("\r\n\r\ntheater_x 1\n"));
  EXPECT_TRUE(client.is_ended());
}

TEST_F(MetricsServerTest, AnswersWithWhatWaits) {
  const std::string text = ask("GET /operations HTTP/1.1\r\nHost: x\r\n\r\n").take();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: application/jsonl"));
  EXPECT_THAT(text, HasSubstr("\r\n\r\n{\"actor\":\"a\"}\n"));
  EXPECT_TRUE(asked.empty());
}

TEST_F(MetricsServerTest, RefusesWhatItDoesNotServe) {
  EXPECT_THAT(ask("GET / HTTP/1.1\r\n\r\n").take(), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask("POST /metrics HTTP/1.1\r\n\r\n").take(), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(ask("POST /operations HTTP/1.1\r\n\r\n").take(), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(ask("\x16\x03\x01\r\n\r\n").take(), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("GET /" + std::string(20'000, 'x')).take(), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(asked.empty());
}

TEST_F(MetricsServerTest, AScraperThatNeverReadsEndsAtItsTime) {
  page.assign(1 << 20, 'x');
  auto lazy = network.connect("127.0.0.1:9464");
  lazy.set_capacity(100);
  lazy.send("GET /metrics HTTP/1.1\r\n\r\n");
  executor.run();
  answer_all();
  EXPECT_EQ(lazy.waiting(), 100u);
  auto other = ask();
  answer_all();
  EXPECT_THAT(other.take(), StartsWith("HTTP/1.1 200"));
  executor.advance(kScrapeTime);
  EXPECT_TRUE(lazy.is_gone());
}

TEST_F(MetricsServerTest, ScrapersBeyondTheBoundWaitForTheirTurn) {  // BOUND-1
  std::vector<io::MemoryClient> silent;
  for (std::size_t i = 0; i < kScrapersMax; ++i) silent.push_back(ask(""));
  auto late = ask();
  EXPECT_TRUE(asked.empty());
  executor.advance(kScrapeTime);
  answer_all();
  EXPECT_THAT(late.take(), StartsWith("HTTP/1.1 200"));
}

TEST_F(MetricsServerTest, AnswersThatComeTooLateFindNobody) {
  auto client = ask();
  client.reset();
  server.reset();
  answer_all();
  EXPECT_TRUE(client.is_gone());
}

TEST_F(MetricsServerTest, ABusyPortIsRefused) {
  const auto second = MetricsServer::open({executor, network, [](auto) {}}, "127.0.0.1:9464");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr("--metrics"));
}

}  // namespace
}  // namespace theater::node
