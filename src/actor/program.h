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
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "chain/event.h"
#include "wasm/component.h"
#include "wasm/type.h"

namespace theater::actor {

/// Where one of the component's imports leads. An output's payload is the tuple of the import's
/// name and the call's arguments. Hints: of the arguments as a tuple, of the result, of an output.
struct ImportTarget {
  std::size_t family = 0;    // index in the list of families
  std::size_t function = 0;  // index in FamilyInfo::calls
  const CallInfo* call = nullptr;
  std::string_view name;  // "interface#function"
  chain::TypeHint arguments_hint, result_hint, output_hint;
  Bytes output_head;  // the name as a string value
};

/// What an exported function takes beside the state: one input (init: the parameters, migrate: the
/// previous component's digest), or a list of events.
enum class ExportRole : std::uint8_t { kInit, kMigrate, kHandler };

/// An export the host calls.
struct ExportTarget {
  ExportRole role = ExportRole::kHandler;
  std::size_t export_index = 0;
  std::size_t family = 0;      // kHandler
  std::string_view name;       // "interface#function"
  chain::TypeHint input_hint;  // of one event, or of the one input
  wasm::Type input_type;
  std::optional<ImportTarget> answers;  // the effect in its result, if the family has such
};

struct LinkOptions {
  /// Whether a message says what to add to the manifest, or to remove.
  enum class Grants : std::uint8_t { kCanBeChanged, kAreFixed };
  std::span<const FamilyInfo* const> families;
  std::vector<bool> granted;  // one for each family
  std::string manifest_file;  // for messages
  Grants grants = Grants::kCanBeChanged;
};

/// Immutable, any thread; shared by the actors that run one component with the same grants. Holds
/// pointers into the families' infos, which live as long as the node.
class Program {
 public:
  /// Refuses with one sentence: an import no family offers, all imports whose families are not
  /// granted (names the lines to add), an import or export of another type (prints both in WIT
  /// syntax), a granted family whose handler is missing, a component without lifecycle#init
  /// (CAP-1).
  static Result<std::shared_ptr<const Program>> link(
      std::shared_ptr<const wasm::Component> component, const LinkOptions& options);

  const wasm::Component& component() const { return linked_->component(); }
  const std::shared_ptr<const wasm::LinkedComponent>& linked() const { return linked_; }
  const ImportTarget& target(std::size_t import) const { return imports_[import]; }
  std::span<const ImportTarget> imports() const { return imports_; }
  /// In the order of families; the actor serves them in rotation.
  std::span<const ExportTarget> handlers() const { return handlers_; }
  const ExportTarget* handler_of(std::size_t family) const;
  const ExportTarget& init() const { return init_; }
  const ExportTarget* migrate() const { return migrate_ ? &*migrate_ : nullptr; }
  /// The one whose name a recv holds; nullptr if the component does not export it.
  const ExportTarget* find_export(std::string_view name) const;
  std::span<const FamilyInfo* const> families() const { return families_; }
  bool is_granted(std::size_t family) const { return granted_[family]; }
  /// SHA-256 of all imports and exports with their types, in WIT syntax.
  const Digest& world() const { return world_; }

 private:
  friend class ProgramLinker;
  Program() = default;
  std::shared_ptr<const wasm::LinkedComponent> linked_;
  std::vector<const FamilyInfo*> families_;
  std::vector<ImportTarget> imports_;
  std::vector<ExportTarget> handlers_;
  std::vector<bool> granted_;
  ExportTarget init_;
  std::optional<ExportTarget> migrate_;
  Digest world_;
};

/// The type hint of a value of this type, as payloads carry it.
chain::TypeHint hint_of(const wasm::Type& type);

/// A recorded output taken apart: which host function, with which arguments. FamilyInfo::answers is
/// the function behind the last one.
struct OutputCall {
  std::size_t family = 0, function = 0;
  const CallInfo* call = nullptr;
  ByteSpan arguments;  // points into the payload
};
/// The function of that name, "interface#function" or a handler's; without arguments.
std::optional<OutputCall> find_call(std::span<const FamilyInfo* const> families,
                                    std::string_view name);
/// kCorrupt if no family of the list offers the function.
Result<OutputCall> parse_output(std::span<const FamilyInfo* const> families, ByteSpan payload);

inline constexpr std::string_view kInitExport = "theater:actor/lifecycle@0.1.0#init";
inline constexpr std::string_view kMigrateExport = "theater:actor/migration@0.1.0#migrate";

}  // namespace theater::actor
