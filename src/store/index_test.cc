// With an index a start reads only the log behind it and gives back the same; whatever is wrong
// with an index, the log tells the same or the loss of acknowledged events is refused; verify names
// it.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "store/event_cursor.h"
#include "store/log_index.h"
#include "store/store_fixture.h"
#include "store/verify.h"

namespace theater::store {
namespace {

struct IndexTest : ::testing::Test, StoreFixture {
  IndexTest() {
    options.log.segment_bytes = 16 * 1024;
    options.log.batch_bytes_max = 8 * 1024;
    options.index_bytes = 32 * 1024;
  }
  /// Two busy actors with snapshots, one that only began, one whose payload stands elsewhere.
  void fill(int rounds = 60) {
    ASSERT_TRUE(open());
    TestActor idle(*this, 1), a(*this, 2), b(*this, 3), late(*this, 4);
    idle.invoke("idle");
    late.commit(late.receive("kept").seq, "late");
    for (int i = 0; i < rounds; ++i) {
      a.invoke(std::string(700, static_cast<char>('a' + i % 26)));
      b.invoke(std::string(i % 7 == 0 ? 5000 : 60, static_cast<char>('A' + i % 26)));
      if (i % 20 == 10) a.snapshot("a");
      if (i % 30 == 15) b.snapshot("b");
    }
    refer_back(late);
    for (TestActor* actor : {&idle, &a, &b, &late}) {
      log_bytes[actor->id()] = actor->chain().head().bytes;
    }
    close();
  }
  std::map<ActorId, std::uint64_t> log_bytes;  // of each chain, as its writer counted

  /// An input that is stored in a frame far back.
  void refer_back(TestActor& actor) {
    const auto cursor = EventCursor::open(disk, root, chain::ReadUpTo::kEnd, {actor.id()}).value();
    StoredEvent* event = nullptr;
    do {
      event = cursor->next().value();
    } while (event->record.kind != chain::Kind::kReceive);
    const chain::Input input = event->record.inputs.at(0);
    const auto attachment = chain::Attachment::elsewhere(input.payload, event->inputs.at(0).lsn);
    chain::RecordDraft draft{chain::Kind::kReceive};
    draft.inputs = std::span(&input, 1);
    draft.name = event->record.name;
    const chain::Appended again = actor.chain().append(draft, std::span(&attachment, 1)).value();
    actor.commit(again.seq, "late again");
  }
  std::vector<std::string> indexes() const {
    std::vector<std::string> found;
    for (const std::string& path : disk.files()) {
      if (path.ends_with(".idx")) found.push_back(path);
    }
    return found;
  }
  void remove_indexes() {
    for (const std::string& path : indexes()) ASSERT_TRUE(disk.remove(path));
  }
  /// All that a start gives back, as text.
  std::string past() {
    std::string text;
    for (const ActorSummary& actor : store->history().actors()) {
      const auto image = store->history().take_image(actor.actor);
      EXPECT_TRUE(image) << image.error().message;
      if (!image) continue;
      const ActorSummary& summary = image->summary;
      text += fmt::format("{} {} {} {} {} {} {} {} {}", summary.actor.hex(),
                          summary.head.last.hex(), summary.head.next.value, summary.head.bytes,
                          summary.head_lsn.value, summary.events, summary.invocations,
                          summary.state_bytes, as_text(summary.manifest));
      text += fmt::format(" state {}", image->state.root().hex());
      text += fmt::format(" snapshot {}", image->snapshot ? image->snapshot->seq.value : 0);
      for (const StoredEvent& event : image->events) {
        text += fmt::format(" {}:{}", event.lsn.value, event.leaf.hex().substr(0, 8));
        for (const auto& input : event.inputs) text += fmt::format("={}", as_text(input.bytes));
      }
      text += "\n";
    }
    return text;
  }
  std::string past_after_start() {
    EXPECT_TRUE(open());
    const std::string text = past();
    close();
    return text;
  }
  std::optional<chain::BadEvent> bad() { return verify(disk, root, {})->bad; }
};

TEST_F(IndexTest, AStartWithItGivesBackTheSame) {
  fill();
  ASSERT_EQ(indexes().size(), 1u) << "older ones are removed";
  ASSERT_FALSE(bad()) << bad()->reason;
  const std::string with = past_after_start();
  remove_indexes();
  options.index_bytes = UINT64_MAX;
  EXPECT_EQ(past_after_start(), with);
  EXPECT_NE(with.find("=kept"), std::string::npos);
  EXPECT_TRUE(indexes().empty());
  EXPECT_FALSE(bad());
}

/// With pages, pieces in pay files, inputs that stand elsewhere, and deltas.
TEST_F(IndexTest, AStartCountsTheBytesOfAChainAsItsWriterDid) {
  fill();
  for (const std::uint64_t index_bytes : {options.index_bytes, UINT64_MAX}) {
    if (index_bytes == UINT64_MAX) remove_indexes();
    options.index_bytes = index_bytes;
    ASSERT_TRUE(open());
    ASSERT_EQ(log_bytes.size(), 4u);
    for (const auto& [actor, bytes] : log_bytes) {
      EXPECT_GT(bytes, 0u);
      EXPECT_EQ(store->history().find(actor)->head.bytes, bytes);
    }
    close();
  }
}

/// Format 1 has not the bytes of the chains.
TEST_F(IndexTest, OneOfAnEarlierFormatIsGoodAndWrittenAnewByAStart) {
  fill();
  const std::string with = past_after_start();
  const std::string path = indexes().at(0);
  LogIndex index = decode_index(disk.content(path)).value();
  index.format = 1;
  const Bytes earlier = encode(index);
  ASSERT_LT(earlier.size(), disk.content(path).size());
  ASSERT_FALSE(decode_index(Bytes(earlier.begin(), earlier.end() - 1)));
  disk.set_content(path, earlier);
  EXPECT_FALSE(bad()) << bad()->reason;
  EXPECT_EQ(past_after_start(), with);
  const LogIndex now = decode_index(disk.content(indexes().at(0))).value();
  EXPECT_EQ(now.format, kIndexFormat);
  EXPECT_FALSE(bad());
}

TEST_F(IndexTest, AStartWithItReadsOnlyWhatIsBehindIt) {
  fill(400);
  const auto calls_of_a_start = [&] {
    const std::uint64_t before = disk.calls();
    EXPECT_TRUE(open());
    const std::uint64_t calls = disk.calls() - before;
    close();
    return calls;
  };
  const std::uint64_t with = calls_of_a_start();
  remove_indexes();
  options.index_bytes = UINT64_MAX;
  const std::uint64_t without = calls_of_a_start();
  EXPECT_LT(with * 3, without);
  RecordProperty("with", static_cast<int>(with));
  RecordProperty("without", static_cast<int>(without));
}

TEST_F(IndexTest, AMissingOneIsWrittenAtTheNextStart) {
  fill();
  const Bytes good = disk.content(indexes().at(0));
  remove_indexes();
  ASSERT_TRUE(open());
  ASSERT_EQ(indexes().size(), 1u);
  EXPECT_GE(disk.content(indexes().at(0)).size(), good.size() / 2);
  close();
  EXPECT_FALSE(bad());
}

TEST_F(IndexTest, ADamagedOneIsNamedByVerifyAndPassedOverByAStart) {
  fill();
  const std::string with = past_after_start();
  const std::string path = indexes().at(0);
  const Bytes good = disk.content(path);
  options.index_bytes = UINT64_MAX;  // it is not written again here
  for (std::size_t byte = 0; byte < good.size(); byte += 1 + good.size() / 80) {
    Bytes damaged = good;
    damaged[byte] ^= static_cast<std::uint8_t>(1u << byte % 8);
    disk.set_content(path, damaged);
    ASSERT_TRUE(bad()) << byte;
    ASSERT_EQ("/data/" + bad()->location.file, path);
    if (byte % 5 == 0) ASSERT_EQ(past_after_start(), with) << byte;
  }
  disk.set_content(path, Bytes{});
  EXPECT_EQ(past_after_start(), with);
  options.index_bytes = 32 * 1024;
  EXPECT_EQ(past_after_start(), with);
  EXPECT_FALSE(bad()) << "it was written again";
}

/// An index that its digest calls whole, but that says something else than the log.
TEST_F(IndexTest, AForgedOneIsNamedByVerifyAndNotBelieved) {
  fill();
  const std::string with = past_after_start();
  const std::string path = indexes().at(0);
  const Bytes good = disk.content(path);
  options.index_bytes = UINT64_MAX;
  const auto forge = [&](const std::function<void(LogIndex&)>& change) {
    LogIndex index = decode_index(good).value();
    change(index);
    disk.set_content(path, encode(index));
    EXPECT_TRUE(bad());
    if (bad()) EXPECT_EQ("/data/" + bad()->location.file, path);
  };
  forge([](LogIndex& index) { index.at.link.bytes[0] ^= 1; });
  EXPECT_EQ(past_after_start(), with);
  forge([](LogIndex& index) { index.at.node.bytes[0] ^= 1; });
  EXPECT_EQ(past_after_start(), with);
  forge([](LogIndex& index) { index.at.next_lsn = {1}; });
  EXPECT_EQ(past_after_start(), with);
  forge([](LogIndex& index) { index.actors.pop_back(); });
  forge([](LogIndex& index) { index.actors.at(1)->summary.head.last.bytes[0] ^= 1; });
  forge([](LogIndex& index) { index.actors.at(1)->summary.state_root.bytes[0] ^= 1; });
}

TEST_F(IndexTest, PlacesThatAreNotThoseOfTheEventsMakeAStartReadTheLog) {
  fill();
  const std::string with = past_after_start();
  const std::string path = indexes().at(0);
  const Bytes good = disk.content(path);
  options.index_bytes = UINT64_MAX;
  const std::function<void(GatheredActor&)> changes[] = {
      [](GatheredActor& actor) { actor.places.pop_back(); },
      [](GatheredActor& actor) { actor.places.front().offset += 1; },
      [](GatheredActor& actor) { actor.places.front().segment = 999; },
      [](GatheredActor& actor) { actor.places.front().bytes -= 1; },
      [](GatheredActor& actor) { std::swap(actor.places.front(), actor.places.back()); },
      [](GatheredActor& actor) { actor.events_from = actor.events_from.next(); },
  };
  for (const auto& change : changes) {
    LogIndex index = decode_index(good).value();
    for (const auto& actor : index.actors) {
      if (actor->places.size() > 1) change(*actor);
    }
    disk.set_content(path, encode(index));
    EXPECT_EQ(past_after_start(), with);
  }
}

TEST_F(IndexTest, NothingIsBuiltOnOneThatAStartFoundWrong) {
  fill();
  const std::string with = past_after_start();
  const auto forge = [&] {
    const std::string path = indexes().at(0);
    LogIndex index = decode_index(disk.content(path)).value();
    Seq& next = index.actors.at(1)->summary.head.next;
    next = next.next();
    disk.set_content(path, encode(index));
    EXPECT_TRUE(bad());
  };
  forge();
  options.index_bytes = 32 * 1024;
  EXPECT_EQ(past_after_start(), with);
  EXPECT_FALSE(bad()) << "a new one was derived from it";
  EXPECT_FALSE(indexes().empty());
  forge();
  options.index_bytes = UINT64_MAX;
  EXPECT_EQ(past_after_start(), with);
  EXPECT_TRUE(indexes().empty()) << "it was left for the next start";
}

TEST_F(IndexTest, ALogThatEndsBeforeItHasLostAcknowledgedEvents) {
  fill();
  const std::uint64_t segment = decode_index(disk.content(indexes().at(0)))->at.segment;
  ASSERT_GT(segment, 2u);
  for (const std::string& path : disk.files()) {
    const auto number = chain::segment_number(path.substr(path.rfind('/') + 1));
    if (number && *number >= segment - 1) ASSERT_TRUE(disk.remove(path));
  }
  // A forger who takes the tail away would repair the watermark too.
  ASSERT_TRUE(disk.remove("/data/log/watermark"));
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupt);
  EXPECT_TRUE(bad());
}

TEST_F(IndexTest, HalfWrittenFilesAreRemoved) {
  fill(10);
  disk.set_content("/data/index/0000000002.idx.tmp", Bytes(100, 7));
  fill(60);
  EXPECT_FALSE(disk.exists("/data/index/0000000002.idx.tmp"));
  EXPECT_FALSE(bad());
}

TEST_F(IndexTest, EveryIndexIsReadAsItWasWritten) {
  fill();
  const Bytes bytes = disk.content(indexes().at(0));
  const LogIndex index = decode_index(bytes).value();
  EXPECT_EQ(encode(index), bytes);
  for (std::size_t length = 0; length < bytes.size(); length += 13) {
    EXPECT_FALSE(decode_index(ByteSpan(bytes).first(length)));
  }
}

}  // namespace
}  // namespace theater::store
