// Handles: insertion, lookup with type, removal, lending.
#include "wasm/resource_table.h"

#include <fmt/format.h>

#include "base/check.h"
#include "wasm/engine_limits.h"

namespace theater::wasm {
namespace {

std::unexpected<Trap> refuse(std::string message) {
  return std::unexpected(Trap{TrapKind::kResource, std::move(message), ""});
}

}  // namespace

TrapOr<std::uint32_t> ResourceTable::insert(const Entry& entry) {
  if (*live_of_all_ >= kHandlesMax) {
    return refuse(fmt::format("the instance holds {} resource handles, its maximum", kHandlesMax));
  }
  const std::uint32_t slot = first_free_;
  if (slot == entries_.size()) {
    entries_.push_back(entry);
    first_free_ = slot + 1;
  } else {
    first_free_ = entries_[slot].lends;
    entries_[slot] = entry;
  }
  ++live_;
  ++*live_of_all_;
  return slot + 1;
}

TrapOr<std::uint32_t> ResourceTable::insert_own(const ResourceReference& reference) {
  return insert({Entry::State::kOwn, 0, 0, reference});
}

TrapOr<std::uint32_t> ResourceTable::insert_borrow(const ResourceReference& reference,
                                                   std::uint32_t scope) {
  return insert({Entry::State::kBorrow, 0, scope, reference});
}

TrapOr<ResourceTable::Entry*> ResourceTable::find(std::uint32_t resource, std::uint32_t handle) {
  if (peek(handle) == nullptr) {
    return refuse(fmt::format("unknown handle index {}", handle));
  }
  Entry& entry = entries_[handle - 1];
  if (entry.reference.resource != resource) {
    return refuse(fmt::format("handle index {} is of another resource type", handle));
  }
  return &entry;
}

TrapOr<ResourceTable::Entry> ResourceTable::remove(std::uint32_t resource, std::uint32_t handle) {
  const TrapOr<Entry*> found = find(resource, handle);
  if (!found) return std::unexpected(found.error());
  Entry& entry = **found;
  if (entry.state == Entry::State::kOwn && entry.lends != 0) {
    return refuse(fmt::format("handle index {} is given up while it is lent", handle));
  }
  const Entry removed = entry;
  free(handle);
  return removed;
}

void ResourceTable::free(std::uint32_t handle) {
  Entry& entry = entries_[handle - 1];
  entry = {};
  entry.lends = first_free_;
  first_free_ = handle - 1;
  --live_;
  --*live_of_all_;
}

void ResourceTable::forget(std::uint32_t handle) {
  const Entry* entry = peek(handle);
  CHECK(entry != nullptr && entry->state == Entry::State::kBorrow, "temporary handles are borrows");
  free(handle);
}

const ResourceTable::Entry* ResourceTable::peek(std::uint32_t handle) const {
  if (handle == 0 || handle > entries_.size()) return nullptr;
  const Entry& entry = entries_[handle - 1];
  return entry.state == Entry::State::kFree ? nullptr : &entry;
}

void ResourceTable::end_lend(std::uint32_t handle) {
  CHECK(handle != 0 && handle <= entries_.size(), "a lender stays in its table");
  Entry& entry = entries_[handle - 1];
  CHECK(entry.state == Entry::State::kOwn && entry.lends != 0, "a lender counts its lends");
  --entry.lends;
}

}  // namespace theater::wasm
