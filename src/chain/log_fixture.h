// For tests: a log on a memory disk, with small segments, and actors that write to it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "chain/actor_chain.h"
#include "chain/chunk_tree.h"
#include "chain/hash.h"
#include "chain/log_reader.h"
#include "chain/log_writer.h"
#include "chain/recovery.h"
#include "chain/verify_log.h"
#include "io/manual_clock.h"
#include "io/memory/memory_disk.h"

namespace theater::chain {

inline std::string text_of(std::size_t bytes, char fill) { return std::string(bytes, fill); }

/// Owns the world of one log. Single-threaded: `step` drives the writer.
class LogFixture {
 public:
  explicit LogFixture(std::uint64_t seed = 1) : random(seed) {
    random.fill(node.bytes);
    options.segment_bytes = 64 * 1024;
    options.batch_bytes_max = 16 * 1024;
    options.shard_queue_bytes = 512 * 1024;
    CHECK(disk.make_directories(directory).has_value(), "the memory disk is good");
    for (const char* const parent : {"/", "/data"}) {
      CHECK(disk.sync_directory(parent).has_value(), "the memory disk is good");
    }
  }

  /// Recovery, then the log open for appending.
  Status open() {
    is_recovering = true;
    TRY(recovery, recover(disk, directory, node));
    is_recovering = false;
    TRY(log, LogWriter::open(disk, directory, recovery.end, options, clock, random));
    return {};
  }
  void close() {
    CHECK(log->stop().has_value(), "a good disk");
    log.reset();
  }
  /// The process ends without warning; the disk keeps everything.
  void kill() { log.reset(); }

  GenesisBody genesis(std::uint64_t number) {
    GenesisBody body;
    body.component = sha256(as_bytes("component"));
    body.manifest = commit_payload(salt(number), as_bytes(manifest), type_hint("string"));
    body.nonce.bytes[0] = static_cast<std::uint8_t>(number);
    return body;
  }
  /// A new actor with its genesis in the log.
  std::unique_ptr<ActorChain> create(std::uint64_t number, ShardIndex shard = {0}) {
    const GenesisBody body = genesis(number);
    auto actor = std::make_unique<ActorChain>(*log, shard, clock, ActorChain::head_of_new(body));
    RecordDraft draft{Kind::kGenesis};
    draft.body = body;
    const Attachment attachment = Attachment::payload(salt(number), as_bytes(manifest));
    CHECK(actor->append(draft, std::span(&attachment, 1)).has_value(), "a good log");
    return actor;
  }
  /// One batch of `inputs` inputs of `bytes` bytes each.
  Result<Appended> receive(ActorChain& actor, std::size_t inputs, std::size_t bytes) {
    RecordDraft draft{Kind::kReceive};
    draft.name = "theater:actor/timer-handler@0.1.0#handle-events";
    return append_inputs(actor, draft, inputs, bytes);
  }
  /// The same, refused: an event that may stand anywhere in a chain.
  Result<Appended> overflow(ActorChain& actor, std::size_t inputs, std::size_t bytes) {
    RecordDraft draft{Kind::kOverflow};
    draft.body = OverflowBody{"events", OverflowPolicy::kRefuse, inputs, inputs * bytes};
    return append_inputs(actor, draft, inputs, bytes);
  }
  Result<Appended> append_inputs(ActorChain& actor, RecordDraft& draft, std::size_t inputs,
                                 std::size_t bytes) {
    const std::string text = text_of(bytes, 'x');
    std::vector<Input> list;
    std::vector<Attachment> attachments;
    for (std::size_t i = 0; i < inputs; ++i) {
      const Salt s = salt(random.next());
      list.push_back({commit_payload(s, as_bytes(text), type_hint("string")), std::nullopt});
      attachments.push_back(Attachment::payload(s, as_bytes(text)));
    }
    draft.inputs = list;
    return actor.append(draft, attachments);
  }
  Result<Appended> call(ActorChain& actor, Seq invocation, std::uint64_t ordinal) {
    const Salt s = salt(ordinal);
    const PayloadCommitment both[2] = {
        commit_payload(s, as_bytes("arguments"), type_hint("string")),
        commit_payload(s, as_bytes("result"), type_hint("string"))};
    const Attachment attachments[2] = {Attachment::payload(s, as_bytes("arguments")),
                                       Attachment::payload(s, as_bytes("result"))};
    RecordDraft draft{Kind::kHostCall, invocation};
    draft.name = "theater:actor/runtime@0.1.0#now";
    draft.payloads = both;
    draft.body = OrdinalBody{ordinal};
    return actor.append(draft, attachments);
  }
  /// A commit that leaves the state as it is, with root `root`.
  Result<Appended> commit(ActorChain& actor, Seq invocation, const Digest& root) {
    RecordDraft draft{Kind::kCommit, invocation};
    draft.state_root = root;
    draft.outcome = 0;
    return actor.append(draft);
  }
  /// A commit that makes `state` the state of an actor whose state was empty.
  Result<Appended> commit_first(ActorChain& actor, Seq invocation, const std::string& state) {
    Delta delta{salt(7), state.size(), {}};
    ChunkTree tree;
    tree.resize(chunk_count(state.size()));
    for (std::size_t i = 0; i < tree.chunks(); ++i) {
      const ByteSpan chunk =
          as_bytes(state).subspan(i * kChunkBytes, chunk_length(state.size(), i));
      delta.chunks.push_back({i, chunk});
      tree.set(i, chunk_hash(i, chunk));
    }
    const Bytes bytes = encode_delta(delta);
    const Attachment attachment = Attachment::delta(bytes);
    RecordDraft draft{Kind::kCommit, invocation};
    draft.state_root = state_root(delta.salt, state.size(), tree.root());
    draft.outcome = 0;
    return actor.append(draft, std::span(&attachment, 1));
  }

  /// Steps until there is nothing to write.
  StepOutcome step_all() {
    StepOutcome outcome = StepOutcome::kWrote;
    while (outcome == StepOutcome::kWrote) outcome = log->step();
    return outcome;
  }
  /// Lets the log seal itself.
  StepOutcome idle() {
    step_all();
    clock.advance(kSealAfterIdle);
    return log->step();
  }

  /// The lsns a reader finds, or what stops it.
  Result<std::vector<Lsn>> read(ReadUpTo up_to = ReadUpTo::kEnd) {
    TRY(const auto reader, LogReader::open(disk, directory, up_to));
    std::vector<Lsn> lsns;
    Record record;
    for (;;) {
      TRY(const Frame* const frame, reader->next());
      if (frame == nullptr) return lsns;
      TRY_OK(reader->decode(*frame, record));
      lsns.push_back(frame->lsn);
    }
  }

  /// What verifying the log finds.
  Result<VerifyReport> verify_log() {
    VerifyReport report;
    const VerifyOptions how;
    LogVerifier verifier(disk, directory, how, {});
    TRY_OK(verifier.run(node, report));
    return report;
  }

  static Salt salt(std::uint64_t number) {
    Salt s;
    store_le(s.bytes.data(), number);
    return s;
  }

  io::MemoryDisk disk;
  io::ManualClock clock;
  io::SeededRandom random;
  NodeId node;
  LogOptions options;
  const std::string directory = "/data/log";
  std::string manifest = "name = \"test\"\n";
  Recovery recovery;
  bool is_recovering = false;
  std::unique_ptr<LogWriter> log;
};

}  // namespace theater::chain
