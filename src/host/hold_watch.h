// HoldWatch: tells what of one family holds its shard for long (BLOCK-1).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "io/held_time.h"

namespace theater::host {

/// The longest that a function or a callback of a family may compute or be blocked; longer by this
/// for what it is given. It takes text apart, which checks that it is UTF-8 (0.1 to 0.4 ms a MiB),
/// and keeps a copy until it is written (0.15 ms a MiB; 0.65 if the memory is fresh, most of it
/// page faults).
inline constexpr Nanoseconds kHoldMax = Milliseconds(5);
inline constexpr Nanoseconds kHoldPerMebibyte = Milliseconds(1);

/// One that did so for longer.
struct Hold {
  std::string_view family;
  std::string_view function;  // of the interface, or "settle", "recover", "task", "readable"
  io::HeldTime::Span time;
};

/// One family's of one actor, made and used on the actor's shard. A look costs three system calls.
class HoldWatch {
 public:
  using Report = std::function<void(const Hold&)>;
  /// `report` outlives it.
  HoldWatch(std::string family, const Report& report)
      : family_(std::move(family)), report_(report) {}

  /// Lives as long as the function runs. The watch outlives it, and so does the name.
  class Timed {
   public:
    Timed(const HoldWatch& watch, std::string_view function, std::size_t bytes = 0)
        : watch_(watch),
          function_(function),
          longest_(kHoldMax + kHoldPerMebibyte * bytes / kMebibyte),
          begun_(watch.held_.mark()) {}
    ~Timed() {
      if (watch_.held_.passed(begun_) <= longest_) return;
      const io::HeldTime::Span time = watch_.held_.since(begun_);
      if (time.total() > longest_) watch_.report_({watch_.family_, function_, time});
    }
    /// Whether it has taken longer than what is given nothing may.
    bool is_long() const {
      return watch_.held_.passed(begun_) > kHoldMax &&
             watch_.held_.since(begun_).total() > kHoldMax;
    }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

   private:
    static constexpr std::size_t kMebibyte = 1024 * 1024;
    const HoldWatch& watch_;
    const std::string_view function_;
    const Nanoseconds longest_;
    const io::HeldTime::Mark begun_;
  };

 private:
  const std::string family_;
  const Report& report_;
  const io::HeldTime held_;
};

}  // namespace theater::host
