// MetricsServer: the request is parsed by Beast; reading and writing are the port's.
#include "node/metrics_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "base/bytes.h"

namespace theater::node {
namespace {

namespace http = boost::beast::http;

constexpr Nanoseconds kAcceptRest = Milliseconds(200);

std::string answer(std::string_view status, std::string_view type, std::string_view body) {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
      status, type, body.size(), body);
}

std::string refusal(std::string_view status) {
  return answer(status, "text/plain; charset=utf-8",
                fmt::format("{}\nThis address serves GET /metrics and GET /operations.\n", status));
}

}  // namespace

std::string metrics_address(const std::string& text) {
  if (text.starts_with(':')) return "127.0.0.1" + text;
  const bool is_port =
      !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return is_port ? "127.0.0.1:" + text : text;
}

/// One connection: its request, then its answer.
class MetricsServer::Scrape final : private io::StreamUser {
 public:
  Scrape(std::uint64_t id, MetricsServer& server, std::unique_ptr<io::Stream> stream)
      : id_(id), server_(server), stream_(std::move(stream)) {
    parser_.header_limit(kScrapeHeadMax);
    parser_.body_limit(0);
  }
  ~Scrape() { server_.parts_.executor.cancel(deadline_); }

  Status start() {
    TRY_OK(stream_->attach(server_.parts_.network, *this));
    deadline_ = server_.parts_.executor.after(kScrapeTime, [this] { server_.forget(id_); });
    stream_->want_read();
    return {};
  }

  void send(std::string text) {
    out_ = std::move(text);
    write();
  }

 private:
  void on_readable() override {
    if (is_asked_) return drain();
    const std::size_t before = head_.size();
    head_.resize(before + 2048);
    const auto got = stream_->read(std::span(head_).subspan(before));
    if (!got || (*got && **got == 0)) return server_.forget(id_);
    head_.resize(before + got->value_or(0));
    boost::beast::error_code error;
    const std::size_t used =
        parser_.put(boost::asio::const_buffer(head_.data(), head_.size()), error);
    head_.erase(head_.begin(), head_.begin() + static_cast<std::ptrdiff_t>(used));
    if (parser_.is_header_done()) return route();
    if (error && error != http::error::need_more) return reply(refusal("400 Bad Request"));
    stream_->want_read();
  }

  void route() {
    const auto& request = parser_.get();
    const auto target = std::string_view(request.target().data(), request.target().size());
    const auto path = target.substr(0, target.find('?'));
    const bool is_operations = path == "/operations" && server_.parts_.operations;
    if (path != "/metrics" && !is_operations) return reply(refusal("404 Not Found"));
    if (request.method() != http::verb::get) return reply(refusal("405 Method Not Allowed"));
    is_asked_ = true;
    server_.make_page(id_, is_operations ? Page::kOperations : Page::kMetrics);
  }

  void reply(std::string text) {
    is_asked_ = true;
    send(std::move(text));
  }

  void on_writable() override { write(); }

  void write() {
    while (written_ < out_.size()) {
      const ByteSpan piece = as_bytes(out_).subspan(written_);
      const auto taken = stream_->write(std::span(&piece, 1));
      if (!taken) return server_.forget(id_);
      written_ += *taken;
      if (*taken < piece.size()) return stream_->want_write();
    }
    stream_->shut_write();
    stream_->want_read();  // until the scraper has read all and goes
  }

  /// What comes behind the request is nothing to us.
  void drain() {
    std::array<std::uint8_t, 512> nothing;
    const auto got = stream_->read(nothing);
    if (!got || (*got && **got == 0)) return server_.forget(id_);
    stream_->want_read();
  }

  const std::uint64_t id_;
  MetricsServer& server_;
  std::unique_ptr<io::Stream> stream_;
  io::TimerId deadline_;
  http::request_parser<http::empty_body> parser_;
  Bytes head_;
  bool is_asked_ = false;
  std::string out_;
  std::size_t written_ = 0;
};

Result<std::unique_ptr<MetricsServer>> MetricsServer::open(Parts parts,
                                                           const std::string& address) {
  std::unique_ptr<MetricsServer> server(new MetricsServer(std::move(parts)));
  auto listener = server->parts_.network.listen(metrics_address(address), *server);
  if (!listener) return fail_in(listener.error(), "--metrics");
  server->listener_ = std::move(*listener);
  server->listener_->want_accept();
  return server;
}

MetricsServer::MetricsServer(Parts parts) : parts_(std::move(parts)) {}

MetricsServer::~MetricsServer() { parts_.executor.cancel(resting_); }

void MetricsServer::on_acceptable() {
  while (scrapes_.size() < kScrapersMax) {
    auto accepted = listener_->accept();
    if (!accepted) return rest();
    if (!*accepted) return listener_->want_accept();
    const std::uint64_t id = ++last_scrape_;
    auto scrape = std::make_unique<Scrape>(id, *this, std::move(**accepted));
    if (scrape->start()) scrapes_.emplace(id, std::move(scrape));
  }
  is_full_ = true;
}

/// Out of descriptors, or a connection that went again: the waiting connections keep until some are
/// free.
void MetricsServer::rest() {
  resting_ = parts_.executor.after(kAcceptRest, [this] { listener_->want_accept(); });
}

void MetricsServer::make_page(std::uint64_t scrape, Page page) {
  const bool is_metrics = page == Page::kMetrics;
  MakePage& make = is_metrics ? parts_.make_page : parts_.operations;
  make([weak = std::weak_ptr(self_), scrape, is_metrics](const std::string& text) {
    const auto self = weak.lock();
    if (!self) return;
    const auto found = (*self)->scrapes_.find(scrape);
    if (found == (*self)->scrapes_.end()) return;
    const std::string_view type =
        is_metrics ? "text/plain; version=0.0.4; charset=utf-8" : "application/jsonl";
    found->second->send(answer("200 OK", type, text));
  });
}

/// Soon: the scrape may be in the middle of a call.
void MetricsServer::forget(std::uint64_t scrape) {
  parts_.executor.post([weak = std::weak_ptr(self_), scrape] {
    const auto self = weak.lock();
    if (!self) return;
    MetricsServer& server = **self;
    server.scrapes_.erase(scrape);
    if (std::exchange(server.is_full_, false)) server.listener_->want_accept();
  });
}

}  // namespace theater::node
