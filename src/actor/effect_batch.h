// EffectBatch: the effects one invocation has buffered, until they are performed or dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "actor/program.h"
#include "base/bytes.h"
#include "base/ids.h"

namespace theater::actor {

/// Reused from invocation to invocation.
struct EffectBatch {
  struct Item {
    const ImportTarget* target = nullptr;
    std::uint64_t id = 0;                           // what the effect is about, by Target
    std::size_t begin = 0, arguments = 0, end = 0;  // in buffer
  };
  std::vector<Item> items;
  Bytes buffer;                      // payloads of the outputs, one after another
  Seq seq;                           // of the commit or host-req
  std::uint64_t ticket = 0;          // of a host-req
  std::optional<OperationId> again;  // no effects: its record of being done again is what waits

  void add(const ImportTarget& target, std::uint64_t id, ByteSpan call_arguments) {
    const std::size_t begin = buffer.size();
    append(buffer, target.output_head);
    const std::size_t middle = buffer.size();
    append(buffer, call_arguments);
    items.push_back({&target, id, begin, middle, buffer.size()});
  }
  /// What is recorded: the import's name and its arguments, as one tuple.
  ByteSpan payload(const Item& item) const {
    return ByteSpan(buffer).subspan(item.begin, item.end - item.begin);
  }
  ByteSpan arguments(const Item& item) const {
    return ByteSpan(buffer).subspan(item.arguments, item.end - item.arguments);
  }
  bool empty() const { return items.empty(); }
  void clear() {
    items.clear();
    buffer.clear();
    ticket = 0;
    again.reset();
  }
};

}  // namespace theater::actor
