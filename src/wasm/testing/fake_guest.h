// FakeGuest: guest memory, a bump allocator and a handle table without an engine, for tests.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "wasm/abi.h"

namespace theater::wasm::testing {

/// Well-behaved by default; a test makes it hostile through `answer`, which answers each realloc
/// in the allocator's place and may resize `bytes`.
class FakeGuest : public GuestMemory {
 public:
  explicit FakeGuest(std::size_t size) : bytes(size, 0xaa) {}

  std::span<std::uint8_t> memory() override { return bytes; }

  TrapOr<std::uint32_t> realloc(const ReallocRequest& request) override {
    requests.push_back(request);
    return answer ? answer(request) : place(request);
  }

  std::vector<std::uint8_t> bytes;
  std::vector<ReallocRequest> requests;
  std::function<TrapOr<std::uint32_t>(const ReallocRequest&)> answer;

 private:
  std::uint32_t place(const ReallocRequest& request) {
    if (request.old_size >= request.new_size && request.old_pointer != 0) {
      return request.old_pointer;
    }
    const std::uint32_t pointer =
        (next_ + request.alignment - 1) / request.alignment * request.alignment;
    next_ = pointer + request.new_size;
    // Memory grows and its bytes move, so that a stale host address is noticed.
    std::vector<std::uint8_t> moved(std::max<std::size_t>(bytes.size(), next_ + 64), 0xaa);
    std::copy(bytes.begin(), bytes.end(), moved.begin());
    bytes.swap(moved);
    std::copy_n(bytes.begin() + request.old_pointer, std::min(request.old_size, request.new_size),
                bytes.begin() + pointer);
    return pointer;
  }

  std::uint32_t next_ = 16;
};

/// Hands out handles 1, 2, ...; own handles leave the table when lifted.
class FakeHandles : public HandleTable {
 public:
  TrapOr<std::uint64_t> lift_own(std::uint32_t resource, std::uint32_t handle) override {
    auto id = lift_borrow(resource, handle);
    if (id) held.erase(handle);
    return id;
  }
  TrapOr<std::uint64_t> lift_borrow(std::uint32_t resource, std::uint32_t handle) override {
    const auto found = held.find(handle);
    if (found == held.end() || found->second.first != resource) {
      return std::unexpected(Trap{TrapKind::kResource, "unknown handle", {}});
    }
    return found->second.second;
  }
  TrapOr<std::uint32_t> lower_own(std::uint32_t resource, std::uint64_t id) override {
    held[++last] = {resource, id};
    return last;
  }
  TrapOr<std::uint32_t> lower_borrow(std::uint32_t resource, std::uint64_t id) override {
    return lower_own(resource, id);
  }

  std::map<std::uint32_t, std::pair<std::uint32_t, std::uint64_t>> held;  // handle: resource, id
  std::uint32_t last = 0;
};

}  // namespace theater::wasm::testing
