// Indexer: has the index of a running node's log written, each so many bytes of log.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "io/file.h"
#include "io/pace.h"
#include "io/worker.h"

namespace theater::store {

inline constexpr std::uint64_t kIndexBytes = 256ull * 1024 * 1024;  // of log between two indexes

/// Who writes the index.
enum class IndexOn : std::uint8_t {
  kLogThread,  // whoever drives the log, in between: for tests and simulation
  kOwnThread,  // so that a log in use is not held up
};

/// Owned by the node's store. The index is derived: where it cannot be written there is none, and a
/// start reads more.
class Indexer {
 public:
  struct Options {
    std::uint64_t segment_bytes = 0, index_bytes = kIndexBytes;
    IndexOn on = IndexOn::kLogThread;
  };
  /// `indexed`: the segment at whose begin the newest index ends; 1 without one.
  Indexer(io::FileSystem& files, std::string root, const Options& options, std::uint64_t indexed,
          const io::Clock& clock);
  ~Indexer();
  Indexer(const Indexer&) = delete;
  Indexer& operator=(const Indexer&) = delete;

  /// Segment `number` has begun: all before it is durable. On the log thread.
  void segment_begun(std::uint64_t number);

 private:
  void write(std::uint64_t segment);

  io::FileSystem& files_;
  const std::string root_;
  const Options options_;
  std::uint64_t asked_;            // the segment of the last index that was asked for
  std::atomic<bool> busy_{false};  // one is being written
  io::Pace pace_;                  // of the thread: what it reads, the log's disk has to give
  std::unique_ptr<io::WorkerThread> worker_;
};

}  // namespace theater::store
