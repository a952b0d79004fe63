// MetricsServer: GET /metrics and GET /operations on an address of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "io/executor.h"
#include "io/network.h"

namespace theater::node {

/// Scrapers served at a time; others wait in the kernel until one has ended.
inline constexpr std::size_t kScrapersMax = 16;
/// From the accepted connection to its last byte, however slowly it reads.
inline constexpr Nanoseconds kScrapeTime = std::chrono::seconds(10);
inline constexpr std::size_t kScrapeHeadMax = 8192;

/// "PORT" and ":PORT" as addresses of the loopback interface; others as they are.
std::string metrics_address(const std::string& text);

/// Serves one request a connection, on the thread of `network`, which is no shard's: a scraper
/// that never reads holds its own connection until its time is over, and nothing else. Owned by
/// the node.
class MetricsServer final : private io::ListenerUser {
 public:
  using Answered = std::move_only_function<void(const std::string& page)>;
  using MakePage = std::move_only_function<void(Answered)>;
  struct Parts {
    io::Executor& executor;
    io::Network& network;
    MakePage make_page;        // answers at once or later, on the same thread
    MakePage operations = {};  // the same, for /operations; may be empty
  };
  /// Listens. kConflict if the address is in use, kInvalid if it is none.
  static Result<std::unique_ptr<MetricsServer>> open(Parts parts, const std::string& address);
  ~MetricsServer();

  std::string address() const { return listener_->address(); }

 private:
  class Scrape;
  explicit MetricsServer(Parts parts);
  void on_acceptable() override;
  void rest();
  enum class Page : std::uint8_t { kMetrics, kOperations };
  void make_page(std::uint64_t scrape, Page page);
  void forget(std::uint64_t scrape);

  Parts parts_;
  std::unique_ptr<io::Listener> listener_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Scrape>> scrapes_;
  std::uint64_t last_scrape_ = 0;
  bool is_full_ = false;
  io::TimerId resting_;
  /// Shared with posted tasks and asked pages, which hold it weakly.
  std::shared_ptr<MetricsServer*> self_ = std::make_shared<MetricsServer*>(this);
};

}  // namespace theater::node
