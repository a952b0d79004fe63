// Loader: from a manifest to a program that is ready to run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actor/manifest.h"
#include "actor/program.h"
#include "base/result.h"
#include "hosts/all_hosts.h"
#include "io/file.h"
#include "wasm/engine.h"

namespace theater::node {

/// Everything an actor needs before it has a shard.
struct LoadedActor {
  std::shared_ptr<const actor::Manifest> manifest;  // its actor shares it
  Bytes component;                                  // as read from its file
  std::shared_ptr<const actor::Program> program;
};

/// Reads manifests, checks their grants, compiles and links their components. One thread. `files`
/// and `hosts` outlive it; it owns the engine, which outlives every program it made.
class Loader {
 public:
  struct Options {
    wasm::FuelMode fuel = wasm::FuelMode::kOff;
    wasm::Allocation allocation = wasm::Allocation::kPooled;
    std::string compile_cache;  // directory; "" = none
  };
  static Result<std::unique_ptr<Loader>> create(io::FileSystem& files, const hosts::AllHosts& hosts,
                                                const Options& options);

  /// The whole way for one manifest. Each refusal is one sentence that names the place.
  Result<LoadedActor> load(actor::Manifest manifest);
  wasm::Engine& engine() { return *engine_; }

 private:
  Loader(io::FileSystem& files, const hosts::AllHosts& hosts, const Options& options,
         std::unique_ptr<wasm::Engine> engine);
  io::FileSystem& files_;
  const hosts::AllHosts& hosts_;
  std::string compile_cache_;
  std::unique_ptr<wasm::Engine> engine_;
};

/// Reads several manifests; refuses two of one name.
Result<std::vector<actor::Manifest>> load_manifests(io::FileSystem& files,
                                                    const std::vector<std::string>& paths,
                                                    const actor::Variables& variables);

/// On if any of the manifests limits fuel: one setting a node, since it changes generated code.
wasm::FuelMode fuel_mode(const std::vector<actor::Manifest>& manifests);

}  // namespace theater::node
