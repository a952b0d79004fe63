// Comparing an index with the log.
#include "store/verify_index.h"

#include "store/node_directory.h"

namespace theater::store {
namespace {

constexpr const char* kRemedy = "; it is derived: remove it";

std::string name_of(std::uint64_t segment) {
  return index_path("", segment).substr(1);  // in the data directory
}

/// Why an index contradicts the log at the begin of its segment; empty if it does not.
std::string contradiction(const LogIndex& index, const chain::SegmentHeader& header,
                          const chain::LogVerifier& log) {
  if (index.at.number != header.first_batch || index.at.next_lsn != header.first_lsn ||
      index.at.link != header.link || index.at.epoch != header.epoch) {
    return "the index contradicts the segment it belongs to";
  }
  if (index.actors.size() != log.chains()) return "the index has not the log's actors";
  for (const auto& actor : index.actors) {
    const ActorSummary& summary = actor->summary;
    const chain::ChainRules* const chain = log.chain(summary.actor);
    if (chain == nullptr || chain->next() != summary.head.next ||
        chain->head() != summary.head.last || chain->root() != summary.state_root ||
        chain->state_bytes() != summary.state_bytes) {
      return fmt::format("the index contradicts the chain of actor {}", summary.actor.hex());
    }
  }
  return {};
}

}  // namespace

void IndexVerifier::refuse(std::uint64_t segment, std::string reason) {
  if (bad_) return;
  bad_ = chain::BadEvent{{name_of(segment), 0}, std::nullopt, std::nullopt, std::move(reason)};
}

Status IndexVerifier::load(io::FileSystem& files, const std::string& root, const NodeId& node) {
  const std::string folder = NodeLayout{root}.index();
  if (!files.exists(folder)) return {};
  TRY(const std::vector<std::string> names, files.list(folder));
  for (const std::string& name : names) {
    const auto segment = index_segment(name);
    if (!segment) continue;
    const auto bytes = read_index_file(files, root, *segment);
    // A running node may have written a newer one meanwhile.
    if (!bytes && bytes.error().code == Code::kNotFound) continue;
    if (!bytes && bytes.error().code != Code::kCorrupt) return std::unexpected(bytes.error());
    if (!bytes) {
      refuse(*segment, bytes.error().message + kRemedy);
      continue;
    }
    bytes_ += bytes->size();
    auto index = decode_index(*bytes);
    if (!index) {
      refuse(*segment, index.error().message + kRemedy);
    } else if (index->at.segment != *segment || index->at.node != node) {
      refuse(*segment, "the index is another segment's or node's");
    } else {
      indexes_.emplace(*segment, *std::move(index));
    }
  }
  return {};
}

void IndexVerifier::enter(const chain::SegmentHeader& header, const chain::LogVerifier& log) {
  const auto found = indexes_.find(header.number);
  if (found == indexes_.end()) return;
  std::string why = contradiction(found->second, header, log);
  if (!why.empty()) refuse(header.number, std::move(why));
  indexes_.erase(found);
}

std::optional<chain::BadEvent> IndexVerifier::finish() const {
  if (bad_ || indexes_.empty()) return bad_;
  return chain::BadEvent{{name_of(indexes_.begin()->first), 0},
                         std::nullopt,
                         std::nullopt,
                         "the index vouches for a segment that is missing"};
}

}  // namespace theater::store
