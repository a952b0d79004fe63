// Encoding, strict decoding, and making the index.
#include "store/log_index.h"

#include <algorithm>

#include "base/probe.h"
#include "chain/batch_scanner.h"
#include "chain/hash.h"
#include "store/node_directory.h"

namespace theater::store {
namespace {

constexpr std::string_view kMagic = "theaidx\n";
constexpr std::size_t kHeaderBytes = 24 + 32;  // magic, u32 format, u32 zero, u64 bytes, digest
constexpr std::size_t kActorBytesMin = 500;    // of an actor in the body, without its lists
constexpr std::size_t kSnapshotBytes = 32 + 8 + 32;
constexpr std::size_t kPlaceBytes = 8 + 4 + 4 + 4;
constexpr std::uint64_t kFileBytesMax = std::uint64_t{4} << 30;
constexpr std::uint64_t kTrustedBytesMax = std::uint64_t{64} << 20;  // read before the digest fits
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::string_view kSuffix = ".idx";
constexpr std::size_t kNameDigits = 10;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(Code::kCorrupt, "the index {}", what);
}

void put_origin(Bytes& out, const chain::GenesisBody& body) {
  for (const Digest& digest : {body.component, body.world, body.profile}) {
    append(out, digest.span());
  }
  append_le<std::uint64_t>(out, body.manifest.length);
  append(out, body.manifest.digest.span());
  append(out, body.manifest.type.span());
  out.push_back(static_cast<std::uint8_t>(body.mode));
  append(out, body.nonce.span());
  out.push_back(body.parent ? 1 : 0);
  append(out, body.parent.value_or(ActorId{}).span());
}

void put_summary(Bytes& out, const ActorSummary& summary, std::uint32_t format) {
  append(out, summary.actor.span());
  put_origin(out, summary.genesis);
  put_origin(out, summary.current);
  append_le<std::uint32_t>(out, static_cast<std::uint32_t>(summary.manifest.size()));
  append(out, summary.manifest);
  append(out, summary.head.last.span());
  append(out, summary.state_root.span());
  for (const std::uint64_t number :
       {summary.head.next.value, summary.head.time_us, summary.head_lsn.value, summary.events,
        summary.invocations, summary.state_bytes}) {
    append_le<std::uint64_t>(out, number);
  }
  if (format >= 2) append_le<std::uint64_t>(out, summary.head.bytes);
  out.push_back(summary.last_end ? static_cast<std::uint8_t>(*summary.last_end) : 0);
  out.push_back(summary.last_outcome ? 1 : 0);
  append_le<std::uint64_t>(out, static_cast<std::uint64_t>(summary.last_outcome.value_or(0)));
  out.push_back(summary.last_lifecycle ? static_cast<std::uint8_t>(*summary.last_lifecycle) + 1
                                       : 0);
}

void put_actor(Bytes& out, const GatheredActor& actor, std::uint32_t format) {
  put_summary(out, actor.summary, format);
  append_le<std::uint64_t>(out, actor.events_from.value);
  append_le<std::uint32_t>(out, static_cast<std::uint32_t>(actor.snapshots.size()));
  for (const SnapshotEvent& snapshot : actor.snapshots) {
    append(out, snapshot.body.manifest.span());
    append_le<std::uint64_t>(out, snapshot.body.seq.value);
    append(out, snapshot.state_root.span());
  }
  append_le<std::uint32_t>(out, static_cast<std::uint32_t>(actor.places.size()));
  for (const EventPlace& place : actor.places) {
    append_le<std::uint64_t>(out, place.lsn.value);
    append_le<std::uint32_t>(out, place.segment);
    append_le<std::uint32_t>(out, place.offset);
    append_le<std::uint32_t>(out, place.bytes);
  }
}

/// Reads forwards; beyond the end everything is zero and `ok` is false for ever.
class Cursor {
 public:
  explicit Cursor(ByteSpan bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  std::size_t left() const { return rest_.size(); }
  ByteSpan raw(std::size_t bytes) {
    if (bytes > rest_.size()) {
      ok_ = false;
      return {};
    }
    const ByteSpan found = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return found;
  }
  template <std::unsigned_integral T>
  T number() {
    const ByteSpan found = raw(sizeof(T));
    return found.empty() ? T{} : load_le<T>(found.data());
  }
  template <typename Id>
  Id id() {
    const ByteSpan found = raw(Id::size());
    return found.empty() ? Id{} : Id::from(found);
  }
  /// A byte of at most `most`.
  std::uint8_t choice(std::uint8_t most) {
    const auto found = number<std::uint8_t>();
    if (found > most) ok_ = false;
    return found > most ? 0 : found;
  }
  /// The count of a list whose items have at least so many bytes.
  std::size_t count(std::size_t item_bytes) {
    const auto found = number<std::uint32_t>();
    if (found > rest_.size() / item_bytes) ok_ = false;
    return ok_ ? found : 0;
  }

 private:
  ByteSpan rest_;
  bool ok_ = true;
};

chain::GenesisBody take_origin(Cursor& in) {
  chain::GenesisBody body;
  body.component = in.id<Digest>();
  body.world = in.id<Digest>();
  body.profile = in.id<Digest>();
  body.manifest.length = in.number<std::uint64_t>();
  body.manifest.digest = in.id<Digest>();
  body.manifest.type = in.id<chain::TypeHint>();
  body.mode = static_cast<chain::InstanceMode>(in.choice(1));
  body.nonce = in.id<Salt>();
  const bool has_parent = in.choice(1) == 1;
  const auto parent = in.id<ActorId>();
  if (has_parent) body.parent = parent;
  return body;
}

void take_summary(Cursor& in, ActorSummary& summary, std::uint32_t format) {
  summary.actor = summary.head.actor = in.id<ActorId>();
  summary.genesis = take_origin(in);
  summary.current = take_origin(in);
  summary.manifest = to_bytes(in.raw(in.number<std::uint32_t>()));
  summary.head.last = in.id<Digest>();
  summary.state_root = in.id<Digest>();
  summary.head.next = {in.number<std::uint64_t>()};
  summary.head.time_us = summary.last_time_us = in.number<std::uint64_t>();
  summary.head_lsn = {in.number<std::uint64_t>()};
  summary.events = in.number<std::uint64_t>();
  summary.invocations = in.number<std::uint64_t>();
  summary.state_bytes = in.number<std::uint64_t>();
  if (format >= 2) summary.head.bytes = in.number<std::uint64_t>();
  const std::uint8_t end = in.choice(chain::kKindMax);
  if (end != 0) summary.last_end = static_cast<chain::Kind>(end);
  const bool has_outcome = in.choice(1) == 1;
  const auto outcome = static_cast<std::int64_t>(in.number<std::uint64_t>());
  if (has_outcome) summary.last_outcome = outcome;
  const std::uint8_t step = in.choice(static_cast<std::uint8_t>(chain::LifecycleStep::kMoveIn) + 1);
  if (step != 0) summary.last_lifecycle = static_cast<chain::LifecycleStep>(step - 1);
}

std::unique_ptr<GatheredActor> take_actor(Cursor& in, std::uint32_t format) {
  auto actor = std::make_unique<GatheredActor>();
  take_summary(in, actor->summary, format);
  actor->events_from = {in.number<std::uint64_t>()};
  actor->snapshots.resize(in.count(kSnapshotBytes));
  for (SnapshotEvent& snapshot : actor->snapshots) {
    snapshot.body.manifest = in.id<Digest>();
    snapshot.body.seq = {in.number<std::uint64_t>()};
    snapshot.state_root = in.id<Digest>();
  }
  actor->places.resize(in.count(kPlaceBytes));
  for (EventPlace& place : actor->places) {
    place.lsn = {in.number<std::uint64_t>()};
    place.segment = in.number<std::uint32_t>();
    place.offset = in.number<std::uint32_t>();
    place.bytes = in.number<std::uint32_t>();
  }
  return actor;
}

std::string folder_of(const std::string& root) { return NodeLayout{root}.index(); }

/// Indexes on disk, the newest first.
Result<std::vector<std::uint64_t>> list_indexes(io::FileSystem& files, const std::string& root) {
  std::vector<std::uint64_t> segments;
  if (!files.exists(folder_of(root))) return segments;
  TRY(const std::vector<std::string> names, files.list(folder_of(root)));
  for (const std::string& name : names) {
    if (const auto segment = index_segment(name)) segments.push_back(*segment);
  }
  std::ranges::sort(segments, std::greater{});
  return segments;
}

/// What the first bytes of a file say of the others.
struct Header {
  std::uint32_t format = 0;
  std::uint64_t body_bytes = 0;
  Digest digest;  // of the body
};

Result<Header> decode_header(ByteSpan bytes) {
  if (bytes.size() < kHeaderBytes || as_text(bytes.first(8)) != kMagic ||
      load_le<std::uint32_t>(bytes.data() + 12) != 0) {
    return corrupt("has a damaged header");
  }
  const Header header{load_le<std::uint32_t>(bytes.data() + 8),
                      load_le<std::uint64_t>(bytes.data() + 16),
                      Digest::from(bytes.subspan(24, 32))};
  if (header.format < 1 || header.format > kIndexFormat) return corrupt("has a damaged header");
  return header;
}

/// Whether a large file is worth its memory: its body has the digest.
Status check_body(const io::File& file, const Header& header) {
  Bytes block(kBlockBytes);
  chain::Sha256 hash;
  for (std::uint64_t done = 0; done < header.body_bytes;) {
    const std::size_t wanted = std::min<std::uint64_t>(kBlockBytes, header.body_bytes - done);
    TRY(const std::size_t got, file.read_at(kHeaderBytes + done, std::span(block.data(), wanted)));
    if (got != wanted) return corrupt("is cut short");
    hash.update(ByteSpan(block).first(got));
    done += got;
  }
  return hash.finish() == header.digest ? Status{} : corrupt("does not match its digest");
}

/// Older indexes, and files that were half written when a node ended.
Status remove_others(io::FileSystem& files, const std::string& root, std::uint64_t segment) {
  TRY(const std::vector<std::string> names, files.list(folder_of(root)));
  for (const std::string& name : names) {
    const bool is_other = index_segment(name) && index_segment(name) != segment;
    if (is_other || name.ends_with(".tmp")) TRY_OK(files.remove(folder_of(root) + "/" + name));
  }
  return {};
}

}  // namespace

Bytes encode(const LogIndex& index) {
  Bytes body;
  append(body, index.at.node.span());
  for (const std::uint64_t number :
       {index.at.segment, index.at.number, index.at.next_lsn.value, index.at.epoch}) {
    append_le<std::uint64_t>(body, number);
  }
  append(body, index.at.link.span());
  append_le<std::uint32_t>(body, static_cast<std::uint32_t>(index.actors.size()));
  for (const auto& actor : index.actors) put_actor(body, *actor, index.format);
  Bytes out = to_bytes(as_bytes(kMagic));
  append_le<std::uint32_t>(out, index.format);
  append_le<std::uint32_t>(out, 0);
  append_le<std::uint64_t>(out, body.size());
  append(out, chain::sha256(body).span());
  append(out, body);
  return out;
}

Result<LogIndex> decode_index(ByteSpan bytes) {
  TRY(const Header header, decode_header(bytes));
  const ByteSpan body = bytes.subspan(kHeaderBytes);
  if (header.body_bytes != body.size()) return corrupt("has a damaged header");
  if (chain::sha256(body) != header.digest) return corrupt("does not match its digest");
  LogIndex index;
  index.format = header.format;
  Cursor in(body);
  index.at.node = in.id<NodeId>();
  index.at.segment = in.number<std::uint64_t>();
  index.at.offset = chain::kSegmentHeaderBytes;
  index.at.number = in.number<std::uint64_t>();
  index.at.next_lsn = {in.number<std::uint64_t>()};
  index.at.epoch = in.number<std::uint64_t>();
  index.at.link = in.id<chain::BatchLink>();
  const std::size_t actors = in.count(kActorBytesMin);
  for (std::size_t i = 0; i < actors && in.ok(); ++i) {
    index.actors.push_back(take_actor(in, index.format));
  }
  if (!in.ok() || in.left() != 0 || !equal(encode(index), bytes)) {
    return corrupt("is not in canonical form");
  }
  return index;
}

std::string index_path(const std::string& root, std::uint64_t segment) {
  return fmt::format("{}/{:0{}}{}", folder_of(root), segment, kNameDigits, kSuffix);
}

std::optional<std::uint64_t> index_segment(std::string_view name) {
  if (name.size() != kNameDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : name.substr(0, kNameDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

Result<Bytes> read_index_file(io::FileSystem& files, const std::string& root,
                              std::uint64_t segment) {
  TRY(const auto file, files.open(index_path(root, segment), io::OpenMode::kRead));
  TRY(const std::uint64_t size, file->size());
  Bytes bytes(kHeaderBytes);
  TRY(std::size_t got, file->read_at(0, bytes));
  TRY(const Header header, decode_header(ByteSpan(bytes).first(got)));
  if (header.body_bytes != size - kHeaderBytes) return corrupt("has a damaged header");
  if (size > kFileBytesMax) return fail(Code::kTooLarge, "the index has {} bytes", size);
  if (size > kTrustedBytesMax) TRY_OK(check_body(*file, header));
  bytes.resize(size);
  TRY(got, file->read_at(0, bytes));
  bytes.resize(got);
  return bytes;
}

Result<std::unique_ptr<LogIndex>> load_index(io::FileSystem& files, const std::string& root,
                                             const NodeId& node) {
  TRY(const std::vector<std::uint64_t> segments, list_indexes(files, root));
  for (const std::uint64_t segment : segments) {
    const auto bytes = read_index_file(files, root, segment);
    if (!bytes) continue;
    auto index = decode_index(*bytes);
    if (index && index->at.segment == segment && index->at.node == node &&
        index->format == kIndexFormat) {
      return std::make_unique<LogIndex>(*std::move(index));
    }
    PROBE("index: one is of no use");
  }
  return nullptr;
}

Status remove_indexes(io::FileSystem& files, const std::string& root) {
  return remove_others(files, root, 0);  // no segment has this number
}

Status write_index(io::FileSystem& files, const std::string& root, std::uint64_t segment,
                   io::Pace* pace) {
  const std::string log = NodeLayout{root}.log();
  TRY(const NodeId node, NodeDirectory::read_identity(files, root));
  TRY(auto known, load_index(files, root, node));
  TRY(auto scanner, chain::BatchScanner::open(files, log));
  if (known && (known->at.segment >= segment || !scanner.begins(known->at))) known.reset();
  TRY(const auto reader,
      chain::LogReader::open(files, log, chain::ReadUpTo::kDurable, known ? known->at.segment : 1));
  HistoryScan scan(*reader, HistoryScan::Gather::kPlaces);
  if (known) scan.resume(std::move(known->actors));
  TRY_OK(scan.run(segment, pace));
  TRY_OK(scanner.begin_at(segment));
  LogIndex index{.at = scanner.position(), .actors = scan.take()};
  if (scan.next_lsn() != index.at.next_lsn) {
    return fail(Code::kConflict, "the log before segment {} was not read whole", segment);
  }
  const std::string path = index_path(root, segment);
  if (const Status written = io::write_file_atomically(files, path, encode(index)); !written) {
    (void)files.remove(path + ".tmp");  // what it holds of the disk is wanted elsewhere
    return written;
  }
  return remove_others(files, root, segment);
}

}  // namespace theater::store
