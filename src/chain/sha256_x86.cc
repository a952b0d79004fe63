// SHA-256 with the SHA extensions. Compiled for them, and without AVX, by CMakeLists.txt.
#include "chain/block_hash.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace theater::chain {
namespace {

alignas(16) constexpr std::uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct Working {
  __m128i abef, cdgh;
};

inline __m128i constant(int four) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(kRound + 4 * four));
}

/// Four rounds; `words` are the schedule words w[4*four..] in order.
inline void four_rounds(Working& state, __m128i words, int four) {
  __m128i sum = _mm_add_epi32(words, constant(four));
  state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, sum);
  sum = _mm_shuffle_epi32(sum, 0x0E);
  state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, sum);
}

/// The same for two messages in turn: one waits for its instruction while the other's runs.
inline void four_rounds(Working& one, __m128i one_sum, Working& two, __m128i two_sum) {
  one.cdgh = _mm_sha256rnds2_epu32(one.cdgh, one.abef, one_sum);
  two.cdgh = _mm_sha256rnds2_epu32(two.cdgh, two.abef, two_sum);
  one_sum = _mm_shuffle_epi32(one_sum, 0x0E);
  two_sum = _mm_shuffle_epi32(two_sum, 0x0E);
  one.abef = _mm_sha256rnds2_epu32(one.abef, one.cdgh, one_sum);
  two.abef = _mm_sha256rnds2_epu32(two.abef, two.cdgh, two_sum);
}

/// The next four schedule words from the sixteen before them (w0 oldest).
inline __m128i next_words(__m128i w0, __m128i w1, __m128i w2, __m128i w3) {
  const __m128i seventh = _mm_alignr_epi8(w3, w2, 4);
  const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), seventh);
  return _mm_sha256msg2_epu32(partial, w3);
}

/// The four words at `four` of a block.
inline __m128i words_of(const std::uint8_t* block, int four) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bll, 0x0405060700010203ll);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + four), swap);
}

inline void one_block(Working& state, const std::uint8_t* block) {
  __m128i w[4];
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; ++i) {
    w[i] = words_of(block, i);
    four_rounds(state, w[i], i);
  }
#pragma clang loop unroll(full)
  for (int i = 4; i < 16; ++i) {
    const __m128i next = next_words(w[i & 3], w[(i + 1) & 3], w[(i + 2) & 3], w[(i + 3) & 3]);
    w[i & 3] = next;
    four_rounds(state, next, i);
  }
}

inline void two_blocks(Working& one, const std::uint8_t* first, Working& two,
                       const std::uint8_t* second) {
  __m128i v[4], w[4];
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; ++i) {
    v[i] = words_of(first, i);
    w[i] = words_of(second, i);
    four_rounds(one, _mm_add_epi32(v[i], constant(i)), two, _mm_add_epi32(w[i], constant(i)));
  }
#pragma clang loop unroll(full)
  for (int i = 4; i < 16; ++i) {
    v[i & 3] = next_words(v[i & 3], v[(i + 1) & 3], v[(i + 2) & 3], v[(i + 3) & 3]);
    w[i & 3] = next_words(w[i & 3], w[(i + 1) & 3], w[(i + 2) & 3], w[(i + 3) & 3]);
    four_rounds(one, _mm_add_epi32(v[i & 3], constant(i)), two,
                _mm_add_epi32(w[i & 3], constant(i)));
  }
}

/// From a,b,c,d and e,f,g,h to the order the instructions want.
inline Working load(const std::uint32_t* state) {
  const auto* words = reinterpret_cast<const __m128i*>(state);
  const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xB1);
  const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1B);
  return {_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xF0)};
}

inline void store(const Working& now, std::uint32_t* state) {
  auto* words = reinterpret_cast<__m128i*>(state);
  const __m128i feba = _mm_shuffle_epi32(now.abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(now.cdgh, 0xB1);
  _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
}

inline void add(Working& now, const Working& before) {
  now.abef = _mm_add_epi32(now.abef, before.abef);
  now.cdgh = _mm_add_epi32(now.cdgh, before.cdgh);
}

}  // namespace

void sha256_blocks_x86(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count) {
  Working now = load(state);
  for (; count > 0; --count, blocks += 64) {
    const Working before = now;
    one_block(now, blocks);
    add(now, before);
  }
  store(now, state);
}

void sha256_pair_x86(const Sha256Lane& first, const Sha256Lane& second, std::size_t count) {
  Working one = load(first.state), two = load(second.state);
  for (std::size_t at = 0; at < 64 * count; at += 64) {
    const Working one_before = one, two_before = two;
    two_blocks(one, first.blocks + at, two, second.blocks + at);
    add(one, one_before);
    add(two, two_before);
  }
  store(one, first.state);
  store(two, second.state);
}

bool has_sha_instructions() {
  return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3") && [] {
    unsigned a = 7, b = 0, c = 0, d = 0;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (b >> 29 & 1) == 1;
  }();
}

}  // namespace theater::chain

#else

#include "base/check.h"

namespace theater::chain {

void sha256_blocks_x86(std::uint32_t*, const std::uint8_t*, std::size_t) {
  CHECK(false, "the caller asks has_sha_instructions first");
}
void sha256_pair_x86(const Sha256Lane&, const Sha256Lane&, std::size_t) {
  CHECK(false, "the caller asks has_sha_instructions first");
}
bool has_sha_instructions() { return false; }

}  // namespace theater::chain

#endif
