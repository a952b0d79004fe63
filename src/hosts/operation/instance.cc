// operation::Instance: every question goes to the actor's families together.
#include "hosts/operation/instance.h"

#include "base/check.h"

namespace theater::hosts::operation {

actor::OperationPort& Instance::ports() const {
  actor::OperationPort* ports = actor_.operations();
  CHECK(ports != nullptr, "an actor of this family has operations");
  return *ports;
}

host::Outcome Instance::check_known(std::uint64_t id) const {
  if (ports().status({id})) return {};
  return host::refuse(host::GuestCode::kNotFound, "there is no operation {}", id);
}

Instance::Status Instance::status(std::uint64_t id) {
  const auto found = ports().status({id});
  if (found) return std::tuple{found->phase, found->bytes};
  return host::refuse(host::GuestCode::kNotFound, "there is no operation {}", id);
}

std::vector<std::uint64_t> Instance::pending() {
  std::vector<OperationId> found;
  ports().pending(found);
  std::vector<std::uint64_t> ids;
  for (const OperationId id : found) ids.push_back(id.value);
  return ids;
}

host::Outcome Instance::more(std::uint64_t id, std::uint32_t) { return check_known(id); }
host::Outcome Instance::cancel(std::uint64_t id) { return check_known(id); }

host::Data Instance::collect(std::uint64_t id, std::uint64_t offset, std::uint32_t bytes_max) {
  auto found = ports().collect({id}, offset, bytes_max);
  if (found) return *std::move(found);
  const auto code = found.error().code == Code::kNotFound ? host::GuestCode::kNotFound
                                                          : host::GuestCode::kInvalid;
  return host::refuse(code, "{}", found.error().message);
}

void Instance::perform_more(std::uint64_t id, std::uint32_t credit) { ports().more({id}, credit); }
void Instance::perform_cancel(std::uint64_t id) { ports().cancel({id}); }
void Instance::fold_more(std::uint64_t id, std::uint32_t credit) {
  ports().fold_more({id}, credit);
}
void Instance::fold_cancel(std::uint64_t id) { ports().fold_cancel({id}); }

}  // namespace theater::hosts::operation
