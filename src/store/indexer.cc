// When the index is due, and on which thread it is written.
#include "store/indexer.h"

#include "base/probe.h"
#include "io/thread.h"
#include "store/log_index.h"

namespace theater::store {

Indexer::Indexer(io::FileSystem& files, std::string root, const Options& options,
                 std::uint64_t indexed, const io::Clock& clock)
    : files_(files), root_(std::move(root)), options_(options), asked_(indexed), pace_(clock) {
  if (options_.on == IndexOn::kOwnThread) {
    worker_ = std::make_unique<io::WorkerThread>("theater-index");
    worker_->post([] { io::go_behind_others(); });  // it reads all that shards and log write
  }
}

Indexer::~Indexer() {
  pace_.stop();
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
  pace_.begin();
  const Status written = write_index(files_, root_, segment, worker_ ? &pace_ : nullptr);
  if (!written) PROBE("index: it could not be written");
  busy_ = false;
}

}  // namespace theater::store
