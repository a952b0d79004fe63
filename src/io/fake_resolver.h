// FakeResolver: names as a test wants them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "io/executor.h"
#include "io/resolver.h"

namespace theater::io {

/// Answers from a table, as tasks of the executor. Addresses stand for themselves; unknown names
/// are not found; names that hang are never answered. One thread.
class FakeResolver final : public Resolver {
 public:
  explicit FakeResolver(Executor& executor) : executor_(executor) {}

  /// The addresses of a name, from now on.
  void set(const std::string& host, Addresses addresses) { table_[host] = std::move(addresses); }
  void fail(const std::string& host, Error error) {
    table_[host] = std::unexpected(std::move(error));
  }
  void hang(const std::string& host) { hanging_.insert(host); }
  std::size_t asked() const { return last_id_; }
  std::size_t waiting() const { return waiting_.size(); }

  LookupId resolve(const std::string& host, Nanoseconds, Answer answer) override {
    const LookupId id{++last_id_};
    waiting_.emplace(id, std::move(answer));
    if (hanging_.contains(host)) return id;
    executor_.post([this, id, found = find(host)]() mutable {
      const auto place = waiting_.find(id);
      if (place == waiting_.end()) return;
      Answer wanted = std::move(place->second);
      waiting_.erase(place);
      wanted(std::move(found));
    });
    return id;
  }
  void cancel(LookupId lookup) override { waiting_.erase(lookup); }

 private:
  Result<Addresses> find(const std::string& host) const {
    if (const auto address = IpAddress::parse(host)) return Addresses{*address};
    const auto found = table_.find(host);
    if (found != table_.end()) return found->second;
    return theater::fail(Code::kNotFound, "no address for \"{}\"", host);
  }

  Executor& executor_;
  std::map<std::string, Result<Addresses>> table_;
  std::set<std::string> hanging_;
  std::map<LookupId, Answer> waiting_;
  std::uint64_t last_id_ = 0;
};

}  // namespace theater::io
