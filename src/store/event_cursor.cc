// Reading events forwards.
#include "store/event_cursor.h"

#include "chain/codec.h"
#include "store/node_directory.h"

namespace theater::store {

Result<std::unique_ptr<EventCursor>> EventCursor::open(io::FileSystem& files,
                                                       const std::string& root,
                                                       chain::ReadUpTo up_to,
                                                       const Filter& filter) {
  TRY_OK(NodeDirectory::read_identity(files, root));
  TRY(auto reader, chain::LogReader::open(files, NodeLayout{root}.log(), up_to));
  return std::unique_ptr<EventCursor>(new EventCursor(std::move(reader), filter));
}

Result<StoredEvent*> EventCursor::next() {
  for (;;) {
    if (reader_->next_lsn() >= filter_.until) return nullptr;
    TRY(const chain::Frame* const frame, reader_->next());
    if (frame == nullptr) return nullptr;
    if (filter_.actor && chain::peek_actor(frame->record) != *filter_.actor) continue;
    TRY_OK(load_event(reader_->resolver(), *frame, filter_.resolve, event_));
    return &event_;
  }
}

}  // namespace theater::store
