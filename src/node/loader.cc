// Manifest, grants, component, program: the steps before an actor may start.
#include "node/loader.h"

#include <algorithm>

#include "actor/families.h"

namespace theater::node {
namespace {

/// Which families the manifest grants, in the families' order; refuses one that does not exist.
Result<std::vector<bool>> check_grants(const hosts::AllHosts& hosts,
                                       const actor::Manifest& manifest) {
  const auto infos = hosts.infos();
  std::vector<bool> granted(infos.size());
  for (const actor::Setting& grant : manifest.grants) {
    TRY(const std::size_t family, actor::find_family(infos, grant));
    TRY_OK(hosts.families()[family]->check_grant(grant));
    granted[family] = true;
  }
  return granted;
}

}  // namespace

Loader::Loader(io::FileSystem& files, const hosts::AllHosts& hosts, const Options& options,
               std::unique_ptr<wasm::Engine> engine)
    : files_(files),
      hosts_(hosts),
      compile_cache_(options.compile_cache),
      engine_(std::move(engine)) {}

Result<std::unique_ptr<Loader>> Loader::create(io::FileSystem& files, const hosts::AllHosts& hosts,
                                               const Options& options) {
  wasm::EngineOptions settings;
  settings.fuel = options.fuel;
  settings.allocation = options.allocation;
  TRY(auto engine, wasm::Engine::create(settings));
  return std::unique_ptr<Loader>(new Loader(files, hosts, options, std::move(engine)));
}

Result<LoadedActor> Loader::load(actor::Manifest manifest) {
  TRY(auto granted, check_grants(hosts_, manifest));
  TRY(auto bytes, actor::load_component_bytes(files_, manifest));
  auto component = wasm::Component::load(*engine_, bytes, compile_cache_);
  if (!component) return fail_in(component.error(), manifest.component_path);
  TRY(auto program,
      actor::Program::link(*component, {hosts_.infos(), std::move(granted), manifest.file}));
  return LoadedActor{std::make_shared<const actor::Manifest>(std::move(manifest)), std::move(bytes),
                     std::move(program)};
}

Result<std::vector<actor::Manifest>> load_manifests(io::FileSystem& files,
                                                    const std::vector<std::string>& paths,
                                                    const actor::Variables& variables) {
  std::vector<actor::Manifest> manifests;
  for (const std::string& path : paths) {
    TRY(auto manifest, actor::load_manifest(files, path, variables));
    for (const actor::Manifest& other : manifests) {
      if (other.name == manifest.name) {
        return fail(Code::kConflict, "{} and {} both name their actor {}; give one another name",
                    other.file, manifest.file, manifest.name);
      }
    }
    manifests.push_back(std::move(manifest));
  }
  return manifests;
}

wasm::FuelMode fuel_mode(const std::vector<actor::Manifest>& manifests) {
  const bool limited = std::ranges::any_of(manifests, [](const actor::Manifest& manifest) {
    return manifest.limits.instance.fuel.has_value();
  });
  return limited ? wasm::FuelMode::kOn : wasm::FuelMode::kOff;
}

}  // namespace theater::node
