// Reading beside a node: what is shown is durable, and the node goes first.
#include "cli/reading.h"

#include <thread>

#include "io/thread.h"
#include "store/node_directory.h"

namespace theater::cli {
namespace {

constexpr Milliseconds kProofPause{2};  // a node proves what it wrote within some 10 ms
constexpr int kProofPausesMax = 500;    // longer than that, and its disk is stuck

}  // namespace

Result<std::unique_ptr<store::ActorHistory>> open_history(Shell& shell, const std::string& data,
                                                          store::ActorHistory::Load load) {
  give_way_to_node(shell, data);
  return store::ActorHistory::open_beside(shell.files, data, load,
                                          [pauses = kProofPausesMax]() mutable {
                                            std::this_thread::sleep_for(kProofPause);
                                            return --pauses > 0;
                                          });
}

void give_way_to_node(Shell& shell, const std::string& data) {
  if (!shell.files.is_locked(store::NodeLayout{data}.lock())) return;
  io::go_behind_others(io::Behind::kMost);
}

}  // namespace theater::cli
