// Program: a component linked to the families it may use: which import is which host function,
// which export handles which family's events. The same for a live actor and for replay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actor/family_info.h"
#include "base/result.h"
#include "wasm/component.h"

namespace theater::actor {

/// Where one of the component's imports leads.
struct ImportTarget {
  std::size_t family = 0;    // index in the list of families
  std::size_t function = 0;  // index in FamilyInfo::calls
  const CallInfo* call = nullptr;
  const std::string* name = nullptr;  // "interface#function"
};

struct HandlerTarget {
  std::size_t family = 0;
  std::size_t export_index = 0;
};

struct LinkOptions {
  std::span<const FamilyInfo* const> families;
  std::vector<bool> granted;  // one for each family
  std::string manifest_file;  // for messages
};

/// Immutable, any thread; shared by the actors that run one component with the same grants. Holds
/// pointers into the families' infos, which live as long as the node.
class Program {
 public:
  /// Refuses with one sentence: an import no family offers, an import whose family is not granted
  /// (names the line to add), an import or export of another type (prints both in WIT syntax), a
  /// granted family whose handler is missing, a component without lifecycle#init (CAP-1).
  static Result<std::shared_ptr<const Program>> link(
      std::shared_ptr<const wasm::Component> component, const LinkOptions& options);

  const wasm::Component& component() const { return linked_->component(); }
  const std::shared_ptr<const wasm::LinkedComponent>& linked() const { return linked_; }
  const ImportTarget& target(std::size_t import) const { return imports_[import]; }
  /// In the order of families; the actor serves them in rotation.
  std::span<const HandlerTarget> handlers() const { return handlers_; }
  std::span<const FamilyInfo* const> families() const { return families_; }
  bool uses(std::size_t family) const { return used_[family]; }
  std::size_t init_export() const { return init_; }
  std::optional<std::size_t> migrate_export() const { return migrate_; }

 private:
  Program() = default;
  std::shared_ptr<const wasm::LinkedComponent> linked_;
  std::vector<const FamilyInfo*> families_;
  std::vector<ImportTarget> imports_;
  std::vector<HandlerTarget> handlers_;
  std::vector<bool> used_;
  std::size_t init_ = 0;
  std::optional<std::size_t> migrate_;
};

inline constexpr std::string_view kInitExport = "theater:actor/lifecycle@0.1.0#init";
inline constexpr std::string_view kMigrateExport = "theater:actor/migration@0.1.0#migrate";

}  // namespace theater::actor
