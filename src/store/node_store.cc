// Opening a node's store.
#include "store/node_store.h"

#include <algorithm>
#include <bit>

#include "chain/batch_scanner.h"
#include "chain/recovery.h"
#include "store/log_index.h"
#include "store/node_chain.h"

namespace theater::store {
namespace {

constexpr std::uint64_t kSegmentsOfSpace = 16;
constexpr std::uint64_t kSmallSegmentBytes = 2ull * 1024 * 1024;  // holds the largest batch

Status begin_node_chain(chain::ActorChain& chain, const NodeId& node) {
  chain::RecordDraft draft{chain::Kind::kGenesis};
  draft.body = node_genesis(node);
  const auto manifest = chain::Attachment::payload(Salt{}, as_bytes(kNodeManifest));
  TRY_OK(chain.append(draft, std::span(&manifest, 1)));
  return {};
}

Status record_recovery(chain::ActorChain& chain, const chain::RecoveryBody& body) {
  chain::RecordDraft draft{chain::Kind::kRecovery};
  draft.body = body;
  TRY_OK(chain.append(draft));
  return {};
}

Status make_folders(io::FileSystem& files, const NodeLayout& layout) {
  for (const std::string& folder : {layout.log(), layout.snapshots(), layout.index(),
                                    layout.components(), layout.compile_cache()}) {
    TRY_OK(files.make_directories(folder));
  }
  return files.sync_directory(layout.root);
}

/// Of the last segment that there is, or what a small disk has room for: spare, reserve and the two
/// free segments that work wants are four.
Result<std::uint64_t> segment_bytes_for(io::FileSystem& files, const NodeLayout& layout,
                                        const chain::Recovery& recovery) {
  if (recovery.end.segment != 0) {
    TRY(const auto scanner, chain::BatchScanner::open(files, layout.log()));
    TRY(const chain::SegmentHeader header, scanner.read_header(recovery.end.segment));
    return std::max(header.segment_bytes, kSmallSegmentBytes);
  }
  TRY(const std::uint64_t free, files.free_bytes(layout.root));
  return std::clamp(std::bit_floor(free / kSegmentsOfSpace), kSmallSegmentBytes,
                    chain::kSegmentBytes);
}

}  // namespace

NodeStore::NodeStore(io::FileSystem& files, std::unique_ptr<NodeDirectory> directory)
    : directory_(std::move(directory)),
      snapshots_(files, directory_->layout().snapshots()),
      components_(files, directory_->layout().components()) {}

Result<std::unique_ptr<NodeStore>> NodeStore::open(io::FileSystem& files, const std::string& root,
                                                   const NodeStoreOptions& options,
                                                   const io::Clock& clock, io::Random& random) {
  TRY(auto directory, NodeDirectory::open(files, root, Create::kIfMissing, random));
  return open(files, std::move(directory), options, clock, random);
}

Result<std::unique_ptr<NodeStore>> NodeStore::open(io::FileSystem& files,
                                                   std::unique_ptr<NodeDirectory> directory,
                                                   const NodeStoreOptions& options,
                                                   const io::Clock& clock, io::Random& random) {
  auto store = std::unique_ptr<NodeStore>(new NodeStore(files, std::move(directory)));
  const NodeLayout& layout = store->directory_->layout();
  const std::string& root = layout.root;
  const NodeId& node = store->directory_->node();
  TRY_OK(make_folders(files, layout));
  TRY(auto index, load_index(files, root, node));
  TRY(const chain::Recovery recovery,
      chain::recover(files, layout.log(), node, index ? std::optional(index->at) : std::nullopt));
  if (!recovery.from_index) index.reset();
  chain::LogOptions log_options = options.log;
  if (options.segment_size == SegmentSize::kBySpace) {
    TRY(log_options.segment_bytes, segment_bytes_for(files, layout, recovery));
  }
  std::uint64_t indexed = index ? index->at.segment : 1;
  TRY(store->history_,
      ActorHistory::open(files, root, ActorHistory::Load::kImages, std::move(index)));
  if (store->history_->has_passed_over_index()) {
    TRY_OK(remove_indexes(files, root));
    indexed = 1;
  }
  const Indexer::Options indexing{log_options.segment_bytes, options.index_bytes, options.index_on};
  store->indexer_ = std::make_unique<Indexer>(files, root, indexing, indexed, clock);
  log_options.on_segment = [indexer = store->indexer_.get()](std::uint64_t number) {
    indexer->segment_begun(number);
  };
  TRY(store->log_,
      chain::LogWriter::open(files, layout.log(), recovery.end, log_options, clock, random));
  store->indexer_->segment_begun(recovery.end.segment);  // a log without an index gets one
  const auto& past = store->history_->node();
  const auto head = past ? past->head : chain::ActorChain::head_of_new(node_genesis(node));
  store->node_chain_ =
      std::make_unique<chain::ActorChain>(*store->log_, options.node_shard, clock, head);
  if (!past) TRY_OK(begin_node_chain(*store->node_chain_, node));
  if (recovery.after_crash) {
    TRY_OK(record_recovery(*store->node_chain_, *recovery.after_crash));
  }
  return store;
}

}  // namespace theater::store
