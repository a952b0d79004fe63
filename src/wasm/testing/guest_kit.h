// For tests: components written as text, run with values written as WAVE.
#pragma once

#include <gtest/gtest.h>
#include <wasmtime.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wasm/binary.h"
#include "wasm/component.h"
#include "wasm/instance.h"
#include "wasm/wave.h"

namespace theater::wasm::testing {

/// Component (or module) text to bytes. Fails the test on bad text.
inline Bytes from_wat(std::string_view text) {
  wasm_byte_vec_t bytes{};
  wasmtime_error_t* error = wasmtime_wat2wasm(text.data(), text.size(), &bytes);
  if (error != nullptr) {
    wasm_name_t message;
    wasmtime_error_message(error, &message);
    ADD_FAILURE() << std::string(message.data, message.size) << "\n" << text;
    wasm_name_delete(&message);
    wasmtime_error_delete(error);
    return {};
  }
  Bytes result(bytes.data, bytes.data + bytes.size);
  wasm_byte_vec_delete(&bytes);
  return result;
}

inline std::unique_ptr<Engine> make_engine(EngineOptions options = {}) {
  options.allocation = Allocation::kOnDemand;
  options.ticking = Ticking::kManual;
  Result<std::unique_ptr<Engine>> engine = Engine::create(options);
  EXPECT_TRUE(engine.has_value());
  return *std::move(engine);
}

/// One engine for the tests that change no setting; its clock never moves.
inline Engine& shared_engine() {
  static const std::unique_ptr<Engine> engine = make_engine();
  return *engine;
}

/// Imports by name: a function from arguments (as Values) to an outcome.
struct ScriptedImports final : ImportHandler {
  struct Answer {
    ImportOutcome outcome = ImportOutcome::kReturn;
    std::optional<Value> value;
    std::string trap;
  };
  using Function = std::function<Answer(const std::vector<Value>&)>;

  ImportOutcome call_import(std::size_t import, ByteSpan arguments, Bytes& result) override {
    const ImportFunction& function = component->imports()[import];
    const auto values = decode_arguments(arguments, function.type);
    EXPECT_TRUE(values.has_value()) << values.error().message;
    const auto found = functions.find(function.name);
    if (!values || found == functions.end()) {
      result = to_bytes(as_bytes("no such import in the test: " + function.name));
      return ImportOutcome::kTrap;
    }
    Answer answer = found->second(*values);
    if (answer.outcome == ImportOutcome::kTrap) result = to_bytes(as_bytes(answer.trap));
    const bool returns =
        answer.outcome == ImportOutcome::kReturn || answer.outcome == ImportOutcome::kYield;
    if (returns && answer.value) {
      result = encode(*answer.value, *function.type.result).value();
    }
    return answer.outcome;
  }
  void drop_resource(std::size_t resource, std::uint64_t representation) override {
    dropped.emplace_back(resource, representation);
  }

  const Component* component = nullptr;
  std::map<std::string, Function> functions;
  std::vector<std::pair<std::size_t, std::uint64_t>> dropped;
};

/// A component with its instance.
struct Guest {
  explicit Guest(std::string_view text, Engine& engine = shared_engine(),
                 ImportMode mode = ImportMode::kMaySuspend) {
    Result<std::shared_ptr<const Component>> loaded = Component::load(engine, from_wat(text), "");
    if (!loaded) {
      error = loaded.error();
      return;
    }
    component = *loaded;
    imports.component = component.get();
    const std::vector<ImportMode> modes(component->imports().size(), mode);
    auto linked_component = LinkedComponent::link(component, modes);
    EXPECT_TRUE(linked_component.has_value()) << linked_component.error().message;
    linked = *linked_component;
  }

  /// Makes the instance (once the imports are scripted). Answers the error, if any.
  std::string open(const InstanceLimits& limits = {}) {
    if (!linked) return error.message;
    Result<std::unique_ptr<Instance>> made = Instance::create(linked, limits, imports);
    if (!made) return made.error().message;
    instance = *std::move(made);
    return "";
  }

  void start(std::string_view function, const std::vector<std::string>& wave) {
    if (!instance) EXPECT_EQ(open(), "");
    const std::optional<std::size_t> index = component->find_export(function);
    ASSERT_TRUE(index.has_value()) << function;
    const FunctionType& type = component->exports()[*index].type;
    ASSERT_EQ(wave.size(), type.parameters.size());
    current = *index;
    arguments.clear();
    for (std::size_t i = 0; i < wave.size(); ++i) {
      const Result<Value> value = from_wave(wave[i], type.parameters[i].type);
      ASSERT_TRUE(value.has_value()) << value.error().message;
      append(arguments, encode(*value, type.parameters[i].type).value());
    }
    const ByteSpan piece = arguments;
    instance->start(*index, {&piece, 1});
  }

  /// The result as WAVE, "-" if there is none, or "trap KIND: message".
  std::string result() {
    const std::expected<Bytes, Trap> bytes = instance->take_result();
    if (!bytes) {
      trap = bytes.error();
      return fmt::format("trap {}: {}", trap_kind_name(trap.kind), trap.message);
    }
    const FunctionType& type = component->exports()[current].type;
    if (!type.result) return bytes->empty() ? "-" : "bytes without a result";
    const Result<Value> value = decode(*bytes, *type.result);
    return value ? to_wave(*value, *type.result) : "bad result: " + value.error().message;
  }

  /// Calls to the end; an unexpected suspension or slice end is reported as such.
  std::string call(std::string_view function, const std::vector<std::string>& wave = {}) {
    start(function, wave);
    switch (instance->poll()) {
      case CallState::kDone:
        return result();
      case CallState::kSuspended:
        return "suspended";
      case CallState::kYielded:
        return "yielded";
    }
    return "";
  }

  Error error;
  std::shared_ptr<const Component> component;
  std::shared_ptr<const LinkedComponent> linked;
  ScriptedImports imports;
  std::unique_ptr<Instance> instance;
  std::size_t current = 0;
  Bytes arguments;
  Trap trap;
};

/// A core module that allocates upwards and never frees: memory, realloc and reset.
inline constexpr std::string_view kAllocator = R"(
  (core module $libc
    (memory (export "memory") 1)
    (global $p (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32)
        (result i32)
      (local $r i32)
      (local.set $r (i32.and
        (i32.add (global.get $p) (i32.sub (local.get $align) (i32.const 1)))
        (i32.xor (i32.sub (local.get $align) (i32.const 1)) (i32.const -1))))
      (global.set $p (i32.add (local.get $r) (local.get $new)))
      (block $enough (loop $grow
        (br_if $enough (i32.le_u (global.get $p) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
        (br $grow)))
      (memory.copy (local.get $r) (local.get $old) (local.get $size))
      (local.get $r))
    (func (export "reset") (global.set $p (i32.const 1024))))
  (core instance $libc (instantiate $libc))
)";

}  // namespace theater::wasm::testing
