// The bounds of listening addresses and of plain answers (BOUND-1).
#pragma once

#include <cstddef>

#include "base/time.h"

namespace theater::hosts::listener {

// Of an address, which several actors may share.
inline constexpr std::size_t kReceptionsMax = 1024;            // connections whose head is read
inline constexpr std::size_t kClientReceptionsMax = 64;        // of one client, once all are taken
inline constexpr std::size_t kAcceptsMax = 64;                 // connections taken in one turn
inline constexpr Nanoseconds kAcceptRest = Milliseconds(100);  // after descriptors ran out
inline constexpr Nanoseconds kHeadTime = std::chrono::seconds(10);  // a head is complete: 408
// Of an actor.
inline constexpr std::size_t kPagesMax = 256;                       // plain GETs being answered
inline constexpr std::size_t kPageBytesMax = 64u << 20;             // one static file
inline constexpr Nanoseconds kPageTime = std::chrono::seconds(30);  // one answer

}  // namespace theater::hosts::listener
