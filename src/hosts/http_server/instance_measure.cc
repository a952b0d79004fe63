// The instance measured: its queue, its connections, what became of its requests.
#include <utility>

#include "hosts/http_server/instance.h"

namespace theater::hosts::http_server {

namespace {

/// Of a request that the actor was given and that is not finished; "" if it is none.
std::string_view phase_of(State state) {
  switch (state) {
    case State::kHandling:
      return "running";
    case State::kParked:
      return "parked";
    case State::kStreaming:
      return "streaming";
    default:
      return "";
  }
}

}  // namespace

void Instance::measure(actor::Figures& figures) const {
  queue_.measure(figures);
  const auto gauge = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    figures.gauge({name, help}, static_cast<double>(value));
  };
  gauge("http_connections", "Connections now held.", connections_.size());
  gauge("http_in_flight", "Requests being read, waiting or handled.",
        count(State::kReading) + count(State::kQueued) + count(State::kHandling));
  gauge("http_parked", "Requests that wait for a later answer.", count(State::kParked));
  gauge("http_streams", "Responses being streamed.", count(State::kStreaming));
  gauge("http_outgoing_bytes", "Bytes held for clients that have not taken them.", *outgoing_);
  figures.counter({"http_requests_total", "Requests let in."}, traffic_.requests);
  figures.counter({"http_request_bytes_total", "Bytes of request bodies."}, traffic_.request_bytes);
  constexpr std::string_view kClasses[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t digit = 2; digit < traffic_.responses.size(); ++digit) {
    figures.add({"http_responses_total", "Answers, the host's own among them.",
                 actor::FigureKind::kCounter, static_cast<double>(traffic_.responses[digit]),
                 "class", kClasses[digit]});
  }
  figures.counter({"http_events_total", "Server-Sent Events written to streams."}, traffic_.events);
  figures.counter({"http_unanswered_total", "500: the guest failed or gave no answer."},
                  traffic_.unanswered);
  figures.counter({"http_late_total", "504: the guest took too long."}, traffic_.late);
  figures.counter({"http_refused_total", "503 and 429: a bound was reached."}, traffic_.refused);
  figures.counter({"http_slow_closes_total", "Clients cut off for taking too little."},
                  traffic_.slow_closes);
  figures.counter({"http_clients_gone_total", "Clients that left before their answer."},
                  traffic_.clients_gone);
  figures.counter({"http_accept_pauses_total", "Times the address accepted nobody for a while."},
                  claim_ ? claim_->accept_pauses() : 0);
  figures.counter(
      {"http_displaced_total", "Connections without a request that gave way to others."},
      claim_ ? claim_->displaced() : 0);
}

std::size_t Instance::list_requests(std::vector<actor::RequestView>& views,
                                    std::size_t most) const {
  std::size_t more = 0;
  for (const auto& [id, exchange] : exchanges_.all()) {
    if (exchange.connection == nullptr) continue;
    const State state = exchange.connection->state();
    const std::string_view phase = phase_of(state);
    if (phase.empty()) continue;
    if (most == 0) {
      ++more;
      continue;
    }
    --most;
    actor::RequestView view{.id = id,
                            .family = &info(),
                            .phase = phase,
                            .text = exchange.text,
                            .since = exchange.since,
                            .deadline = std::nullopt};
    if (state == State::kParked) {
      view.deadline =
          services_.clock.wall() + (exchange.connection->deadline() - services_.clock.now());
    }
    views.push_back(std::move(view));
  }
  return more;
}

}  // namespace theater::hosts::http_server
