// The instance measured: its queue, its connections, what they carried.
#include "hosts/websocket_server/instance.h"

namespace theater::hosts::websocket_server {

void Instance::measure(actor::Figures& figures) const {
  queue_.measure(figures);
  figures.gauge({"websocket_connections", "Connections now held."},
                static_cast<double>(crowd_.count()));
  figures.gauge({"websocket_held", "Connections that are not read until the actor catches up."},
                static_cast<double>(flow_.held_count()));
  figures.gauge({"websocket_outgoing_bytes", "Bytes held for clients that have not taken them."},
                static_cast<double>(*outgoing_));
  figures.gauge({"websocket_unfinished_bytes", "Bytes held of messages that are not complete."},
                static_cast<double>(*unfinished_));
  figures.counter({"websocket_opened_total", "Connections that were accepted."}, traffic_.opened);
  figures.counter({"websocket_messages_in_total", "Messages received."}, traffic_.messages_in);
  figures.counter({"websocket_bytes_in_total", "Payload bytes received."}, traffic_.bytes_in);
  figures.counter({"websocket_messages_out_total", "Messages queued to be written."},
                  traffic_.messages_out);
  figures.counter({"websocket_bytes_out_total", "Payload bytes queued to be written."},
                  traffic_.bytes_out);
  figures.counter({"websocket_messages_dropped_total", "Published messages slow readers missed."},
                  traffic_.messages_dropped);
  figures.counter({"websocket_slow_closes_total", "Connections closed for reading too slowly."},
                  traffic_.slow_closes);
  figures.counter(
      {"websocket_accept_pauses_total", "Times the address accepted nobody for a while."},
      claim_ ? claim_->accept_pauses() : 0);
  figures.counter(
      {"websocket_displaced_total", "Connections without a request that gave way to others."},
      claim_ ? claim_->displaced() : 0);
}

}  // namespace theater::hosts::websocket_server
