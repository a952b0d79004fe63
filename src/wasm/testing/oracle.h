// For tests: one component in this engine and in wasmtime's own component implementation, side by
// side in one process.
#pragma once

#include <wasmtime/component.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wasm/testing/echo_component.h"
#include "wasm/testing/guest_kit.h"
#include "wasm/testing/oracle_argument.h"
#include "wasm/testing/oracle_result.h"

namespace theater::wasm::testing {

inline constexpr std::string_view kEncodings[] = {"utf8", "utf16", "latin1+utf16"};

inline void must(wasmtime_error_t* error, const std::string& what) {
  if (error == nullptr) return;
  wasm_name_t message;
  wasmtime_error_message(error, &message);
  ADD_FAILURE() << what << ": " << text_of(message);
  wasm_name_delete(&message);
  wasmtime_error_delete(error);
}

inline wasmtime_error_t* pong(void*, wasmtime_context_t*, const wasmtime_component_func_type_t*,
                              wasmtime_component_val_t* arguments, size_t,
                              wasmtime_component_val_t* results, size_t) {
  results[0] = arguments[0];  // moved: a bool owns nothing
  arguments[0].kind = WASMTIME_COMPONENT_BOOL;
  return nullptr;
}

inline wasm_engine_t* make_oracle_engine() {
  wasm_config_t* config = wasm_config_new();
  wasmtime_config_parallel_compilation_set(config, false);  // see engine.cc, thread sanitizer
  return wasm_engine_new_with_config(config);
}

/// The component in wasmtime's own implementation; its import `ping` answers its argument.
class Oracle {
 public:
  explicit Oracle(ByteSpan component) {
    static wasm_engine_t* const engine = make_oracle_engine();
    engine_ = engine;
    must(wasmtime_component_new(engine, component.data(), component.size(), &component_), "load");
    linker_ = wasmtime_component_linker_new(engine);
    wasmtime_component_linker_instance_t* root = wasmtime_component_linker_root(linker_);
    must(wasmtime_component_linker_instance_add_func(root, "ping", 4, pong, nullptr, nullptr),
         "define");
    wasmtime_component_linker_instance_delete(root);
    restart();
  }
  ~Oracle() {
    wasmtime_store_delete(store_);
    wasmtime_component_linker_delete(linker_);
    wasmtime_component_delete(component_);
  }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  /// A new instance with fresh memory.
  void restart() {
    if (store_ != nullptr) wasmtime_store_delete(store_);
    store_ = wasmtime_store_new(engine_, nullptr, nullptr);
    context_ = wasmtime_store_context(store_);
    must(wasmtime_component_linker_instantiate(linker_, context_, component_, &instance_), "make");
  }

  /// The result, or nothing if the call traps.
  std::optional<Value> call(std::string_view name, const std::vector<Value>& values,
                            const FunctionType& type) {
    wasmtime_component_export_index_t* index = wasmtime_component_instance_get_export_index(
        &instance_, context_, nullptr, name.data(), name.size());
    wasmtime_component_func_t function;
    EXPECT_TRUE(wasmtime_component_instance_get_func(&instance_, context_, index, &function));
    wasmtime_component_export_index_delete(index);
    std::vector<wasmtime_component_val_t> arguments;
    for (std::size_t i = 0; i < values.size(); ++i) {
      arguments.push_back(to_oracle(values[i], type.parameters[i].type));
    }
    wasmtime_component_val_t result{};
    wasmtime_error_t* error = wasmtime_component_func_call(&function, context_, arguments.data(),
                                                           arguments.size(), &result, 1);
    for (wasmtime_component_val_t& argument : arguments) wasmtime_component_val_delete(&argument);
    if (error != nullptr) {
      wasmtime_error_delete(error);
      return std::nullopt;
    }
    Value answer = from_oracle(result, *type.result);
    wasmtime_component_val_delete(&result);
    return answer;
  }

 private:
  wasm_engine_t* engine_ = nullptr;
  wasmtime_component_linker_t* linker_ = nullptr;
  wasmtime_component_t* component_ = nullptr;
  wasmtime_store_t* store_ = nullptr;
  wasmtime_context_t* context_ = nullptr;
  wasmtime_component_instance_t instance_{};
};

/// The same component in both: echo_component(type, encoding).
class Pair {
 public:
  Pair(const Type& type, std::string_view encoding)
      : text_(echo_component(type, encoding)), guest_(text_), oracle_(from_wat(text_)) {
    EXPECT_NE(guest_.component, nullptr) << guest_.error.message << "\n" << text_;
    guest_.imports.functions["ping"] = [](const std::vector<Value>& arguments) {
      return ScriptedImports::Answer{ImportOutcome::kReturn, arguments[0], ""};
    };
    EXPECT_EQ(guest_.open(), "");
  }

  /// New instances: the component's allocator frees nothing, and a trap ends an instance.
  void restart() {
    EXPECT_EQ(guest_.open(), "");
    oracle_.restart();
  }

  std::optional<Value> ours(std::string_view name, const std::vector<Value>& values) {
    const FunctionType& type = type_of(name);
    const Bytes arguments = encode_arguments(values, type).value();
    const ByteSpan piece = arguments;
    guest_.instance->start(*guest_.component->find_export(name), {&piece, 1});
    EXPECT_EQ(guest_.instance->poll(), CallState::kDone);
    const std::expected<Bytes, Trap> result = guest_.instance->take_result();
    if (!result) return std::nullopt;
    const Result<Value> value = decode(*result, *type.result);
    EXPECT_TRUE(value.has_value()) << value.error().message;
    return *value;
  }
  std::optional<Value> theirs(std::string_view name, const std::vector<Value>& values) {
    return oracle_.call(name, values, type_of(name));
  }
  const FunctionType& type_of(std::string_view name) {
    return guest_.component->exports()[*guest_.component->find_export(name)].type;
  }

 private:
  std::string text_;
  Guest guest_;
  Oracle oracle_;
};

}  // namespace theater::wasm::testing
