// When the index is due, and on which thread it is written.
#include "store/indexer.h"

#include "base/probe.h"
#include "io/thread.h"
#include "store/log_index.h"

namespace theater::store {

Indexer::Indexer(io::FileSystem& files, std::string root, const Options& options,
                 std::uint64_t indexed)
    : files_(files), root_(std::move(root)), options_(options), asked_(indexed) {
  if (options_.on == IndexOn::kOwnThread) {
    worker_ = std::make_unique<io::WorkerThread>("theater-index");
    worker_->post([] { io::go_behind_others(); });  // it reads all that shards and log write
  }
}

Indexer::~Indexer() {
  if (worker_) worker_->stop();
}

void Indexer::segment_begun(std::uint64_t number) {
  const bool is_due =
      number > asked_ && (number - asked_) * options_.segment_bytes >= options_.index_bytes;
  if (!is_due || busy_.exchange(true)) return;
  asked_ = number;
  if (worker_) {
    worker_->post([this, number] { write(number); });
  } else {
    write(number);
  }
}

void Indexer::write(std::uint64_t segment) {
  if (!write_index(files_, root_, segment)) PROBE("index: it could not be written");
  busy_ = false;
}

}  // namespace theater::store
