// The versions this program was built with.
#include "node/versions.h"

#include "store/node_directory.h"
#include "wasm/engine.h"

namespace theater::node {
namespace {

constexpr const char* kContract = "theater:actor@0.1.0";

/// The first part of the determinism profile: "wasmtime 48.0.8".
std::string engine_version() {
  const auto engine = wasm::Engine::create({.allocation = wasm::Allocation::kOnDemand});
  if (!engine) return engine.error().message;
  const std::string& profile = (*engine)->determinism_profile();
  return profile.substr(0, profile.find(';'));
}

}  // namespace

Versions versions() {
  return {THEATER_VERSION, engine_version(), kContract, store::kFormatVersion};
}

}  // namespace theater::node
