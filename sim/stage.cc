// Stage: compiled once, used by every seed.
#include "sim/stage.h"

#include "hosts/operation/family.h"
#include "hosts/runtime/family.h"
#include "hosts/timer/family.h"
#include "io/posix_file.h"

namespace theater::sim {
namespace {

constexpr std::uint64_t kComponentBytesMax = 16u << 20;

}  // namespace

Stage::Stage() : sockets_(Sockets::bind()), programs_(Programs::bind()), shelf_(Shelf::bind()) {
  families_.push_back(hosts::runtime::make_family());
  families_.push_back(hosts::timer::make_family());
  families_.push_back(hosts::operation::make_family());
  for (const auto& family : families_) infos_.push_back(&family->info());
  infos_.push_back(&sockets_.info());
  infos_.push_back(&programs_.info());
  infos_.push_back(&shelf_.info());
}

Result<std::unique_ptr<Stage>> Stage::create(const std::string& component_path,
                                             const std::string& compile_cache) {
  std::unique_ptr<Stage> stage(new Stage);
  const auto files = io::make_posix_file_system();
  TRY_OK(files->make_directories(compile_cache));
  TRY(stage->component_, io::read_file(*files, component_path, kComponentBytesMax));
  stage->compile_cache_ = compile_cache;
  wasm::EngineOptions options;
  options.fuel = wasm::FuelMode::kOn;
  options.ticking = wasm::Ticking::kManual;
  options.core_instances_max = 256;
  options.memories_max = 64;
  options.tables_max = 128;
  options.stacks_max = 64;
  TRY(stage->engine_, wasm::Engine::create(options));
  TRY(auto component, wasm::Component::load(*stage->engine_, stage->component_, compile_cache));
  TRY(stage->program_,
      actor::Program::link(
          std::move(component),
          {stage->infos_, std::vector<bool>(stage->infos_.size(), true), "the simulation"}));
  return stage;
}

}  // namespace theater::sim
