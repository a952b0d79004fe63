// Signals by Asio's signal_set.
#include "io/asio_signals.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace theater::io {

struct AsioSignals::Parts {
  boost::asio::signal_set signals;
  std::function<void(int)> on_signal;

  void wait() {
    signals.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;  // cancelled by the destructor; `this` may be gone
      on_signal(number);
      wait();
    });
  }
};

AsioSignals::AsioSignals(AsioExecutor& executor, const std::vector<int>& numbers,
                         std::function<void(int)> on_signal)
    : parts_(new Parts{boost::asio::signal_set(executor.context()), std::move(on_signal)}) {
  for (const int number : numbers) parts_->signals.add(number);
  parts_->wait();
}

AsioSignals::~AsioSignals() = default;

}  // namespace theater::io
