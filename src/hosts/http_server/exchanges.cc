// Exchanges: changes and their undoing.
#include "hosts/http_server/exchanges.h"

#include <ranges>

namespace theater::hosts::http_server {

void Exchanges::view(std::uint64_t id, Exchange& exchange, View next) {
  undo_.push_back({id, exchange.view, 0});
  exchange.view = next;
}

void Exchanges::promise(std::uint64_t id, Exchange& exchange, std::size_t bytes) {
  undo_.push_back({id, exchange.view, bytes});
  exchange.promised_bytes += bytes;
}

std::vector<std::uint64_t> Exchanges::roll_back() {
  std::vector<std::uint64_t> changed;
  for (const Undo& undo : std::views::reverse(undo_)) {
    Exchange* exchange = find(undo.id);
    if (exchange == nullptr) continue;
    exchange->view = undo.view;
    exchange->promised_bytes -= undo.promised_bytes;
    changed.push_back(undo.id);
  }
  undo_.clear();
  return changed;
}

}  // namespace theater::hosts::http_server
