// The bounds of HTTP messages as they are read (BOUND-1).
#pragma once

#include <cstddef>
#include <cstdint>

namespace theater::hosts::http {

inline constexpr std::size_t kHeadBytesMax = 32 * 1024;    // request line and fields: 431
inline constexpr std::size_t kTargetBytesMax = 8 * 1024;   // what is asked for: 414
inline constexpr std::size_t kFieldsMax = 128;             // header fields: 431
inline constexpr std::size_t kMethodBytesMax = 32;         // 501
inline constexpr std::size_t kChunkDigitsMax = 13;         // of a chunk's size: below 2^52
inline constexpr std::size_t kExtensionBytesMax = 4096;    // chunk extensions of one body
inline constexpr std::size_t kTrailerBytesMax = 8 * 1024;  // of one body
inline constexpr std::size_t kLengthDigitsMax = 15;        // of Content-Length: below 2^50

}  // namespace theater::hosts::http
