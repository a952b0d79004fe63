// Picture: what a watch knows of its tree, and how it differs from the truth.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hosts/file_watch/hints.h"
#include "hosts/file_watch/payload.h"
#include "hosts/file_watch/tree.h"

namespace theater::hosts::file_watch {

/// Whether a watch enters the directories of its root.
enum class Depth : std::uint8_t { kRootOnly, kWholeTree };

/// Every name below the root, as it was last seen, and the watches on its directories. Hints say
/// where to look; what is told follows from what is there. A hint comes after each change, so the
/// picture is never wrong for longer than that takes. Used by one worker at a time; blocks as its
/// tree does.
class Picture {
 public:
  struct Limits {
    std::uint64_t directories_max = 4096;
    std::uint64_t entries_max = 262'144;
    Depth depth = Depth::kWholeTree;
  };
  /// `tree` outlives it.
  Picture(Tree& tree, const Limits& limits);
  ~Picture();
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;

  /// The first look: watches and reads everything. An error ends the watch.
  Status scan();
  /// Looks where the hints point. Appends what changed, each name by an item of its own: whoever
  /// follows them has exactly the names that are there. An error ends the watch.
  Status examine(const HintBatch& batch, std::vector<Item>& items);

  std::uint64_t directories() const { return by_watch_.size(); }
  std::uint64_t entries() const { return entries_; }
  /// Names that cannot be told because they are not UTF-8, directories that cannot be read.
  std::uint64_t unreadable() const { return unreadable_; }

 private:
  struct Node {
    std::string name;
    Node* parent = nullptr;  // nullptr: the root
    Found found;
    std::optional<WatchId> watch;
    std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
  };

  /// A directory to be watched and read.
  struct Entering {
    std::string path;
    bool is_again = false;  // though it is watched already, with all below it
  };

  static std::string path_of(const Node& node);
  static std::string path_in(const Node& directory, std::string_view name);
  static bool is_within(const Node* node, const Node& ancestor);
  Node* find(std::string_view path);
  Node* watched(WatchId id) const;

  Status apply(const Move& move);
  bool may_move(const Node& node, const Node& directory, const std::string& name) const;
  void move_to(Node& node, Node& directory, const std::string& name);
  Status look(const std::string& path, const Hint& hint);
  Status compare(Node& directory, const Listed& listed, const Hint& hint);
  Status add(Node& directory, const Listed& listed);
  void remove(Node& node);
  void drop_children(Node& node);
  Status enter_all();
  Status enter(const Entering& directory);
  Status read_into(Node& node, const Scan& scan, const Hint& hint);
  void unwatch(Node& node);
  void tell_moved(const Node& node, const std::string& from, const std::string& to);
  void tell(std::string path, Change change);

  Tree& tree_;
  const Limits limits_;
  std::unique_ptr<Node> root_;
  std::map<WatchId, Node*> by_watch_;
  std::deque<Entering> to_enter_;
  std::vector<Item>* items_ = nullptr;  // of the call under way; nullptr: nothing is told
  std::uint64_t entries_ = 0, unreadable_ = 0;
};

}  // namespace theater::hosts::file_watch
