// LiveJournal: fresh salts, then the chain.
#include "actor/live_journal.h"

namespace theater::actor {

Result<chain::Appended> LiveJournal::append(const EventDraft& draft) {
  const chain::RecordDraft& record = builder_.build(draft, [this] { return salts_.next(); });
  TRY(const chain::Appended appended, chain_.append(record, builder_.attachments()));
  last_ = appended.lsn;
  return appended;
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
