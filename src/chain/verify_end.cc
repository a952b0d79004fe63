// Verifying the log's end: missing batches, what must be zero, watermark, and the other files.
#include <algorithm>
#include <bit>
#include <ranges>

#include "base/probe.h"
#include "chain/codec.h"
#include "chain/hash.h"
#include "chain/verify_log.h"

namespace theater::chain {
namespace {

constexpr std::size_t kFrameBytesMin = kFrameHeaderBytes + 64;  // a record is longer than 64 bytes
constexpr int kLooksMax = 8;  // at a spare that becomes a segment each time it is looked at

std::unexpected<Error> corrupt(std::string_view what) { return fail(Code::kCorrupt, "{}", what); }

int distance(const ActorId& a, const ActorId& b) {
  int bits = 0;
  for (std::size_t i = 0; i < ActorId::size(); ++i) {
    bits += std::popcount(static_cast<unsigned>(a.bytes[i] ^ b.bytes[i]));
  }
  return bits;
}

}  // namespace

/// Read twice if a slot looks half written: a running node may have been writing it.
Result<WatermarkSlots> LogVerifier::read_slots() const {
  auto slots = read_watermark(files_, directory_);
  const auto is_half_written = [](WatermarkSlots::Slot slot) {
    return slot == WatermarkSlots::Slot::kDamaged || slot == WatermarkSlots::Slot::kTorn;
  };
  if (slots && std::ranges::any_of(slots->slots, is_half_written)) {
    slots = read_watermark(files_, directory_);
  }
  return slots;
}

/// Whether a watermark was written since it was read first. A node writes one before anything else.
Result<bool> LogVerifier::look_for_start() {
  TRY(const WatermarkSlots slots, read_slots());
  const auto newest = slots.newest();
  has_started_ = newest && (!newest_ || newest->turn > newest_->turn);
  return has_started_;
}

/// `check` is stricter with a stopped node: before it may say that something is wrong, whether one
/// has started meanwhile is looked up, and it has to say so by the rules of a running one.
Status LogVerifier::by_the_rules(const std::function<Status()>& check) {
  const Status checked = check();
  if (checked || has_started_) return checked;
  const Place place = place_;
  const auto started = look_for_start();
  place_ = place;
  if (!started || !*started) return checked;
  return check();
}

Status LogVerifier::load_watermark(const NodeId& node) {
  at(std::string(kWatermarkName), 0);
  const auto slots = read_slots();
  if (!slots && slots.error().code == Code::kNotFound) {
    return scanner_->segments() == 0 ? Status{} : corrupt("the watermark is missing");
  }
  if (!slots) return std::unexpected(slots.error());
  watermarks_ = *slots;
  newest_ = watermarks_.newest();
  report_->bytes += 2 * kWatermarkSlotBytes;
  for (std::size_t i = 0; i < 2; ++i) {
    place_.location.offset = i * kWatermarkSlotBytes;
    TRY_OK(check_slot(i, node));
  }
  return {};
}

/// One slot beside the newest. Without any whole slot there must be no batch: see the end.
Status LogVerifier::check_slot(std::size_t index, const NodeId& node) {
  const Watermark& mark = watermarks_.values[index];
  const std::uint64_t newest = newest_ ? newest_->turn : 0;
  switch (watermarks_.slots[index]) {
    case WatermarkSlots::Slot::kEmpty:
      return newest <= 1 ? Status{} : corrupt("the watermark slot is damaged");
    case WatermarkSlots::Slot::kDamaged:
      return corrupt("the watermark slot is damaged");
    case WatermarkSlots::Slot::kTorn: {
      const bool is_neighbour =
          mark.turn == 0 ? newest <= 1 : mark.turn == newest + 1 || mark.turn + 1 == newest;
      if (!is_neighbour || (mark.turn != 0 && mark.node != node)) {
        return corrupt("the watermark slot is damaged");
      }
      PROBE("verify: a watermark slot is half written");
      report_->notes.push_back(fmt::format(
          "{} at byte {}: the end of the node cut a write short; the other slot serves, "
          "the next start writes this one again",
          place_.location.file, place_.location.offset));
      return {};
    }
    case WatermarkSlots::Slot::kValid:
      if (mark.node != node) return corrupt("the watermark is another node's");
      if (newest - mark.turn > 1) {
        return corrupt("the watermark slots are not of neighbouring turns");
      }
      return {};
  }
  return {};
}

/// A watermark vouches for one batch: it must say of it what the batch says.
Status LogVerifier::check_watermarks_at(const ScannedBatch& batch) {
  for (std::size_t i = 0; i < 2; ++i) {
    const Watermark& mark = watermarks_.values[i];
    if (mark.number != batch.header.number) continue;  // 0 where a slot says nothing
    const LogPosition& end = scanner_->position();
    const bool same_place = mark.segment == end.segment && mark.offset == end.offset;
    const bool next_segment = mark.segment == end.segment + 1 && mark.offset == kSegmentHeaderBytes;
    if ((same_place || next_segment) && mark.lsn.value + 1 == end.next_lsn.value &&
        mark.link == batch.header.link && mark.epoch >= batch.header.epoch) {
      continue;
    }
    at(std::string(kWatermarkName), i * kWatermarkSlotBytes);
    return corrupt("the watermark contradicts the batch it vouches for");
  }
  return {};
}

Status LogVerifier::check_watermark_end() {
  at(std::string(kWatermarkName), 0);
  const std::uint64_t next = scanner_->position().number;
  for (std::size_t i = 0; i < 2; ++i) {
    place_.location.offset = i * kWatermarkSlotBytes;
    if (watermarks_.values[i].number >= next) return corrupt("the watermark slot is damaged");
  }
  at(std::string(kWatermarkName), 0);
  if (has_started_) return {};
  if (!newest_) return next == 1 ? Status{} : corrupt("no slot of the watermark is whole");
  if (newest_->state == NodeState::kRunning || newest_->number + 1 == next) return {};
  return corrupt("the log goes on behind the watermark of its stop");
}

/// Whether there should be a batch where the scanner found none.
Result<Evidence> LogVerifier::missing_batch() {
  if (newest_ && newest_->number >= scanner_->position().number) return Evidence::kYes;
  return scanner_->look_beyond();
}

Status LogVerifier::check_end() {
  if (!scanner_->segment()) return {};
  const std::uint64_t segment = scanner_->position().segment;
  // The scanner may have entered a segment that has no batch yet.
  if (segment != segment_) {
    if (segment_ != 0) TRY_OK(check_pay_end(segment_));
    TRY_OK(enter_segment(segment));
  }
  TRY_OK(by_the_rules([&] { return check_tail(scanner_->position().offset); }));
  bytes_read_ += scanner_->segment()->segment_bytes - scanner_->position().offset;
  return by_the_rules([&] { return check_pay_end(segment); });
}

/// Behind the end all is zero, but for an unfinished write of a node that was not stopped.
Status LogVerifier::check_tail(std::uint64_t from) {
  const SegmentHeader& header = *scanner_->segment();
  SegmentWindow& window = scanner_->window();
  at(segment_name(header.number), from);
  std::uint64_t must_be_zero = from;
  if (running()) {
    must_be_zero = std::min(from + header.batch_bytes_max, header.segment_bytes);
    TRY(const ByteSpan behind, window.view(from, must_be_zero - from));
    const auto last = std::ranges::find_if(behind | std::views::reverse,
                                           [](std::uint8_t byte) { return byte != 0; });
    report_->torn_bytes += static_cast<std::uint64_t>(behind.rend() - last);
  }
  TRY(const std::uint64_t nonzero, window.first_nonzero(must_be_zero, header.segment_bytes));
  if (nonzero == header.segment_bytes) return {};
  if (running()) {
    TRY(const bool went_on, scanner_->has_successor());
    if (went_on) return {};  // a writer is at work: what it adds now is the next verification's
  }
  place_.location.offset = nonzero;
  return corrupt("a byte behind the end of the log is not zero");
}

Status LogVerifier::check_pay_end(std::uint64_t segment) {
  const std::string name = pay_name(segment);
  at(name, pay_end_);
  if (!files_.exists(path(name))) {
    return pay_end_ == 0 ? Status{} : corrupt("the pay file is missing");
  }
  TRY(const auto file, files_.open(path(name), io::OpenMode::kRead));
  TRY(const std::uint64_t bytes, file->size());
  const bool last = segment == scanner_->position().segment;
  const bool is_torn = bytes > pay_end_ && last && running();
  if (is_torn) report_->torn_bytes += bytes - pay_end_;
  if (bytes == pay_end_ || is_torn) report_->bytes += pay_end_;
  if (bytes != pay_end_ && !is_torn)
    return corrupt("the pay file has bytes that no event refers to");
  return {};
}

/// The actor of a damaged frame: the id it carries, unless a single flipped bit explains why that
/// is not the one of an actor known so far, or of the genesis in the frame itself.
ActorId LogVerifier::likely_actor(ByteSpan frame, std::span<const ActorId> known) const {
  const ActorId carried = peek_actor(frame.subspan(kFrameHeaderBytes));
  for (const ActorId& actor : known) {
    if (distance(actor, carried) <= 1) return actor;
  }
  const std::size_t record_bytes = load_le<std::uint16_t>(frame.data() + 18);
  Record record;
  if (record_bytes <= frame.size() - kFrameHeaderBytes &&
      decode_record(frame.subspan(kFrameHeaderBytes, record_bytes), record) &&
      record.kind == Kind::kGenesis) {
    const ActorId derived = actor_id(std::get<GenesisBody>(record.body));
    if (distance(derived, carried) == 1) return derived;
  }
  return carried;
}

/// Finds out which event the damage hit, as far as its bytes still tell.
void LogVerifier::name_damaged_event(ByteSpan frames) {
  std::unordered_map<ActorId, std::uint64_t> next;
  std::vector<ActorId> known;
  for (const auto& [actor, rules] : actors_) {
    known.push_back(actor);
    next[actor] = rules->next().value;
  }
  const std::uint64_t begin = place_.location.offset + kBatchHeaderBytes;
  const std::size_t all = frames.size();
  Frame frame;
  while (frames.size() >= kFrameBytesMin) {
    if (!parse_frame(frames, frame)) {
      place_.location.offset = begin + (all - frames.size());
      place_.actor = likely_actor(frames, known);
      place_.seq = Seq{next[*place_.actor]};
      return;
    }
    const ActorId actor = peek_actor(frame.record);
    if (next[actor]++ == 0) known.push_back(actor);
    frames = frames.subspan(frame.bytes);
  }
}

Status LogVerifier::report_missing_batch() {
  const LogPosition& end = scanner_->position();
  at(segment_name(std::max<std::uint64_t>(end.segment, 1)), end.offset);
  if (scanner_->segment()) {
    const std::size_t most = std::min<std::uint64_t>(
        scanner_->segment()->batch_bytes_max, scanner_->segment()->segment_bytes - end.offset);
    TRY(const ByteSpan bytes, scanner_->window().view(end.offset, most));
    if (bytes.size() > kBatchHeaderBytes) {
      const auto header = decode_batch_header(bytes.first(kBatchHeaderBytes));
      const ByteSpan behind = bytes.subspan(kBatchHeaderBytes);
      if (header) {
        name_damaged_event(behind.first(std::min<std::size_t>(header->body_bytes, behind.size())));
      } else if (Frame first; parse_frame(behind, first)) {
        place_.actor = peek_actor(first.record);
        if (decode_record(first.record, record_)) place_.seq = record_.link.seq;
      }
    }
  }
  return fail(Code::kCorrupt, "batch {} was acknowledged and is damaged or missing", end.number);
}

/// Spare and reserve hold nothing yet; but a running or killed node's spare may be about to become
/// a segment and have its header, and a running node's may become one while it is looked at: the
/// name then stands for nothing, or for the next spare.
Status LogVerifier::check_prepared(std::string_view name) {
  at(std::string(name), 0);
  std::optional<std::uint64_t> nonzero;
  for (int look = 0; look < (running() ? kLooksMax : 1); ++look) {
    TRY(nonzero, first_nonzero_of(name));
    if (!nonzero) return {};
  }
  place_.location.offset = *nonzero;
  return corrupt("a byte of a file that holds nothing yet is not zero");
}

/// Nullopt: there is none, or no such file.
Result<std::optional<std::uint64_t>> LogVerifier::first_nonzero_of(std::string_view name) const {
  auto window = SegmentWindow::open(files_, path(name));
  if (!window) {
    if (window.error().code == Code::kNotFound) return std::nullopt;
    return std::unexpected(window.error());
  }
  const std::uint64_t from = running() ? kSegmentHeaderBytes : 0;
  TRY(const std::uint64_t nonzero, window->first_nonzero(from, window->size()));
  if (nonzero == window->size()) return std::nullopt;
  return nonzero;
}

Status LogVerifier::check_file_names() {
  place_ = {{"log", 0}, std::nullopt, std::nullopt};
  TRY(const std::vector<std::string> names, files_.list(directory_));
  for (const std::string& name : names) {
    const auto pay = pay_number(name);
    const bool pay_in_use = pay && (*pay <= scanner_->segments() || running());
    const bool known = segment_number(name) || pay_in_use || name == kWatermarkName ||
                       name == kSpareName || name == kReserveName || name.ends_with(".tmp");
    if (known) continue;
    at(name, 0);
    return corrupt("the file does not belong to the log");
  }
  return {};
}

}  // namespace theater::chain
