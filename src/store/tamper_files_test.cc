// Smart tampering with whole files, checksums repaired: each row is found, by the layer that is
// there for it. What no layer of this format can find stands at the end.
#include <gtest/gtest.h>

#include <functional>

#include "chain/crc32c.h"
#include "chain/log_format.h"
#include "chain/watermark.h"
#include "store/snapshot_file.h"
#include "store/store_fixture.h"
#include "store/verify.h"

namespace theater::store {
namespace {

const std::string kLog = "/data/log/";

/// A stopped store of three segments and more: pay files, pages, snapshots, a component.
struct World : StoreFixture {
  World() {
    options.log.segment_bytes = 16 * 1024;
    options.log.batch_bytes_max = 8 * 1024;
    CHECK(open().has_value(), "a good disk");
    TestActor a(*this, 1), b(*this, 2);
    first = a.id();
    for (int i = 0; i < 12; ++i) {
      a.invoke(std::string(1500, static_cast<char>('a' + i)));
      const chain::Appended large = b.receive(std::string(5000, static_cast<char>('A' + i)));
      b.commit(large.seq, std::to_string(i));
      if (i == 3) a.snapshot("part");
      if (i == 3) b.snapshot("part");
    }
    close();
    last_segment = log().segment;
  }
  /// What the watermark says.
  chain::Watermark log() { return *chain::read_watermark(disk, "/data/log")->newest(); }
  void edit(const std::string& path, const std::function<void(Bytes&)>& change) {
    Bytes bytes = disk.content(path);
    CHECK(!bytes.empty(), "there is such a file");
    change(bytes);
    disk.set_content(path, bytes);
  }
  void set_watermark(chain::Watermark mark) {
    Bytes file(2 * chain::kWatermarkSlotBytes);
    for (const std::uint64_t turn : {mark.turn - 1, mark.turn}) {
      chain::Watermark one = mark;
      one.turn = turn;
      one.state = turn == mark.turn ? mark.state : chain::NodeState::kRunning;
      chain::encode(one, std::span<std::uint8_t, chain::kWatermarkSlotBytes>(
                             file.data() + turn % 2 * chain::kWatermarkSlotBytes,
                             chain::kWatermarkSlotBytes));
    }
    disk.set_content(kLog + "watermark", file);
  }
  void edit_header(std::uint64_t segment,
                   const std::function<void(chain::SegmentHeader&)>& change) {
    edit(kLog + chain::segment_name(segment), [&](Bytes& bytes) {
      const std::span<std::uint8_t, chain::kSegmentHeaderBytes> raw(bytes.data(),
                                                                    chain::kSegmentHeaderBytes);
      chain::SegmentHeader header = chain::decode_segment_header(raw).value();
      change(header);
      chain::encode(header, raw);
    });
  }
  void swap(const std::string& one, const std::string& other) {
    const Bytes kept = disk.content(one);
    disk.set_content(one, disk.content(other));
    disk.set_content(other, kept);
  }

  ActorId first;
  std::uint64_t last_segment = 0;
};

void zero(Bytes& bytes, std::size_t at) {
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), chain::kSectorBytes, 0);
}

struct Row {
  const char* name;
  std::function<void(World&)> tamper;
  const char* says;  // part of the reason
};

const Row kRows[] = {
    {"a lost sector within a batch",
     [](World& world) { world.edit(kLog + "seg-0000000001.log", [](Bytes& b) { zero(b, 2048); }); },
     "acknowledged and is damaged or missing"},
    {"a lost sector of a pay file",
     [](World& world) { world.edit(kLog + "pay-0000000001.log", [](Bytes& b) { zero(b, 1024); }); },
     "does not match its commitment"},
    {"a pay file cut short",
     [](World& world) {
       world.edit(kLog + "pay-0000000001.log", [](Bytes& b) { b.resize(b.size() - 1); });
     },
     "ends before"},
    {"a pay file with more at its end",
     [](World& world) {
       world.edit(kLog + "pay-0000000001.log", [](Bytes& b) { b.push_back(0); });
     },
     "bytes that no event refers to"},
    {"pay files exchanged",
     [](World& world) { world.swap(kLog + "pay-0000000001.log", kLog + "pay-0000000002.log"); },
     ""},
    {"a segment taken away from the middle",
     [](World& world) { ASSERT_TRUE(world.disk.remove(kLog + "seg-0000000002.log")); },
     "segments are there, but the last is number"},
    {"segments exchanged",
     [](World& world) { world.swap(kLog + "seg-0000000001.log", kLog + "seg-0000000002.log"); },
     "number or size are not those in its header"},
    {"segments exchanged, numbers repaired",
     [](World& world) {
       world.swap(kLog + "seg-0000000001.log", kLog + "seg-0000000002.log");
       world.edit_header(1, [](chain::SegmentHeader& header) { header.number = 1; });
       world.edit_header(2, [](chain::SegmentHeader& header) { header.number = 2; });
     },
     "acknowledged and is damaged or missing"},
    {"a segment header that continues another link",
     [](World& world) {
       world.edit_header(2, [](chain::SegmentHeader& header) { header.link.bytes[3] ^= 1; });
     },
     "does not continue the segment before it"},
    {"a segment of another node",
     [](World& world) {
       world.edit_header(2, [](chain::SegmentHeader& header) { header.node.bytes[3] ^= 1; });
     },
     "does not continue the segment before it"},
    {"the tail taken away, the watermark left",
     [](World& world) {
       ASSERT_TRUE(world.disk.remove(kLog + chain::segment_name(world.last_segment)));
     },
     "acknowledged and is damaged or missing"},
    {"a watermark that stopped earlier",
     [](World& world) {
       chain::Watermark mark = world.log();
       mark.number -= 1;
       world.set_watermark(mark);
     },
     "watermark"},
    {"a watermark of another link",
     [](World& world) {
       chain::Watermark mark = world.log();
       mark.link.bytes[0] ^= 1;
       world.set_watermark(mark);
     },
     "the watermark contradicts the batch it vouches for"},
    {"a watermark that goes back two turns",
     [](World& world) {
       world.edit(kLog + "watermark", [](Bytes& bytes) {
         std::copy_n(bytes.begin(), chain::kWatermarkSlotBytes,
                     bytes.begin() + chain::kWatermarkSlotBytes);
       });
     },
     "the watermark slot is damaged"},
    {"an identity with its check repaired",
     [](World& world) {
       world.edit("/data/node", [](Bytes& bytes) {
         std::string text(as_text(bytes));
         char& digit = text[text.find("node ") + 5];
         digit = digit == '0' ? '1' : '0';
         const std::size_t check = text.find("check ");
         text = text.substr(0, check) +
                fmt::format("check {:08x}\n", chain::crc32c(as_bytes(text.substr(0, check))));
         bytes = to_bytes(as_bytes(text));
       });
     },
     "the log belongs to another node"},
    {"something in the spare",
     [](World& world) {
       world.disk.set_content(kLog + "spare", Bytes(world.options.log.segment_bytes, 1));
     },
     "a file that holds nothing yet is not zero"},
    {"a file that is not the log's",
     [](World& world) { world.disk.set_content(kLog + "seg-x.log", Bytes{1}); },
     "does not belong to the log"},
    {"a snapshot with another state, its hashes repaired",
     [](World& world) {
       const std::string path = world.snapshot_files().at(0);
       const ActorId actor = ActorId::from(*from_hex(path.substr(11, 32)));
       const Seq seq = *snapshot_seq(path.substr(path.rfind('/') + 1));
       SnapshotManifest manifest =
           read_snapshot_file(world.disk, "/data/snap", actor, seq)->manifest;
       const Bytes state(manifest.length, 'z');
       StateTree tree;
       tree.restore(state, manifest.salt);
       for (std::size_t i = 0; i < manifest.chunks.size(); ++i) {
         manifest.chunks[i].hash = tree.chunks().chunk_hashes()[i];
       }
       world.disk.set_content(path, encode_file(manifest, state));
     },
     "the manifest is not the one that event"},
    {"snapshots of two actors exchanged",
     [](World& world) { world.swap(world.snapshot_files().at(0), world.snapshot_files().at(1)); },
     "another actor's or event's"},
    {"a snapshot taken away",
     [](World& world) { ASSERT_TRUE(world.disk.remove(world.snapshot_files().at(0))); },
     "is missing"},
    {"another component under the name",
     [](World& world) {
       const std::string digest = chain::sha256(as_bytes("component")).hex();
       world.disk.set_content("/data/components/" + digest + ".wasm", to_bytes(as_bytes("evil")));
     },
     "another digest"},
};

TEST(TamperingWithFiles, IsFoundByTheLayerThatIsThereForIt) {
  for (const Row& row : kRows) {
    World world;
    ASSERT_GE(world.last_segment, 3u);
    ASSERT_TRUE(verify(world.disk, world.root, {})->good());
    row.tamper(world);
    const auto report = verify(world.disk, world.root, {});
    ASSERT_TRUE(report) << row.name << ": " << report.error().message;
    ASSERT_TRUE(report->bad) << row.name;
    EXPECT_NE(report->bad->reason.find(row.says), std::string::npos)
        << row.name << ": " << report->bad->reason;
  }
}

/// Without signed heads nothing tells an older, whole copy from the directory that replaced it.
TEST(TamperingWithFiles, AnOlderCopyIsNotFound) {
  StoreFixture world;
  ASSERT_TRUE(world.open());
  TestActor actor(world, 1);
  actor.invoke("early");
  world.close();
  const auto copy = world.disk.synced_copy();
  ASSERT_TRUE(world.open());
  TestActor other(world, 2);
  other.invoke("late");
  world.close();
  EXPECT_TRUE(verify(*copy, world.root, {})->good());
}

}  // namespace
}  // namespace theater::store
