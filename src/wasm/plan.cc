// Strict decoder of component plans.
#include "wasm/plan.h"

#include <algorithm>

#include "wasm/engine_limits.h"
#include "wasm/plan_reader.h"
#include "wasm/value_limits.h"

namespace theater::wasm {
namespace {

constexpr std::string_view kMagic = "theater-plan";
constexpr std::uint32_t kVersion = 1;

/// Reads the sections in order; each method leaves a refusal in the reader if it cannot.
class PlanDecoder {
 public:
  PlanDecoder(ByteSpan bytes, PlanCode code) : in_(bytes), code_(code) {}

  Result<Plan> decode() {
    if (in_.raw(kMagic.size()) != kMagic) in_.refuse("the plan's first bytes are not its magic");
    if (in_.number() != kVersion) in_.refuse("unknown plan version");
    read_counts();
    read_resources();
    read_types();
    read_functions();
    read_modules();
    read_options();
    read_trampolines();
    read_initializers();
    read_interface();
    read_code();
    if (Status status = in_.finish(); !status) return std::unexpected(status.error());
    return std::move(plan_);
  }

 private:
  template <typename Read>
  void each(std::size_t maximum, Read read) {
    const std::size_t count = in_.count(maximum);
    for (std::size_t i = 0; i < count && in_.ok(); ++i) read();
  }

  void read_types() {
    each(kPlanItemsMax, [&] {
      Type type = read_type();
      if (type.depth() > kTypeDepthMax) return in_.refuse("a type is nested too deep");
      types_.push_back(std::move(type));
    });
  }

  const Type& known_type(std::uint32_t index) {
    static const Type kNone;
    if (index < types_.size()) return types_[index];
    in_.refuse("a type refers to a later one");
    return kNone;
  }
  const Type& read_known_type() { return known_type(in_.number()); }
  std::optional<Type> read_maybe_type() {
    const std::optional<std::uint32_t> index = in_.maybe();
    if (!index) return std::nullopt;
    return known_type(*index);
  }

  Type read_type() {
    static constexpr Kind kPrimitives[] = {
        Kind::kBool, Kind::kS8,  Kind::kU8,  Kind::kS16, Kind::kU16,  Kind::kS32,   Kind::kU32,
        Kind::kS64,  Kind::kU64, Kind::kF32, Kind::kF64, Kind::kChar, Kind::kString};
    const std::uint8_t tag = in_.byte();
    if (tag < std::size(kPrimitives)) return Type(kPrimitives[tag]);
    switch (tag) {
      case 13:
        return Type::record(read_members(Payload::kRequired));
      case 14:
        return Type::variant(read_members(Payload::kOptional));
      case 15:
        return Type::list(read_known_type());
      case 16:
        return Type::tuple(read_elements());
      case 17:
        return Type::flags(read_labels());
      case 18:
        return Type::enumeration(read_labels());
      case 19:
        return Type::option(read_known_type());
      case 20: {
        std::optional<Type> ok = read_maybe_type();
        return Type::result(std::move(ok), read_maybe_type());
      }
      case 21:
        return read_handle(&Type::own);
      case 22:
        return read_handle(&Type::borrow);
      default:
        in_.refuse("unknown type tag");
        return Type();
    }
  }

  Type read_handle(Type (*make)(std::uint32_t, std::string)) {
    const std::uint32_t resource = in_.bounded(plan_.resources.size());
    if (!in_.ok()) return Type();
    const std::string& name = plan_.resources[resource].name;
    return make(resource, name.substr(name.find('#') + 1));
  }

  enum class Payload { kRequired, kOptional };
  std::vector<Member> read_members(Payload payload) {
    std::vector<Member> members;
    each(kPlanItemsMax, [&] {
      Member member{in_.text(), std::nullopt};
      member.type = payload == Payload::kRequired ? read_known_type() : read_maybe_type();
      members.push_back(std::move(member));
    });
    return members;
  }
  std::vector<Type> read_elements() {
    std::vector<Type> elements;
    each(kPlanItemsMax, [&] { elements.push_back(read_known_type()); });
    return elements;
  }
  std::vector<std::string> read_labels() {
    std::vector<std::string> labels;
    each(kPlanItemsMax, [&] { labels.push_back(in_.text()); });
    return labels;
  }

  void read_functions() {
    each(kPlanItemsMax, [&] {
      FunctionType function;
      each(kPlanItemsMax, [&] {
        std::string name = in_.text();
        function.parameters.push_back({std::move(name), read_known_type()});
      });
      function.result = read_maybe_type();
      plan_.functions.push_back(std::move(function));
    });
  }

  void read_counts() {
    plan_.component_instances = in_.bounded(kPlanItemsMax + 1);
    plan_.memories = in_.bounded(kPlanItemsMax + 1);
    plan_.reallocs = in_.bounded(kPlanItemsMax + 1);
    plan_.post_returns = in_.bounded(kPlanItemsMax + 1);
  }

  void read_resources() {
    each(kPlanItemsMax, [&] {
      ResourcePlan resource{in_.text(), in_.maybe()};
      if (resource.instance && *resource.instance >= plan_.component_instances) {
        in_.refuse("a resource belongs to no component instance");
      }
      plan_.resources.push_back(std::move(resource));
    });
    each(kPlanItemsMax, [&] {
      TablePlan table{in_.maybe(), 0};
      const std::uint32_t instance = in_.number();
      if (table.resource) {
        if (*table.resource >= plan_.resources.size() || instance >= plan_.component_instances) {
          in_.refuse("a handle table is of no resource or instance");
        }
        table.instance = instance;
      }
      plan_.tables.push_back(table);
    });
  }

  void read_modules() {
    each(kModulesMax, [&] {
      ModulePlan module;
      module.imports = in_.bounded(kPlanItemsMax + 1);
      module.memory_pages = in_.number();
      module.own_memories = in_.bounded(kPlanItemsMax + 1);
      module.exported_memories = read_labels();
      if (module.exported_memories.size() > module.own_memories) {
        in_.refuse("a module exports more memories than it has");
      }
      plan_.modules.push_back(std::move(module));
    });
  }

  CoreSignature read_signature() {
    CoreSignature signature;
    for (std::vector<CoreType>* list : {&signature.parameters, &signature.results}) {
      each(kPlanItemsMax, [&] { list->push_back(static_cast<CoreType>(in_.tag(4))); });
    }
    return signature;
  }

  std::optional<std::uint32_t> maybe_bounded(std::uint32_t bound) {
    const std::optional<std::uint32_t> index = in_.maybe();
    if (index && *index >= bound) in_.refuse("an index is beyond its section");
    return index;
  }

  void read_options() {
    each(kPlanItemsMax, [&] {
      CanonicalOptions options;
      options.instance = in_.bounded(plan_.component_instances);
      options.encoding = static_cast<StringEncoding>(in_.tag(3));
      options.memory = maybe_bounded(plan_.memories);
      options.realloc = maybe_bounded(plan_.reallocs);
      options.post_return = maybe_bounded(plan_.post_returns);
      options.core = read_signature();
      plan_.options.push_back(std::move(options));
    });
  }

  void read_trampolines() {
    using Kind = TrampolinePlan::Kind;
    each(kPlanItemsMax, [&] {
      TrampolinePlan trampoline;
      trampoline.core = read_signature();
      trampoline.kind = static_cast<Kind>(in_.tag(10));
      switch (trampoline.kind) {
        case Kind::kLowerImport:
          trampoline.import = in_.number();  // checked when the imports are known
          trampoline.function = in_.bounded(plan_.functions.size());
          trampoline.options = in_.bounded(plan_.options.size());
          break;
        case Kind::kTranscode:
          trampoline.transcode = static_cast<Transcode>(in_.tag(kTranscodeCount));
          trampoline.from = in_.bounded(plan_.memories);
          trampoline.to = in_.bounded(plan_.memories);
          break;
        case Kind::kResourceNew:
        case Kind::kResourceRep:
        case Kind::kResourceDrop:
          trampoline.instance = in_.bounded(plan_.component_instances);
          trampoline.table = in_.bounded(plan_.tables.size());
          if (in_.ok() && !plan_.tables[trampoline.table].resource) {
            in_.refuse("an intrinsic names a table without resource");
          }
          break;
        default:
          break;
      }
      plan_.trampolines.push_back(std::move(trampoline));
    });
  }

  CoreDef read_core_def() {
    CoreDef def;
    def.source = static_cast<CoreDef::Source>(in_.tag(3));
    switch (def.source) {
      case CoreDef::Source::kExport:
        def.index = in_.bounded(core_instances_);
        def.name = in_.text();
        break;
      case CoreDef::Source::kMayLeaveFlag:
        def.index = in_.bounded(plan_.component_instances);
        break;
      case CoreDef::Source::kTrampoline:
        def.index = in_.bounded(plan_.trampolines.size());
        break;
    }
    return def;
  }

  void read_initializers() {
    using Kind = Initializer::Kind;
    each(kPlanItemsMax, [&] {
      Initializer step;
      step.kind = static_cast<Kind>(in_.tag(5));
      switch (step.kind) {
        case Kind::kInstantiate:
          step.index = in_.bounded(plan_.modules.size());
          each(kPlanItemsMax, [&] { step.definitions.push_back(read_core_def()); });
          if (in_.ok() && step.definitions.size() != plan_.modules[step.index].imports) {
            in_.refuse("a module gets more or fewer arguments than it has imports");
          }
          ++core_instances_;
          break;
        case Kind::kMemory:
          step.index = in_.bounded(plan_.memories);
          step.definitions.push_back(read_core_def());
          break;
        case Kind::kRealloc:
          step.index = in_.bounded(plan_.reallocs);
          step.definitions.push_back(read_core_def());
          break;
        case Kind::kPostReturn:
          step.index = in_.bounded(plan_.post_returns);
          step.definitions.push_back(read_core_def());
          break;
        case Kind::kResource:
          step.index = in_.bounded(plan_.resources.size());
          if (in_.tag(2) == 1) step.definitions.push_back(read_core_def());
          break;
      }
      plan_.initializers.push_back(std::move(step));
    });
  }

  void read_interface() {
    each(kPlanItemsMax, [&] {
      std::string name = in_.text();
      plan_.imports.push_back({std::move(name), in_.bounded(plan_.functions.size())});
    });
    for (const TrampolinePlan& trampoline : plan_.trampolines) {
      if (trampoline.kind == TrampolinePlan::Kind::kLowerImport &&
          trampoline.import >= plan_.imports.size()) {
        in_.refuse("a lowered import is not among the imports");
      }
    }
    each(kPlanItemsMax, [&] {
      ExportPlan item;
      item.name = in_.text();
      item.function = in_.bounded(plan_.functions.size());
      item.core = read_core_def();
      if (item.core.source == CoreDef::Source::kMayLeaveFlag) {
        in_.refuse("an export is not a function");
      }
      item.options = in_.bounded(plan_.options.size());
      plan_.exports.push_back(std::move(item));
    });
  }

  void read_code() {
    plan_.code_offset = in_.offset();
    if (code_ == PlanCode::kAbsent) return;
    for (ModulePlan& module : plan_.modules) module.code = in_.blob();
  }

  PlanReader in_;
  PlanCode code_;
  Plan plan_;
  std::vector<Type> types_;
  std::uint32_t core_instances_ = 0;
};

}  // namespace

Result<Plan> decode_plan(ByteSpan bytes, PlanCode code) {
  return PlanDecoder(bytes, code).decode();
}

}  // namespace theater::wasm
