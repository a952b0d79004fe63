// SHA-256 must equal the standard's vectors in both implementations; CRC32C likewise.
#include "chain/hash.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstring>

#include "chain/block_hash.h"
#include "chain/crc32c.h"
#include "io/manual_clock.h"

namespace theater::chain {
namespace {

Digest by_openssl(ByteSpan bytes) {
  Digest digest;
  EVP_Digest(bytes.data(), bytes.size(), digest.bytes.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

TEST(Sha256, EqualsTheStandardsVectors) {
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, EqualsOpenSslForEveryLengthAndSplit) {
  Bytes bytes(700);
  io::SeededRandom(3).fill(bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const ByteSpan message = ByteSpan(bytes).first(length);
    const Digest expected = by_openssl(message);
    ASSERT_EQ(sha256(message), expected) << length;
    const std::size_t cut = length * 7 % (length + 1);
    ASSERT_EQ(Sha256().update(message.first(cut)).update(message.subspan(cut)).finish(), expected);
  }
}

TEST(Sha256, BothImplementationsAgree) {
  Bytes blocks(64 * 9);
  io::SeededRandom(4).fill(blocks);
  std::uint32_t first[8] = {1, 2, 3, 4, 5, 6, 7, 8}, second[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  sha256_blocks_openssl(first, blocks.data(), 9);
  if (!has_sha_instructions()) GTEST_SKIP() << "this processor has no SHA-NI";
  sha256_blocks_x86(second, blocks.data(), 9);
  EXPECT_EQ(std::memcmp(first, second, sizeof first), 0);
}

TEST(Sha256, TwoMessagesSideBySideAreAsOneAfterTheOther) {
  if (!has_sha_instructions()) GTEST_SKIP() << "this processor has no SHA-NI";
  Bytes one(64 * 5), two(64 * 5);
  io::SeededRandom random(6);
  random.fill(one);
  random.fill(two);
  std::uint32_t first[8] = {1, 2, 3, 4, 5, 6, 7, 8}, second[8] = {8, 7, 6, 5, 4, 3, 2, 1};
  std::uint32_t alone[8] = {1, 2, 3, 4, 5, 6, 7, 8}, other[8] = {8, 7, 6, 5, 4, 3, 2, 1};
  sha256_pair_x86({first, one.data()}, {second, two.data()}, 5);
  sha256_blocks_x86(alone, one.data(), 5);
  sha256_blocks_x86(other, two.data(), 5);
  EXPECT_EQ(std::memcmp(first, alone, sizeof first), 0);
  EXPECT_EQ(std::memcmp(second, other, sizeof second), 0);
}

/// The definition of docs/formats/chain.md, step by step.
Digest defined_payload_digest(const Salt& salt, ByteSpan bytes) {
  using std::string_view_literals::operator""sv;
  Bytes all = to_bytes(as_bytes("theater/payload/v1\0"sv));
  append(all, salt.span());
  for (int shift = 56; shift >= 0; shift -= 8) {
    all.push_back(static_cast<std::uint8_t>(std::uint64_t{bytes.size()} >> shift));
  }
  append(all, bytes);
  return by_openssl(all);
}

TEST(PayloadDigest, IsAsDefinedForEveryLengthAloneAndBesideAnyOther) {
  Bytes bytes(1500);
  io::SeededRandom(7).fill(bytes);
  Salt salt, other;
  salt.bytes.fill(0x5a);
  other.bytes.fill(0xa5);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const ByteSpan one = ByteSpan(bytes).first(length);
    const ByteSpan two = ByteSpan(bytes).last(length * 37 % bytes.size());
    ASSERT_EQ(payload_digest(salt, one), defined_payload_digest(salt, one)) << length;
    const SaltedBytes both[] = {{salt, one}, {other, two}, {other, one}};
    Digest digests[3];
    payload_digests(both, digests);
    ASSERT_EQ(digests[0], defined_payload_digest(salt, one)) << length;
    ASSERT_EQ(digests[1], defined_payload_digest(other, two)) << length;
    ASSERT_EQ(digests[2], defined_payload_digest(other, one)) << length;
  }
}

TEST(Crc32c, EqualsTheStandardsVectors) {
  EXPECT_EQ(crc32c({}), 0u);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(Bytes(32)), 0x8a9136aau);
}

TEST(Crc32c, BothImplementationsAgreeForEveryLength) {
  if (!has_crc_instructions()) GTEST_SKIP() << "this processor has no SSE 4.2";
  Bytes bytes(40000);
  io::SeededRandom(5).fill(bytes);
  for (std::size_t length = 0; length <= bytes.size(); length += length < 600 ? 1 : 977) {
    ASSERT_EQ(crc32c_x86(7, bytes.data(), length), crc32c_table(7, bytes.data(), length)) << length;
  }
}

TEST(Crc32c, ExtendsOverAnySplit) {
  const ByteSpan all = as_bytes("the quick brown fox jumps over the lazy dog");
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(crc32c_extend(crc32c(all.first(cut)), all.subspan(cut)), crc32c(all));
  }
}

TEST(LabelledHashes, DifferByLabelSaltAndLength) {
  Salt one, two;
  two.bytes[0] = 1;
  EXPECT_NE(payload_digest(one, as_bytes("x")), payload_digest(two, as_bytes("x")));
  EXPECT_NE(page_hash(as_bytes("x")), sha256(as_bytes("x")));
  EXPECT_NE(chunk_hash(0, as_bytes("x")), chunk_hash(1, as_bytes("x")));
  EXPECT_EQ(leaf_hash(as_bytes("r")), sha256(Bytes{0, 'r'}));
}

}  // namespace
}  // namespace theater::chain
