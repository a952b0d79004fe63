// ResourceTable: the handles of one component instance, or of the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "wasm/trap.h"

namespace theater::wasm {

/// What a handle stands for: a resource type and the value its owner knows it by.
struct ResourceReference {
  std::uint32_t resource = 0;  // index into Component::resources()
  std::uint64_t representation = 0;
  bool operator==(const ResourceReference&) const = default;
};

/// Handles count from 1 and are reused, last freed first. One instance's, on its shard. Every
/// refusal is a trap of kind kResource that names the handle.
class ResourceTable {
 public:
  struct Entry {
    enum class State : std::uint8_t { kFree, kOwn, kBorrow };
    State state = State::kFree;
    std::uint32_t lends = 0;  // own: borrows under way; free: the next free slot
    std::uint32_t scope = 0;  // borrow: the call it was lent for
    ResourceReference reference;
  };

  /// `live_of_all` counts the handles of all tables of the instance, and outlives this.
  explicit ResourceTable(std::size_t& live_of_all) : live_of_all_(&live_of_all) {}

  TrapOr<std::uint32_t> insert_own(const ResourceReference& reference);
  /// `scope`: place of the call in the instance's stack of calls.
  TrapOr<std::uint32_t> insert_borrow(const ResourceReference& reference, std::uint32_t scope);
  /// The entry of a handle of `resource`; the pointer lasts until the next insertion.
  TrapOr<Entry*> find(std::uint32_t resource, std::uint32_t handle);
  /// Takes an entry out; traps while it is lent.
  TrapOr<Entry> remove(std::uint32_t resource, std::uint32_t handle);
  /// Takes a borrow entry out that the caller inserted.
  void forget(std::uint32_t handle);
  /// The entry of a handle of any resource; null if there is none.
  const Entry* peek(std::uint32_t handle) const;
  /// Ends a lend that find()'s caller has counted.
  void end_lend(std::uint32_t handle);

  std::size_t live() const { return live_; }
  /// Calls `visit(reference)` for each own handle.
  template <typename Visit>
  void for_each_own(Visit visit) const {
    for (const Entry& entry : entries_) {
      if (entry.state == Entry::State::kOwn) visit(entry.reference);
    }
  }

 private:
  TrapOr<std::uint32_t> insert(const Entry& entry);
  void free(std::uint32_t handle);

  std::vector<Entry> entries_;
  std::uint32_t first_free_ = 0;  // slot; entries_.size() if none is free
  std::size_t live_ = 0;
  std::size_t* live_of_all_;
};

}  // namespace theater::wasm
