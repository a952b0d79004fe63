// The process family's limits: keys of [grants.process], and bounds nobody needs to change.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::process {

struct Limits {
  std::uint64_t processes_max = 4;          // of one actor, at once
  std::uint64_t waiting_max = 64;           // starts that wait for their turn
  std::uint64_t arguments_max = 64 * 1024;  // bytes of the arguments of one start
  std::uint64_t stdin_max = 1u << 20;       // bytes that wait to be read by one program
  Nanoseconds runtime = std::chrono::seconds(60);
};

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"processes_max", &Limits::processes_max, 1, 256},
    {"waiting_max", &Limits::waiting_max, 1, 4096},
    {"arguments_max", &Limits::arguments_max, 1, 128 << 10, host::LimitField<Limits>::Unit::kBytes},
    {"stdin_max", &Limits::stdin_max, 1, 64 << 20, host::LimitField<Limits>::Unit::kBytes},
    {"runtime", &Limits::runtime, 1'000'000, 86'400'000'000'000},
};

inline constexpr std::size_t kProgramsMax = 64;  // of one grant
inline constexpr std::size_t kVariablesMax = 64;
inline constexpr std::size_t kArgumentsMax = 1024;     // of one start
inline constexpr std::size_t kChunkBytes = 16 * 1024;  // of an output event
inline constexpr std::uint8_t kSignalMax = 31;
/// Events of output that wait for the actor.
inline constexpr std::uint64_t kEventsMax = 256;
inline constexpr std::uint64_t kEventBytesMax = 4u << 20;
/// A program that was killed is waited for so long.
inline constexpr Nanoseconds kReapTime = std::chrono::seconds(5);
/// Processes of an earlier life that one sweep ends.
inline constexpr std::size_t kLeftoversMax = 4096;
inline constexpr int kSweepPassesMax = 5;
inline constexpr int kSweepPassMilliseconds = 4;
inline constexpr std::size_t kEnvironmentBytesMax = 1 << 20;  // of a process that is looked at

}  // namespace theater::hosts::process
