// Picture: hints in, items out.
#include "hosts/file_watch/picture.h"

#include <utility>

#include "base/probe.h"
#include "wasm/utf8.h"

namespace theater::hosts::file_watch {

Picture::Picture(Tree& tree, const Limits& limits)
    : tree_(tree), limits_(limits), root_(std::make_unique<Node>()) {
  root_->found.kind = EntryKind::kDirectory;
}

Picture::~Picture() = default;

// Names.

std::string Picture::path_of(const Node& node) {
  return node.parent == nullptr ? std::string() : path_in(*node.parent, node.name);
}

std::string Picture::path_in(const Node& directory, std::string_view name) {
  std::string path = path_of(directory);
  if (!path.empty()) path += '/';
  return path.append(name);
}

bool Picture::is_within(const Node* node, const Node& ancestor) {
  while (node != nullptr && node != &ancestor) node = node->parent;
  return node != nullptr;
}

Picture::Node* Picture::find(std::string_view path) {
  Node* node = root_.get();
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const auto child = node->children.find(path.substr(0, slash));
    if (child == node->children.end()) return nullptr;
    node = child->second.get();
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return node;
}

Picture::Node* Picture::watched(WatchId id) const {
  const auto found = by_watch_.find(id);
  return found == by_watch_.end() ? nullptr : found->second;
}

// Looking.

Status Picture::scan() {
  to_enter_.emplace_back();
  TRY_OK(enter_all());
  if (!root_->watch) return fail(Code::kNotFound, "the directory is gone");
  return {};
}

Status Picture::examine(const HintBatch& batch, std::vector<Item>& items) {
  items_ = &items;
  Status status = [&]() -> Status {
    for (const Move& move : batch.moves) TRY_OK(apply(move));
    std::vector<std::pair<std::string, Hint>> places;
    for (const WatchId lost : batch.lost) {
      Node* const node = watched(lost);
      if (node == nullptr) continue;
      by_watch_.erase(lost);
      node->watch.reset();
      if (node->parent == nullptr) return fail(Code::kNotFound, "the directory is gone");
      places.push_back({path_of(*node), Hint{{{}, node->name}}});
    }
    for (const Hint& hint : batch.hints) {
      const Node* const directory = watched(hint.key.directory);
      if (directory != nullptr) places.push_back({path_in(*directory, hint.key.name), hint});
    }
    for (const auto& [path, hint] : places) TRY_OK(look(path, hint));
    return enter_all();
  }();
  items_ = nullptr;
  return status;
}

Status Picture::look(const std::string& path, const Hint& hint) {
  const std::size_t slash = path.rfind('/');
  Node* const directory = find(slash == std::string::npos ? "" : path.substr(0, slash));
  if (directory == nullptr) return {};  // it went with the directory
  TRY(const auto found, tree_.look(path));
  if (found) return compare(*directory, {hint.key.name, *found}, hint);
  const auto child = directory->children.find(hint.key.name);
  if (child != directory->children.end()) remove(*child->second);
  return {};
}

/// What stands there now, against what stood there.
Status Picture::compare(Node& directory, const Listed& listed, const Hint& hint) {
  const auto child = directory.children.find(listed.name);
  if (child == directory.children.end()) return add(directory, listed);
  Node& node = *child->second;
  const Found before = std::exchange(node.found, listed.found);
  const bool is_directory = listed.found.kind == EntryKind::kDirectory;
  if (is_directory && before.is_same_thing(listed.found)) {
    // While it was moved, even if it is back, names below it led nowhere: what was looked at in
    // that time is looked at again.
    const bool is_to_read = limits_.depth == Depth::kWholeTree && (!node.watch || hint.is_moved);
    if (is_to_read) to_enter_.push_back({path_of(node), hint.is_moved});
    return {};
  }
  if (is_directory || before.kind == EntryKind::kDirectory) {
    PROBE("file-watch: a directory was replaced");
    remove(node);
    return add(directory, listed);
  }
  // An editor that saves by rename leaves another file under the name: modified, as well.
  if (hint.is_written || before != listed.found) tell(path_of(node), Change::kModified);
  return {};
}

Status Picture::add(Node& directory, const Listed& listed) {
  if (!wasm::is_valid_utf8(as_bytes(listed.name))) {
    ++unreadable_;
    return {};
  }
  if (entries_ >= limits_.entries_max) {
    return fail(Code::kFull, "entries_max is {}", limits_.entries_max);
  }
  auto node = std::make_unique<Node>(Node{listed.name, &directory, listed.found, {}, {}});
  ++entries_;
  std::string path = path_of(*node);
  if (listed.found.kind == EntryKind::kDirectory && limits_.depth == Depth::kWholeTree) {
    to_enter_.push_back({path});
  }
  directory.children.emplace(listed.name, std::move(node));
  tell(std::move(path), Change::kCreated);
  return {};
}

/// Takes the name and all below it out of the picture.
void Picture::remove(Node& node) {
  drop_children(node);
  unwatch(node);
  tell(path_of(node), Change::kRemoved);
  --entries_;
  Node& directory = *node.parent;
  directory.children.erase(directory.children.find(node.name));
}

void Picture::drop_children(Node& node) {
  while (!node.children.empty()) remove(*node.children.begin()->second);
}

void Picture::unwatch(Node& node) {
  if (!node.watch) return;
  by_watch_.erase(*node.watch);
  tree_.forget(*node.watch);
  node.watch.reset();
}

// Directories.

Status Picture::enter_all() {
  while (!to_enter_.empty()) {
    const Entering directory = std::move(to_enter_.front());
    to_enter_.pop_front();
    TRY_OK(enter(directory));
  }
  return {};
}

Status Picture::enter(const Entering& directory) {
  Node* const node = find(directory.path);
  if (node == nullptr || node->found.kind != EntryKind::kDirectory) return {};
  if (node->watch && !directory.is_again) return {};
  if (!node->watch && by_watch_.size() >= limits_.directories_max) {
    return fail(Code::kFull, "directories_max is {}", limits_.directories_max);
  }
  auto scan = tree_.scan(directory.path, limits_.entries_max);
  if (scan) return read_into(*node, *scan, {.is_moved = directory.is_again});
  if (node->parent == nullptr) return std::unexpected(scan.error());
  // Gone since it was seen: its parent is watched, so that a hint will tell.
  if (scan.error().code == Code::kNotFound) return {};
  const bool is_closed = scan.error().code == Code::kDenied || scan.error().code == Code::kInvalid;
  if (!is_closed) return std::unexpected(scan.error());
  ++unreadable_;
  return {};
}

/// The directory is watched from now on, and this is what it holds.
Status Picture::read_into(Node& node, const Scan& scan, const Hint& hint) {
  if (node.watch && *node.watch != scan.watch) unwatch(node);
  if (Node* const other = watched(scan.watch); other != nullptr && other != &node) {
    // The same directory under the name it had before: a hint will tell what is there now.
    PROBE("file-watch: a directory was found under another name first");
    other->watch.reset();
  }
  node.watch = scan.watch;
  node.found = scan.directory;
  by_watch_.insert_or_assign(scan.watch, &node);
  std::map<std::string_view, const Listed*> listed;
  for (const Listed& entry : scan.entries) listed.emplace(entry.name, &entry);
  for (auto child = node.children.begin(); child != node.children.end();) {
    Node& old = *(child++)->second;
    if (!listed.contains(old.name)) remove(old);
  }
  for (const Listed& entry : scan.entries) TRY_OK(compare(node, entry, hint));
  return {};
}

// Renames.

Status Picture::apply(const Move& move) {
  Node* const from = watched(move.from.directory);
  Node* const to = watched(move.to.directory);
  if (from == nullptr || to == nullptr) return {};
  const auto child = from->children.find(move.from.name);
  if (child == from->children.end()) return {};
  Node& node = *child->second;
  TRY(const auto found, tree_.look(path_in(*to, move.to.name)));
  if (!found || !found->is_same_thing(node.found)) return {};
  if (!may_move(node, *to, move.to.name)) return {};
  const std::string old_path = path_of(node);
  move_to(node, *to, move.to.name);
  tell_moved(node, old_path, path_of(node));
  return {};
}

/// Not into itself, and not over a directory that it is in: then the picture is behind, and the
/// names' hints bring it up to date.
bool Picture::may_move(const Node& node, const Node& directory, const std::string& name) const {
  if (is_within(&directory, node) || !wasm::is_valid_utf8(as_bytes(name))) return false;
  const auto target = directory.children.find(name);
  return target == directory.children.end() || !is_within(&node, *target->second);
}

void Picture::move_to(Node& node, Node& directory, const std::string& name) {
  const auto target = directory.children.find(name);
  if (target != directory.children.end()) {
    drop_children(*target->second);
    unwatch(*target->second);
    --entries_;
    directory.children.erase(target);
  }
  Node& parent = *node.parent;
  auto place = parent.children.find(node.name);
  std::unique_ptr<Node> owned = std::move(place->second);
  parent.children.erase(place);
  owned->name = name;
  owned->parent = &directory;
  directory.children.emplace(name, std::move(owned));
}

void Picture::tell_moved(const Node& node, const std::string& from, const std::string& to) {
  if (items_ != nullptr) items_->push_back({to, Change::kRenamed, from});
  for (const auto& [name, child] : node.children) {
    tell_moved(*child, from + "/" + name, to + "/" + name);
  }
}

void Picture::tell(std::string path, Change change) {
  if (items_ != nullptr) items_->push_back({std::move(path), change, std::nullopt});
}

}  // namespace theater::hosts::file_watch
