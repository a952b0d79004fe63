// Encoding and decoding are inverse; a byte string that the encoder would not have made is refused;
// the vectors of docs/formats/chain.md hold.
#include "chain/codec.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "chain/cbor.h"
#include "chain/chunk_tree.h"
#include "chain/hash.h"
#include "chain/random_record.h"

namespace theater::chain {
namespace {

constexpr std::uint64_t kSeed = 62;

TEST(Codec, EveryRecordComesBackAsItWas) {
  io::SeededRandom random(kSeed);
  RandomRecord records(random);
  Record decoded;
  for (int i = 0; i < 20'000; ++i) {
    const Record record = records.make();
    const Bytes bytes = encode_record(record.link, record.draft()).value();
    const Status status = decode_record(bytes, decoded);
    ASSERT_TRUE(status) << status.error().message << " seed " << kSeed << " record " << i;
    ASSERT_EQ(decoded, record);
    ASSERT_EQ(peek_actor(bytes), record.link.actor);
  }
}

TEST(Codec, ARecordNeedsAsMuchRoomAsItHasBytes) {
  io::SeededRandom random(kSeed + 2);
  RandomRecord records(random);
  for (int i = 0; i < 2'000; ++i) {
    const Record record = records.make();
    const RecordDraft draft = record.draft();
    const Pages pages = make_pages(draft).value();
    const Bytes bytes = encode_record(record.link, draft).value();
    Bytes exact(bytes.size()), short_by_one(bytes.size() - 1);
    EXPECT_EQ(encode_record(record.link, draft, pages, exact).value(), bytes.size());
    EXPECT_EQ(exact, bytes) << "seed " << kSeed + 2 << " record " << i;
    EXPECT_FALSE(encode_record(record.link, draft, pages, short_by_one));
  }
}

/// The strictness rule: whatever is accepted is what the encoder makes of it.
void expect_canonical(ByteSpan bytes) {
  Record decoded;
  if (!decode_record(bytes, decoded)) return;
  if (decoded.input_page || decoded.output_page) return;  // lists that are not here
  const auto again = encode_record(decoded.link, decoded.draft());
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_TRUE(equal(*again, bytes)) << to_hex(bytes);
}

TEST(Codec, WhatIsAcceptedIsCanonical) {
  io::SeededRandom random(kSeed + 1);
  RandomRecord records(random);
  for (int i = 0; i < 1500; ++i) {
    const Record record = records.make();
    const Bytes good = encode_record(record.link, record.draft()).value();
    for (int change = 0; change < 60; ++change) {
      Bytes bad = good;
      bad[random.next() % bad.size()] ^= static_cast<std::uint8_t>(1u << random.next() % 8);
      if (change % 4 == 0) bad.resize(random.next() % bad.size());
      if (change % 7 == 0) bad.push_back(0);
      expect_canonical(bad);
    }
  }
}

TEST(Codec, RefusesEveryPrefixAndAnySuffix) {
  io::SeededRandom random(kSeed + 2);
  RandomRecord records(random);
  Record decoded;
  for (int i = 0; i < 60; ++i) {
    const Record record = records.make();
    Bytes bytes = encode_record(record.link, record.draft()).value();
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      ASSERT_FALSE(decode_record(ByteSpan(bytes).first(cut), decoded)) << cut;
    }
    bytes.push_back(0);
    ASSERT_FALSE(decode_record(bytes, decoded));
  }
}

TEST(Codec, RefusesLongerFormsOfNumbers) {
  for (const std::string_view hex :
       {"1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff"}) {
    const Bytes bytes = from_hex(hex).value();
    CborReader reader(bytes);
    (void)reader.number();
    EXPECT_FALSE(reader.ok()) << hex;
  }
}

TEST(Codec, PagesComeBackAsTheyWere) {
  io::SeededRandom random(kSeed + 3);
  RandomRecord records(random);
  for (const std::size_t count : {9u, 100u, 1024u}) {
    std::vector<Input> inputs, inputs_again;
    std::vector<Output> outputs, outputs_again;
    for (std::size_t i = 0; i < count; ++i) {
      inputs.push_back(records.input());
      outputs.push_back(records.output());
    }
    RecordDraft draft;
    draft.inputs = inputs;
    draft.outputs = outputs;
    const Pages pages = make_pages(draft).value();
    ASSERT_TRUE(decode_input_page(*pages.inputs, pages.input_bytes, inputs_again));
    ASSERT_TRUE(decode_output_page(*pages.outputs, pages.output_bytes, outputs_again));
    EXPECT_EQ(inputs_again, inputs);
    EXPECT_EQ(outputs_again, outputs);
    EXPECT_FALSE(decode_input_page(*pages.outputs, pages.output_bytes, inputs_again));
  }
}

TEST(Codec, RefusesPagesBeyondTheirBound) {
  const std::vector<Input> inputs(kPageItemsMax + 1);
  RecordDraft draft;
  draft.inputs = inputs;
  EXPECT_EQ(make_pages(draft).error().code, Code::kTooLarge);
}

TEST(Codec, RefusesWhatAKindMayNotHave) {
  const auto code = [](const RecordDraft& draft) {
    const auto encoded = encode_record({}, draft);
    return encoded ? std::string("accepted") : encoded.error().message;
  };
  RecordDraft draft{Kind::kActivate};
  EXPECT_EQ(code(draft), "activate lacks key 14");
  draft.body = TrapBody{};
  EXPECT_EQ(code(draft), "activate has the body of another kind");
  draft.body = ActivateBody{};
  EXPECT_EQ(code(draft), "accepted");
  draft.fuel = 1;
  EXPECT_EQ(code(draft), "activate may not have key 13");
  EXPECT_EQ(code({Kind::kCheckpoint}), "kind 19 is unknown");
  EXPECT_EQ(code({static_cast<Kind>(0)}), "kind 0 is unknown");
}

TEST(Codec, RefusesNamesThatAreNoUtf8) {
  RecordDraft draft{Kind::kReceive};
  for (const std::string_view name :
       {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    draft.name = name;
    EXPECT_FALSE(encode_record({}, draft)) << to_hex(as_bytes(name));
  }
  draft.name = "grüße/日本#🎭";
  EXPECT_TRUE(encode_record({}, draft));
}

/// The table of vectors in the format document: name, bytes in hexadecimal.
std::map<std::string, std::string> document_vectors() {
  std::map<std::string, std::string> vectors;
  std::ifstream document(THEATER_CHAIN_DOCUMENT);
  std::string line;
  while (std::getline(document, line)) {
    std::istringstream cells(line);
    std::string bar, name, second, hex;
    cells >> bar >> name >> second >> hex;
    if (bar != "|" || second != "|" || hex.size() < 3 || hex.front() != '`') continue;
    vectors[name] = hex.substr(1, hex.size() - 2);
  }
  return vectors;
}

Salt vector_salt() {
  Salt salt;
  for (std::size_t i = 0; i < 16; ++i) salt.bytes[i] = static_cast<std::uint8_t>(i);
  return salt;
}

PayloadCommitment commitment(std::string_view text) {
  return commit_payload(vector_salt(), as_bytes(text), type_hint("string"));
}

/// The digests of the vectors, as the document describes them.
void add_digests(std::map<std::string, std::string>& vectors) {
  const Digest chunk = chunk_hash(0, as_bytes("state"));
  vectors["type-hint"] = type_hint("string").hex();
  vectors["payload-digest"] = payload_digest(vector_salt(), as_bytes("hello")).hex();
  vectors["page-hash"] = page_hash(as_bytes("page")).hex();
  vectors["chunk-hash"] = chunk.hex();
  vectors["node-hash"] = chunk_node_hash(chunk, chunk).hex();
  vectors["empty-root"] = empty_state_root().hex();
  vectors["state-root"] = state_root(Salt{}, 5, chunk).hex();
  vectors["delta"] = to_hex(encode_delta(Delta{Salt{}, 5, {{0, as_bytes("state")}}}));
}

/// The records of the vectors, as the document describes them.
std::map<std::string, std::string> computed_vectors() {
  std::map<std::string, std::string> vectors;
  add_digests(vectors);
  GenesisBody genesis;
  genesis.component = sha256(as_bytes("component"));
  genesis.world = sha256(as_bytes("world"));
  genesis.profile = sha256(as_bytes("profile"));
  genesis.manifest = commitment("name = \"a\"\n");
  genesis.nonce = vector_salt();
  const ActorId actor = actor_id(genesis);

  RecordDraft draft{Kind::kGenesis};
  draft.body = genesis;
  const Bytes first = encode_record({actor, {0}, {}, 1'700'000'000'000'000}, draft).value();

  const Input input{commitment("hello"), Reference{actor, {0}, leaf_hash(first), 2}};
  RecordDraft receive{Kind::kReceive};
  receive.inputs = std::span(&input, 1);
  receive.name = "theater:actor/timer-handler@0.1.0#handle-events";
  const Bytes second =
      encode_record({actor, {1}, leaf_hash(first), 1'700'000'000'000'001}, receive).value();

  const Output output{OutputClass::kWrite, std::uint64_t{1} << 63, commitment("hello")};
  const PayloadCommitment result = commitment("");
  RecordDraft commit{Kind::kCommit, Seq{1}};
  commit.payloads = std::span(&result, 1);
  commit.state_root = state_root(Salt{}, 5, chunk_hash(0, as_bytes("state")));
  commit.outcome = 0;
  commit.fuel = 1000;
  commit.outputs = std::span(&output, 1);
  const Bytes third =
      encode_record({actor, {2}, leaf_hash(second), 1'700'000'000'000'002}, commit).value();

  const Digest leaves[] = {leaf_hash(first), leaf_hash(second)};
  Bytes joined = to_bytes(leaves[0].span());
  append(joined, leaves[1].span());
  vectors["batch-link"] = batch_link({}, {1, {1}}, joined).hex();
  vectors["actor-id"] = actor.hex();
  vectors["genesis"] = to_hex(first);
  vectors["genesis-leaf"] = leaf_hash(first).hex();
  vectors["recv"] = to_hex(second);
  vectors["recv-leaf"] = leaf_hash(second).hex();
  vectors["commit"] = to_hex(third);
  vectors["commit-leaf"] = leaf_hash(third).hex();
  return vectors;
}

TEST(Codec, TheDocumentsVectorsHold) {
  const auto document = document_vectors();
  for (const auto& [name, hex] : computed_vectors()) {
    const auto found = document.find(name);
    EXPECT_EQ(found == document.end() ? "missing" : found->second, hex) << name;
  }
}

}  // namespace
}  // namespace theater::chain
