// Program: linking a component to its families, with one clear sentence for each refusal.
#include "actor/program.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "actor/units.h"
#include "chain/hash.h"
#include "wasm/binary_reader.h"
#include "wasm/binary_writer.h"

namespace theater::actor {
namespace {

/// Structural equality without the names of parameters.
bool same_signature(const wasm::FunctionType& one, const wasm::FunctionType& other) {
  return one.result == other.result &&
         std::ranges::equal(one.parameters, other.parameters, {}, &wasm::Parameter::type,
                            &wasm::Parameter::type);
}

std::unexpected<Error> mismatch(std::string_view name, const wasm::FunctionType& component,
                                const wasm::FunctionType& host) {
  return fail(Code::kInvalid,
              "the types of {} differ\n  the component has: {}\n  theater has:       {}", name,
              wasm::to_wit(component), wasm::to_wit(host));
}

/// The arguments as a tuple; in an output the import's name stands before them.
wasm::Type arguments_type(const wasm::FunctionType& type, std::vector<wasm::Type> elements) {
  for (const wasm::Parameter& parameter : type.parameters) elements.push_back(parameter.type);
  return wasm::Type::tuple(elements);
}

wasm::Type bytes_type() { return wasm::Type::list(wasm::Kind::kU8); }

/// The result of every export: result<tuple<bytes>, string>.
wasm::Type outcome_type() {
  return wasm::Type::result(wasm::Type::tuple({bytes_type()}), wasm::Type(wasm::Kind::kString));
}

wasm::FunctionType init_type() { return {{{"params", bytes_type()}}, outcome_type()}; }
wasm::FunctionType migrate_type() {
  return {{{"state", bytes_type()}, {"previous", wasm::Kind::kString}}, outcome_type()};
}

Digest world_of(const wasm::Component& component) {
  std::vector<std::string> lines;
  for (const auto& import : component.imports()) {
    lines.push_back(fmt::format("import {}: {}\n", import.name, wasm::to_wit(import.type)));
  }
  for (const auto& exported : component.exports()) {
    lines.push_back(fmt::format("export {}: {}\n", exported.name, wasm::to_wit(exported.type)));
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line;
  return chain::sha256(as_bytes(text));
}

}  // namespace

chain::TypeHint hint_of(const wasm::Type& type) { return chain::type_hint(wasm::to_wit(type)); }

/// Fills a Program step by step.
class ProgramLinker {
 public:
  ProgramLinker(std::shared_ptr<const wasm::Component> component, const LinkOptions& options)
      : component_(std::move(component)), options_(options), program_(new Program) {
    program_->families_.assign(options.families.begin(), options.families.end());
    program_->granted_ = options.granted;
    program_->granted_.resize(options.families.size());
    grant_operations();
  }

  Result<std::shared_ptr<const Program>> link() {
    for (const wasm::ImportFunction& import : component_->imports()) TRY_OK(add_import(import));
    TRY_OK(check_granted());
    TRY_OK(add_lifecycle());
    for (std::size_t i = 0; i < options_.families.size(); ++i) TRY_OK(add_handler(i));
    std::vector<wasm::ImportMode> modes;
    for (const ImportTarget& target : program_->imports_) {
      modes.push_back(target.call->nature == Nature::kWait ? wasm::ImportMode::kMaySuspend
                                                           : wasm::ImportMode::kImmediate);
    }
    program_->world_ = world_of(*component_);
    TRY(program_->linked_, wasm::LinkedComponent::link(component_, modes));
    return std::shared_ptr<const Program>(std::move(program_));
  }

 private:
  /// The families that need no table: whoever runs operations may ask about them.
  void grant_operations() {
    std::vector<bool>& granted = program_->granted_;
    bool any = false;
    for (std::size_t i = 0; i < granted.size(); ++i) {
      any = any || (granted[i] && options_.families[i]->has_operations);
    }
    for (std::size_t i = 0; i < granted.size(); ++i) {
      if (options_.families[i]->grant_need == GrantNeed::kOperations) granted[i] = any;
    }
  }

  Status add_import(const wasm::ImportFunction& import) {
    const std::size_t mark = import.name.find('#');
    const std::string_view interface = std::string_view(import.name).substr(0, mark);
    const auto family = std::ranges::find(
        options_.families, interface,
        [](const FamilyInfo* info) -> std::string_view { return info->interface_name; });
    if (mark == std::string::npos || family == options_.families.end()) {
      return fail(Code::kUnsupported, "the component imports {}, which no host family offers{}",
                  import.name, nearest_interface(interface));
    }
    const auto index = static_cast<std::size_t>(family - options_.families.begin());
    if (!program_->granted_[index]) {
      if (std::ranges::find(ungranted_, *family) == ungranted_.end()) ungranted_.push_back(*family);
      return {};
    }
    const auto call =
        std::ranges::find((*family)->calls, import.name.substr(mark + 1), &CallInfo::name);
    if (call == (*family)->calls.end()) {
      return fail(Code::kUnsupported, "the component imports {}, which {} does not have",
                  import.name, interface);
    }
    if (!same_signature(import.type, call->type)) {
      return mismatch(import.name, import.type, call->type);
    }
    program_->imports_.push_back(make_target(index, *call, import.name));
    return {};
  }

  /// Of all that is not granted at once: nobody should have to find it out one by one.
  Status check_granted() const {
    std::vector<std::string> interfaces, tables;
    for (const FamilyInfo* family : ungranted_) {
      if (family->grant_need == GrantNeed::kOperations) continue;
      interfaces.push_back(family->interface_name);
      tables.push_back(fmt::format("[grants.{}]", family->name));
    }
    const std::string& manifest = options_.manifest_file;
    if (interfaces.empty()) {
      if (ungranted_.empty()) return {};
      return fail(Code::kDenied,
                  "the component imports {}, but no family that {} grants has operations",
                  ungranted_.front()->interface_name, manifest);
    }
    if (options_.grants == LinkOptions::Grants::kAreFixed) {
      return fail(Code::kDenied, "the component imports {}, which {} does not grant",
                  fmt::join(interfaces, ", "), manifest);
    }
    return fail(Code::kDenied, "the component imports {}, which {} not granted; add {} to {}",
                fmt::join(interfaces, ", "), interfaces.size() == 1 ? "is" : "are",
                fmt::join(tables, ", "), manifest);
  }

  ImportTarget make_target(std::size_t family, const CallInfo& call, std::string_view name) const {
    ImportTarget target;
    target.family = family;
    target.function = static_cast<std::size_t>(&call - options_.families[family]->calls.data());
    return complete(std::move(target), call, name);
  }

  ImportTarget answers_target(std::size_t family, std::string_view name) const {
    const FamilyInfo& info = *options_.families[family];
    ImportTarget target;
    target.family = family;
    target.function = info.calls.size();
    return complete(std::move(target), *info.answers, name);
  }

  static ImportTarget complete(ImportTarget target, const CallInfo& call, std::string_view name) {
    target.call = &call;
    target.name = name;
    target.arguments_hint = hint_of(arguments_type(call.type, {}));
    target.output_hint = hint_of(arguments_type(call.type, {wasm::Kind::kString}));
    if (call.type.result) target.result_hint = hint_of(*call.type.result);
    wasm::BinaryWriter(target.output_head).string(name);
    return target;
  }

  std::string nearest_interface(std::string_view interface) const {
    for (const FamilyInfo* info : options_.families) {
      if (edit_distance(interface, info->interface_name) <= 4) {
        return fmt::format(" (there is {})", info->interface_name);
      }
    }
    return "";
  }

  Status add_lifecycle() {
    TRY(const auto init, find(kInitExport, init_type()));
    if (!init) {
      return fail(Code::kInvalid, "the component does not export {}; every actor needs it",
                  kInitExport);
    }
    program_->init_ = *init;
    program_->init_.role = ExportRole::kInit;
    set_input(program_->init_, bytes_type());
    TRY(program_->migrate_, find(kMigrateExport, migrate_type()));
    if (program_->migrate_) {
      program_->migrate_->role = ExportRole::kMigrate;
      set_input(*program_->migrate_, wasm::Kind::kString);
    }
    return {};
  }

  Status add_handler(std::size_t family) {
    const FamilyInfo& info = *options_.families[family];
    if (!program_->granted_[family] || info.handler_need == HandlerNeed::kNone) return {};
    TRY(auto handler, find(info.handler_name, *info.handler_type));
    if (handler) {
      handler->family = family;
      set_input(*handler, *info.event_type);
      if (info.answers) handler->answers = answers_target(family, handler->name);
      program_->handlers_.push_back(*handler);
      return {};
    }
    if (info.handler_need == HandlerNeed::kOptional) return check_starts(family);
    if (options_.grants == LinkOptions::Grants::kAreFixed) {
      return fail(Code::kInvalid, "{} grants {}, but the component does not export its handler {}",
                  options_.manifest_file, info.name, info.handler_name);
    }
    return fail(Code::kInvalid,
                "{} grants {}, but the component does not export its handler {}; export it or "
                "remove [grants.{}]",
                options_.manifest_file, info.name, info.handler_name, info.name);
  }

  /// Without handler nobody takes the last event of what is started: soon nothing could be any
  /// more. What is replayed has run: it can run again.
  Status check_starts(std::size_t family) const {
    if (options_.grants == LinkOptions::Grants::kAreFixed) return {};
    const auto start = std::ranges::find_if(program_->imports_, [&](const ImportTarget& target) {
      return target.family == family && target.call->plain == PlainResult::kMintedId;
    });
    if (start == program_->imports_.end()) return {};
    return fail(Code::kInvalid,
                "the component imports {}, but does not export {}, which is told how that ends; "
                "export it",
                start->name, options_.families[family]->handler_name);
  }

  Result<std::optional<ExportTarget>> find(std::string_view name, const wasm::FunctionType& type) {
    const std::optional<std::size_t> index = component_->find_export(name);
    if (!index) return std::nullopt;
    const wasm::ExportFunction& exported = component_->exports()[*index];
    if (!same_signature(exported.type, type)) return mismatch(name, exported.type, type);
    ExportTarget target;
    target.export_index = *index;
    target.name = exported.name;
    return target;
  }

  static void set_input(ExportTarget& target, const wasm::Type& type) {
    target.input_type = type;
    target.input_hint = hint_of(type);
  }

  std::shared_ptr<const wasm::Component> component_;
  const LinkOptions& options_;
  std::unique_ptr<Program> program_;
  std::vector<const FamilyInfo*> ungranted_;  // that the component imports
};

Result<std::shared_ptr<const Program>> Program::link(
    std::shared_ptr<const wasm::Component> component, const LinkOptions& options) {
  return ProgramLinker(std::move(component), options).link();
}

std::optional<OutputCall> find_call(std::span<const FamilyInfo* const> families,
                                    std::string_view name) {
  const std::size_t mark = std::min(name.find('#'), name.size());
  for (std::size_t i = 0; i < families.size(); ++i) {
    if (families[i]->answers && families[i]->handler_name == name) {
      return OutputCall{i, families[i]->calls.size(), &*families[i]->answers, {}};
    }
    if (families[i]->interface_name != name.substr(0, mark)) continue;
    const auto& calls = families[i]->calls;
    const auto call =
        std::ranges::find(calls, name.substr(std::min(mark + 1, name.size())),
                          [](const CallInfo& info) -> std::string_view { return info.name; });
    if (call == calls.end()) break;
    return OutputCall{i, static_cast<std::size_t>(call - calls.begin()), &*call, {}};
  }
  return std::nullopt;
}

Result<OutputCall> parse_output(std::span<const FamilyInfo* const> families, ByteSpan payload) {
  wasm::BinaryReader reader(payload);
  const std::string_view name = reader.string();
  auto call = find_call(families, name);
  if (!call) {
    return fail(Code::kCorrupt, "an output names {}, which no host family offers", name);
  }
  call->arguments = payload.subspan(reader.offset());
  return *call;
}

const ExportTarget* Program::handler_of(std::size_t family) const {
  const auto found = std::ranges::find(handlers_, family, &ExportTarget::family);
  return found == handlers_.end() ? nullptr : &*found;
}

const ExportTarget* Program::find_export(std::string_view name) const {
  if (name == init_.name) return &init_;
  if (migrate_ && name == migrate_->name) return &*migrate_;
  const auto found = std::ranges::find(handlers_, name, &ExportTarget::name);
  return found == handlers_.end() ? nullptr : &*found;
}

}  // namespace theater::actor
