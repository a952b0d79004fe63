// Opening a node's store.
#include "store/node_store.h"

#include "chain/recovery.h"
#include "store/node_chain.h"

namespace theater::store {
namespace {

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
  for (const std::string& folder :
       {layout.log(), layout.snapshots(), layout.components(), layout.compile_cache()}) {
    TRY_OK(files.make_directories(folder));
  }
  return files.sync_directory(layout.root);
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
  auto store = std::unique_ptr<NodeStore>(new NodeStore(files, std::move(directory)));
  const NodeLayout& layout = store->directory_->layout();
  const NodeId& node = store->directory_->node();
  TRY_OK(make_folders(files, layout));
  TRY(const chain::Recovery recovery, chain::recover(files, layout.log(), node));
  TRY(store->history_, ActorHistory::open(files, root, ActorHistory::Load::kImages));
  TRY(store->log_,
      chain::LogWriter::open(files, layout.log(), recovery.end, options.log, clock, random));
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
