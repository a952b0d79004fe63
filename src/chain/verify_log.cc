// Verifying batches, frames and records.
#include "chain/verify_log.h"

#include <algorithm>

#include "chain/codec.h"
#include "chain/hash.h"

namespace theater::chain {
namespace {

constexpr std::uint64_t kProgressBytes = 4 * 1024 * 1024;

std::unexpected<Error> corrupt(std::string_view what) { return fail(Code::kCorrupt, "{}", what); }

bool is_damage(const Error& error) {
  return error.code == Code::kCorrupt || error.code == Code::kUnsupported ||
         error.code == Code::kNotFound || error.code == Code::kTooLarge;
}

bool names_file(Kind kind) {
  return kind == Kind::kGenesis || kind == Kind::kUpgrade || kind == Kind::kSnapshot;
}

}  // namespace

LogVerifier::LogVerifier(io::FileSystem& files, const std::string& directory,
                         const VerifyOptions& options, Hooks hooks)
    : files_(files),
      directory_(directory),
      options_(options),
      hooks_(std::move(hooks)),
      resolver_(files, directory) {}
LogVerifier::~LogVerifier() = default;

Status LogVerifier::run(const NodeId& node, VerifyReport& report) {
  report_ = &report;
  const Status checked = check_all(node);
  for (const auto& [id, rules] : actors_) {
    report.actors.push_back(
        {id, rules->next().value, rules->head(), rules->root(), rules->state_bytes()});
  }
  std::ranges::sort(report.actors, {}, &VerifiedActor::actor);
  if (checked) return {};
  if (!is_damage(checked.error())) return checked;
  report.bad = BadEvent{place_.location, place_.actor, place_.seq, checked.error().message};
  return {};
}

Status LogVerifier::check_all(const NodeId& node) {
  place_ = {{"log", 0}, std::nullopt, std::nullopt};
  TRY(scanner_, BatchScanner::open(files_, directory_));
  const Status watermark = load_watermark(node);
  const Place watermark_place = place_;
  TRY_OK(check_batches());
  if (scanner_->segment() && scanner_->segment()->node != node) {
    at(segment_name(1), 32);
    return corrupt("the log belongs to another node");
  }
  if (!watermark) {
    place_ = watermark_place;
    return watermark;
  }
  TRY_OK(by_the_rules([&] { return check_watermark_end(); }));
  TRY_OK(by_the_rules([&] { return check_prepared(kSpareName); }));
  TRY_OK(by_the_rules([&] { return check_prepared(kReserveName); }));
  return by_the_rules([&] { return check_file_names(); });
}

ChainRules& LogVerifier::rules_of(const ActorId& actor) {
  if (last_actor_ != nullptr && last_actor_->actor() == actor) return *last_actor_;
  auto& rules = actors_[actor];
  if (!rules) rules = std::make_unique<ChainRules>(actor);
  last_actor_ = rules.get();
  return *rules;
}

void LogVerifier::progress() {
  if (!options_.on_progress || bytes_read_ < next_progress_) return;
  next_progress_ = bytes_read_ + kProgressBytes;
  const std::uint64_t total =
      scanner_->segment() ? scanner_->segments() * scanner_->segment()->segment_bytes : 0;
  options_.on_progress({bytes_read_, std::max(total, bytes_read_), report_->events});
}

Status LogVerifier::check_batches() {
  for (;;) {
    at(segment_name(scanner_->position().segment + 1), 0);  // where `next` meets what it refuses
    const std::uint64_t end = scanner_->position().offset;
    TRY(const ScannedBatch* batch, scanner_->next());
    if (batch == nullptr) {
      TRY(const Evidence missing, missing_batch());
      if (missing == Evidence::kNo) return check_end();
      // A writer may have gone on between the two looks.
      TRY_OK(scanner_->refresh());
      TRY(batch, scanner_->next());
      if (batch == nullptr) return report_missing_batch();
    }
    if (batch->segment != segment_) {
      if (segment_ != 0) TRY_OK(leave_segment(segment_, end));
      TRY_OK(enter_segment(batch->segment));
    }
    TRY_OK(check_batch(*batch));
    progress();
  }
}

Status LogVerifier::enter_segment(std::uint64_t segment) {
  segment_ = segment;
  pay_end_ = 0;
  bytes_read_ += kSegmentHeaderBytes;
  report_->bytes += kSegmentHeaderBytes;
  if (hooks_.on_segment) hooks_.on_segment(*scanner_->segment());
  return {};
}

Status LogVerifier::leave_segment(std::uint64_t segment, std::uint64_t end) {
  at(segment_name(segment), end);
  TRY(auto window, SegmentWindow::open(files_, path(segment_name(segment))));
  TRY(const std::uint64_t nonzero, window.first_nonzero(end, window.size()));
  if (nonzero != window.size()) {
    place_.location.offset = nonzero;
    return corrupt("a byte behind the last batch of the segment is not zero");
  }
  bytes_read_ += window.size() - end;
  return check_pay_end(segment);
}

Status LogVerifier::check_batch(const ScannedBatch& batch) {
  at(segment_name(batch.segment), batch.offset);
  resolver_.note(batch);
  leaves_.clear();
  std::uint32_t frames = 0;
  for (ByteSpan rest = batch.body(); !rest.empty(); rest = rest.subspan(frame_.bytes), ++frames) {
    frame_.segment = batch.segment;
    frame_.offset = batch.offset + static_cast<std::uint64_t>(rest.data() - batch.bytes.data());
    at(frame_.offset);
    TRY_OK(parse_frame(rest, frame_));
    TRY_OK(check_frame(frame_));
  }
  at(batch.offset);
  if (frames != batch.header.frames) return corrupt("the batch has not the frames it counts");
  const BatchHeader& header = batch.header;
  if (batch_link(link_, {header.number, header.first_lsn}, leaves_) != header.link) {
    return corrupt("the batch's link is not that of its events");
  }
  link_ = header.link;
  const std::size_t used = kBatchHeaderBytes + header.body_bytes;
  const std::size_t zeros = first_nonzero(batch.bytes.subspan(used));
  if (used + zeros != batch.bytes.size()) {
    place_.location.offset += used + zeros;
    return corrupt("the padding of the batch is not zero");
  }
  ++report_->batches;
  report_->bytes += batch.bytes.size();
  bytes_read_ += batch.bytes.size();
  return check_watermarks_at(batch);
}

Status LogVerifier::check_frame(const Frame& frame) {
  if (frame.lsn != next_lsn_) return corrupt("the frame has another lsn than its place");
  next_lsn_ = next_lsn_.next();
  const Digest leaf = leaf_hash_prefixed(frame.zero_and_record);
  append(leaves_, leaf.span());
  place_.actor = peek_actor(frame.record);
  TRY_OK(resolver_.decode(frame, record_));
  place_.seq = record_.link.seq;
  std::optional<Delta> delta;
  TRY_OK(check_attachments(frame, delta));
  for (const Input& input : record_.inputs) {
    if (input.reference) TRY_OK(references_.check(input));
  }
  TRY_OK(rules_of(record_.link.actor).add(record_, leaf, delta ? &*delta : nullptr));
  references_.add(record_, leaf);
  if (options_.check_event) TRY_OK(options_.check_event(record_));
  if (names_file(record_.kind) && hooks_.on_file) hooks_.on_file(record_, place_.location);
  ++report_->events;
  report_->last = frame.lsn;
  return {};
}

Status LogVerifier::check_pay_place(const Frame& frame, const StoredAttachment& attachment) {
  if (attachment.place != AttachmentPlace::kPay) return {};
  if (attachment.pay_file != frame.segment || attachment.pay_offset != pay_end_) {
    return corrupt("an attachment is not where the pay file continues");
  }
  pay_end_ += attachment.pay_bytes();
  return {};
}

Status LogVerifier::check_attachment(const Frame& frame, std::size_t index,
                                     const Expected& expected) {
  TRY(const AttachmentBytes stored, resolver_.resolve(frame, index, expected.commitment));
  ++report_->payloads;
  if (payload_digest(stored.salt, stored.bytes) == expected.commitment->digest) return {};
  return corrupt("a payload does not match its commitment");
}

Status LogVerifier::check_attachments(const Frame& frame, std::optional<Delta>& delta) {
  const bool wanted = !options_.actor || *options_.actor == record_.link.actor;
  Status checked;
  std::size_t next = 0;
  for_each_expected(record_.draft(), pages_of(record_), delta_of(frame),
                    [&](const Expected& expected) {
                      const std::size_t index = next++;
                      checked = check_pay_place(frame, frame.attachments[index]);
                      if (checked && expected.commitment != nullptr && wanted) {
                        checked = check_attachment(frame, index, expected);
                      }
                      return checked.has_value();
                    });
  TRY_OK(checked);
  for (std::size_t i = 0; i < frame.attachments.size(); ++i) {
    if (frame.attachments[i].attachment_class != AttachmentClass::kDelta) continue;
    TRY(const AttachmentBytes stored, resolver_.resolve(frame, i, nullptr));
    TRY(delta, decode_delta(stored.bytes));
  }
  return {};
}

}  // namespace theater::chain
