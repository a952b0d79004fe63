// Replies of a redis server, read by kind: a reply of another kind, or nil, is nothing, never
// something else.
//
//   if (const auto why = replies.failure()) return log::warn("redis: ", *why);
//   for (const theater::RedisReply& name : replies[0]) use(name.string().value_or(""));
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "theater/actor.h"
#include "theater/text.h"

namespace theater {

/// One part of a reply as it comes; see wit/redis.wit for the order.
using RedisValue = actor::redis_types::Value;

class RedisReply;

/// Replies one after another: of an operation's commands, or within an array. A view: valid as
/// long as what the host passed.
class RedisReplies {
 public:
  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = RedisReply;
    Iterator() = default;
    explicit Iterator(wit::List<RedisValue> rest) : rest_(rest) {}
    RedisReply operator*() const;
    Iterator& operator++();
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.rest_.size() == b.rest_.size();
    }

   private:
    wit::List<RedisValue> rest_;
  };

  explicit RedisReplies(wit::List<RedisValue> values) : values_(values) {}

  Iterator begin() const { return Iterator(values_); }
  Iterator end() const { return Iterator(values_.last(0)); }
  bool empty() const { return values_.empty(); }
  std::size_t size() const;
  /// Missing if there is no such reply.
  RedisReply operator[](std::size_t place) const;
  /// What the server says of the first command that failed, those in arrays among them.
  std::optional<std::string_view> failure() const {
    for (const RedisValue& value : values_) {
      if (value.is_failure()) return value.failure;
    }
    return std::nullopt;
  }

 private:
  wit::List<RedisValue> values_;
};

/// One reply, with what belongs to it.
class RedisReply {
 public:
  /// Empty: a reply that is not there.
  explicit RedisReply(wit::List<RedisValue> values) : values_(values) {}

  bool is_missing() const { return values_.empty(); }
  bool is_nil() const { return is(Tag::kNil); }
  bool is_array() const { return is(Tag::kArray); }
  std::optional<std::int64_t> integer() const { return pick(Tag::kInteger, &RedisValue::integer); }
  /// A status, such as OK.
  std::optional<std::string_view> text() const { return pick(Tag::kText, &RedisValue::text); }
  std::optional<BytesView> blob() const { return pick(Tag::kBlob, &RedisValue::blob); }
  /// The bytes of a blob as text.
  std::optional<std::string_view> string() const {
    const auto bytes = blob();
    if (!bytes) return std::nullopt;
    return as_text(*bytes);
  }
  /// What the server says of a command that failed.
  std::optional<std::string_view> failure() const {
    return pick(Tag::kFailure, &RedisValue::failure);
  }

  // Of an array: its replies. Others have none.
  RedisReplies items() const {
    return RedisReplies(is_array() ? values_.subspan(1) : values_.last(0));
  }
  RedisReplies::Iterator begin() const { return items().begin(); }
  RedisReplies::Iterator end() const { return items().end(); }
  std::size_t size() const { return items().size(); }
  RedisReply operator[](std::size_t place) const { return items()[place]; }

 private:
  using Tag = RedisValue::Tag;
  bool is(Tag kind) const { return !values_.empty() && values_[0].tag == kind; }
  template <class T>
  std::optional<T> pick(Tag kind, T RedisValue::* member) const {
    if (!is(kind)) return std::nullopt;
    return values_[0].*member;
  }

  wit::List<RedisValue> values_;
};

namespace detail {
/// How many values the first reply takes.
inline std::size_t extent(wit::List<RedisValue> values) {
  std::uint64_t wanted = 1;
  std::size_t taken = 0;
  while (wanted > 0 && taken < values.size()) {
    const RedisValue& value = values[taken++];
    wanted += (value.is_array() ? value.array : 0) - std::uint64_t{1};
  }
  return taken;
}
}  // namespace detail

inline RedisReply RedisReplies::Iterator::operator*() const {
  return RedisReply(rest_.first(detail::extent(rest_)));
}
inline RedisReplies::Iterator& RedisReplies::Iterator::operator++() {
  rest_ = rest_.subspan(detail::extent(rest_));
  return *this;
}
inline std::size_t RedisReplies::size() const {
  std::size_t count = 0;
  for (auto place = begin(); place != end(); ++place) ++count;
  return count;
}
inline RedisReply RedisReplies::operator[](std::size_t place) const {
  for (const RedisReply& reply : *this) {
    if (place-- == 0) return reply;
  }
  return RedisReply({});
}

}  // namespace theater
