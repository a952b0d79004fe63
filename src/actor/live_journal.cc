// LiveJournal: fresh salts, then the chain.
#include "actor/live_journal.h"

#include "base/probe.h"
#include "chain/kind_rules.h"

namespace theater::actor {

Result<chain::Appended> LiveJournal::append(const EventDraft& draft) {
  if (chain_.head().bytes >= call_log_bytes_max_ && chain::is_call(draft.kind)) {
    return fail(Code::kQuota, "limits.log_max is used up");
  }
  const chain::RecordDraft& record = builder_.build(draft, [this] { return salts_.next(); });
  const Result<chain::Appended> appended = chain_.append(record, builder_.attachments());
  if (!appended) {
    unlooked_bytes_ = kRestLookBytes;
    return appended;
  }
  last_ = appended->lsn;
  unlooked_bytes_ = draft.kind == chain::Kind::kReceive ? 0 : unlooked_bytes_ + appended->bytes;
  return appended;
}

bool LiveJournal::must_rest() {
  if (unlooked_bytes_ < kRestLookBytes) return false;
  if (log_.undurable_bytes() > undurable_bytes_max_) {
    PROBE("journal: a call rests, much waits for the disk");
    return true;
  }
  if (log_.disk_state() != chain::DiskState::kGood) {
    PROBE("journal: a call rests, the disk is short of room");
    return true;
  }
  unlooked_bytes_ = 0;
  return false;
}

Result<chain::Appended> LiveJournal::append_origin(const Origin& origin) {
  chain::RecordDraft record;
  record.kind = origin.kind;
  record.body = origin.body;
  const chain::Attachment manifest[] = {
      chain::Attachment::payload(origin.manifest_salt, origin.manifest)};
  TRY(const chain::Appended appended, chain_.append(record, manifest));
  last_ = appended.lsn;
  return appended;
}

}  // namespace theater::actor
