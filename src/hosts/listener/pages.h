// Pages: the plain answers that one actor's family is giving.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "actor/host_port.h"
#include "hosts/listener/page.h"
#include "hosts/listener/visitor.h"

namespace theater::hosts::listener {

/// One actor's, on its shard; at most 2 * kPagesMax, from kPagesMax on refusals.
class Pages {
 public:
  /// `on_ended` is called when one has ended, from a task.
  Pages(const host::Services& services, std::function<void()> on_ended);

  /// Answers a plain request: "/.theater/head" with the head of the actor's chain, others from the
  /// folder.
  void serve(Visitor visitor, const std::optional<std::string>& folder,
             const actor::ActorPort& actor);
  void refuse(Visitor visitor, const http::Refusal& refusal);
  void clear() { pages_.clear(); }
  bool is_empty() const { return pages_.empty(); }
  std::size_t size() const { return pages_.size(); }

 private:
  void answer(std::unique_ptr<io::Stream> stream, Answer answer);
  void add(std::unique_ptr<Page> page);

  const host::Services services_;
  const std::function<void()> on_ended_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
  std::uint64_t last_page_ = 0;
  /// Watched by the pages' last tasks, which may come after this has gone.
  const std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace theater::hosts::listener
