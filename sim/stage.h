// Stage: what all seeds of one thread share: the engine, the guest's component, the families.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "actor/program.h"
#include "base/bytes.h"
#include "host/family.h"
#include "sim/programs.h"
#include "sim/shelf.h"
#include "sim/sockets.h"
#include "wasm/engine.h"

namespace theater::sim {

/// One thread's. Outlives the worlds made on it.
class Stage {
 public:
  /// `compile_cache` is a directory of the real file system, so that replays need not compile.
  static Result<std::unique_ptr<Stage>> create(const std::string& component_path,
                                               const std::string& compile_cache);

  wasm::Engine& engine() const { return *engine_; }
  const Bytes& component() const { return component_; }
  const std::shared_ptr<const actor::Program>& program() const { return program_; }
  const std::string& compile_cache() const { return compile_cache_; }
  /// Families by index; those of the simulation are not among them, only their bindings are.
  std::span<const actor::FamilyInfo* const> infos() const { return infos_; }
  std::span<const std::unique_ptr<host::Family>> families() const { return families_; }
  const host::Binding<Sockets>& sockets() const { return sockets_; }
  std::size_t sockets_index() const { return families_.size(); }
  const host::Binding<Programs>& programs() const { return programs_; }
  std::size_t programs_index() const { return families_.size() + 1; }
  const host::Binding<Shelf>& shelf() const { return shelf_; }
  std::size_t shelf_index() const { return families_.size() + 2; }

 private:
  Stage();
  Bytes component_;
  std::string compile_cache_;
  std::vector<std::unique_ptr<host::Family>> families_;
  host::Binding<Sockets> sockets_;
  host::Binding<Programs> programs_;
  host::Binding<Shelf> shelf_;
  std::vector<const actor::FamilyInfo*> infos_;
  std::unique_ptr<wasm::Engine> engine_;
  std::shared_ptr<const actor::Program> program_;
};

}  // namespace theater::sim
