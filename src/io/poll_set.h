// PollSet: the sockets of a shard, watched together: one system call tells of many.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/result.h"
#include "io/asio_executor.h"

namespace theater::io {

/// A socket in a PollSet. Readiness is remembered from one edge to the next, so that asking for it
/// costs no system call: whoever finds the socket empty or full says so.
class Polled {
 public:
  virtual ~Polled() = default;
  /// One call for each time it was wanted and has come about; may destroy any socket of the set.
  virtual void on_poll_read() = 0;
  virtual void on_poll_write() = 0;

  void found_empty() { readable_ = has_ended_; }
  void found_full() { writable_ = is_broken_; }

 private:
  friend class PollSet;
  bool readable_ = false, writable_ = false;
  bool has_ended_ = false;  // the peer sends no more: stays readable
  bool is_broken_ = false;  // stays writable too
  bool read_wanted_ = false, write_wanted_ = false;
  bool is_due_ = false;
  std::uint64_t due_number_ = 0;  // while it is due
  std::uint32_t place_ = 0;       // in its set
};

/// One shard's, on its executor, which outlives it. Shard thread only. Every socket is removed, or
/// abandoned, before it closes and before the set goes. Of many that are ready, a task tells a few,
/// and the shard's other work comes in between: what the first have brought is on its way to the
/// disk while the next are read.
class PollSet {
 public:
  explicit PollSet(AsioExecutor& executor);
  ~PollSet();
  PollSet(const PollSet&) = delete;
  PollSet& operator=(const PollSet&) = delete;

  Status add(int descriptor, Polled& socket);
  void remove(int descriptor, Polled& socket);
  /// remove() of one that is closed soon, by whichever thread: no system call.
  void abandon(Polled& socket);
  /// One call of the socket when it is ready, from a task of the executor.
  void want_read(Polled& socket);
  void want_write(Polled& socket);

 private:
  struct Parts;
  /// What the kernel tells of a socket names its place and turn: a later turn is another socket's.
  struct Place {
    Polled* socket = nullptr;
    std::uint32_t turn = 0;
  };
  std::uint32_t take_place(Polled& socket);
  Polled* find(std::uint64_t name) const;
  void wait();
  void turn();
  void make_due(Polled& socket);
  void line_up(Polled& socket);
  void serve();
  void serve_later();

  AsioExecutor& executor_;
  std::unique_ptr<Parts> parts_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_places_;
  std::deque<Polled*> due_;      // ready and wanted, not told yet; nullptr: removed
  std::uint64_t first_due_ = 0;  // the number of its front
  std::vector<Polled*> served_;  // being told; nullptr: removed meanwhile
  bool is_posted_ = false;
  std::shared_ptr<bool> alive_;  // shared with posted tasks, which may run after the set
};

}  // namespace theater::io
