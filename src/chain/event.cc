// The words for kinds, classes, reasons and phases.
#include "chain/event.h"

#include <array>

namespace theater::chain {
namespace {

template <std::size_t kCount, typename Enum>
std::string_view word_of(const std::array<std::string_view, kCount>& words, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < kCount ? words[index] : std::string_view("unknown");
}

}  // namespace

std::string_view kind_name(Kind kind) {
  static constexpr std::array<std::string_view, 20> words = {
      "unknown",  "genesis",   "upgrade",  "activate", "recv",  "host-call", "host-req",
      "host-res", "send",      "commit",   "trap",     "op",    "overflow",  "denied",
      "snapshot", "lifecycle", "recovery", "redact",   "prune", "checkpoint"};
  return word_of(words, kind);
}

std::string_view output_class_name(OutputClass output_class) {
  static constexpr std::array<std::string_view, 8> words = {
      "message", "reply", "write", "timer", "operation", "resource", "log", "lifecycle"};
  return word_of(words, output_class);
}

std::string_view activate_reason_name(ActivateReason reason) {
  static constexpr std::array<std::string_view, 5> words = {"first", "evicted", "trapped",
                                                            "restarted", "upgraded"};
  return word_of(words, reason);
}

std::string_view trap_reason_name(TrapReason reason) {
  static constexpr std::array<std::string_view, 6> words = {"error",    "trap",        "fuel",
                                                            "deadline", "interrupted", "limit"};
  return word_of(words, reason);
}

std::string_view operation_phase_name(OperationPhase phase) {
  static constexpr std::array<std::string_view, 6> words = {"reissued", "progress",  "done",
                                                            "failed",   "cancelled", "interrupted"};
  return word_of(words, phase);
}

std::string_view overflow_policy_name(OverflowPolicy policy) {
  static constexpr std::array<std::string_view, 4> words = {"stop", "refuse", "coalesce",
                                                            "drop-oldest"};
  return word_of(words, policy);
}

std::string_view lifecycle_step_name(LifecycleStep step) {
  static constexpr std::array<std::string_view, 6> words = {"start",   "stop",     "crash",
                                                            "restart", "move-out", "move-in"};
  return word_of(words, step);
}

}  // namespace theater::chain
