// theater check: would this manifest start? Nothing is run and nothing is written.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/variables.h"
#include "node/loader.h"

namespace theater::cli {
namespace {

struct CheckArguments {
  std::string manifest;
  std::vector<std::string> variables;
};

std::vector<std::string> granted_names(const actor::Manifest& manifest) {
  std::vector<std::string> names;
  for (const actor::Setting& grant : manifest.grants) names.push_back(grant.key);
  return names;
}

/// Without the detours of "actors/chat/../../build".
std::string plain_path(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

Json loaded_json(const node::LoadedActor& loaded) {
  Json json{{"good", true},
            {"name", loaded.manifest->name},
            {"component", plain_path(loaded.manifest->component_path)},
            {"sha256", loaded.program->component().digest().hex()},
            {"grants", granted_names(*loaded.manifest)}};
  json["imports"] = Json::array();
  for (const auto& import : loaded.program->component().imports()) {
    json["imports"].push_back({{"name", import.name}, {"type", wasm::to_wit(import.type)}});
  }
  json["exports"] = Json::array();
  for (const auto& each : loaded.program->component().exports()) {
    json["exports"].push_back({{"name", each.name}, {"type", wasm::to_wit(each.type)}});
  }
  return json;
}

void print_loaded(Output& output, const node::LoadedActor& loaded) {
  const wasm::Component& component = loaded.program->component();
  output.line(fmt::format("{} {}: {}", output.paint(Colour::kGreen, "good:"), loaded.manifest->file,
                          loaded.manifest->name));
  output.line(fmt::format("  component  {} ({})", plain_path(loaded.manifest->component_path),
                          size_text(loaded.component.size())));
  output.line(fmt::format("  sha256     {}", component.digest().hex()));
  for (const std::string& name : granted_names(*loaded.manifest)) {
    output.line(fmt::format("  granted    {}", name));
  }
  for (const auto& import : component.imports()) {
    output.line(fmt::format("  import     {}", import.name));
  }
  for (const auto& each : component.exports()) {
    output.line(fmt::format("  export     {}", each.name));
  }
}

Exit check(Shell& shell, const CheckArguments& arguments) {
  const auto variables = read_variables(arguments.variables);
  if (!variables) return report(shell, variables.error(), Exit::kUnusable);
  auto manifests = node::load_manifests(shell.files, {arguments.manifest}, *variables);
  if (!manifests) return report(shell, manifests.error(), Exit::kUnusable);
  if (const Status used = check_variables(arguments.variables, *manifests); !used) {
    return report(shell, used.error(), Exit::kUnusable);
  }
  const hosts::AllHosts hosts;
  auto loader = node::Loader::create(
      shell.files, hosts,
      {.fuel = node::fuel_mode(*manifests), .allocation = wasm::Allocation::kOnDemand});
  if (!loader) return report(shell, loader.error(), Exit::kUnusable);
  const auto loaded = (*loader)->load(std::move(manifests->front()));
  if (!loaded) return report(shell, loaded.error(), Exit::kUnusable);
  if (shell.output.is_json()) {
    shell.output.json(loaded_json(*loaded));
  } else {
    print_loaded(shell.output, *loaded);
  }
  return Exit::kOk;
}

}  // namespace

void add_check(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<CheckArguments>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"check",
       "Check a manifest, its component, its imports against the grants, and their types. Exit "
       "status: 0 good, 2 not.",
       "  theater check actors/chat/chat.toml"});
  command.add_option("MANIFEST", arguments->manifest, "the manifest")->required();
  command.add_option("--var", arguments->variables, "NAME=VALUE for ${NAME} in the manifest")
      ->allow_extra_args(false);
  command.callback([&shell, arguments] { shell.exit = check(shell, *arguments); });
}

}  // namespace theater::cli
