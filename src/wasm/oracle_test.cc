// Every WIT type crosses the boundary exactly as in wasmtime's own component implementation, which
// runs the same component in the same process: the same values come back, the same bytes lie in
// guest memory, the same bytes in guest memory make the same values or trap.
#include <wasmtime/component.h>

#include "wasm/testing/echo_component.h"
#include "wasm/testing/guest_kit.h"
#include "wasm/testing/oracle_argument.h"
#include "wasm/testing/oracle_result.h"
#include "wasm/testing/random_value.h"

namespace theater::wasm {
namespace {

using testing::Guest;
using testing::RandomValues;

constexpr std::string_view kEncodings[] = {"utf8", "utf16", "latin1+utf16"};

void must(wasmtime_error_t* error, const std::string& what) {
  if (error == nullptr) return;
  wasm_name_t message;
  wasmtime_error_message(error, &message);
  ADD_FAILURE() << what << ": " << testing::text_of(message);
  wasm_name_delete(&message);
  wasmtime_error_delete(error);
}

wasmtime_error_t* pong(void*, wasmtime_context_t*, const wasmtime_component_func_type_t*,
                       wasmtime_component_val_t* arguments, size_t,
                       wasmtime_component_val_t* results, size_t) {
  results[0] = arguments[0];  // moved: a bool owns nothing
  arguments[0].kind = WASMTIME_COMPONENT_BOOL;
  return nullptr;
}

wasm_engine_t* make_oracle_engine() {
  wasm_config_t* config = wasm_config_new();
  wasmtime_config_parallel_compilation_set(config, false);  // see engine.cc, thread sanitizer
  return wasm_engine_new_with_config(config);
}

/// The component in wasmtime's own implementation.
class Oracle {
 public:
  explicit Oracle(ByteSpan component) {
    static wasm_engine_t* const engine = make_oracle_engine();
    must(wasmtime_component_new(engine, component.data(), component.size(), &component_), "load");
    wasmtime_component_linker_t* linker = wasmtime_component_linker_new(engine);
    wasmtime_component_linker_instance_t* root = wasmtime_component_linker_root(linker);
    must(wasmtime_component_linker_instance_add_func(root, "ping", 4, pong, nullptr, nullptr),
         "define");
    wasmtime_component_linker_instance_delete(root);
    store_ = wasmtime_store_new(engine, nullptr, nullptr);
    context_ = wasmtime_store_context(store_);
    must(wasmtime_component_linker_instantiate(linker, context_, component_, &instance_), "make");
    wasmtime_component_linker_delete(linker);
  }
  ~Oracle() {
    wasmtime_store_delete(store_);
    wasmtime_component_delete(component_);
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
      arguments.push_back(testing::to_oracle(values[i], type.parameters[i].type));
    }
    wasmtime_component_val_t result{};
    wasmtime_error_t* error = wasmtime_component_func_call(&function, context_, arguments.data(),
                                                           arguments.size(), &result, 1);
    for (wasmtime_component_val_t& argument : arguments) wasmtime_component_val_delete(&argument);
    if (error != nullptr) {
      wasmtime_error_delete(error);
      return std::nullopt;
    }
    Value answer = testing::from_oracle(result, *type.result);
    wasmtime_component_val_delete(&result);
    return answer;
  }

 private:
  wasmtime_component_t* component_ = nullptr;
  wasmtime_store_t* store_ = nullptr;
  wasmtime_context_t* context_ = nullptr;
  wasmtime_component_instance_t instance_{};
};

/// The same component in both.
class Pair {
 public:
  Pair(const Type& type, std::string_view encoding)
      : text_(testing::echo_component(type, encoding)), guest_(text_) {
    EXPECT_NE(guest_.component, nullptr) << guest_.error.message << "\n" << text_;
    guest_.imports.functions["ping"] = [](const std::vector<Value>& arguments) {
      return testing::ScriptedImports::Answer{ImportOutcome::kReturn, arguments[0], ""};
    };
    restart();
  }

  void restart() {
    EXPECT_EQ(guest_.open(), "");
    oracle_ = std::make_unique<Oracle>(testing::from_wat(text_));
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
    return oracle_->call(name, values, type_of(name));
  }
  const FunctionType& type_of(std::string_view name) {
    return guest_.component->exports()[*guest_.component->find_export(name)].type;
  }

 private:
  std::string text_;
  Guest guest_;
  std::unique_ptr<Oracle> oracle_;
};

std::string shown(const std::optional<Value>& value, const Type& type) {
  return value ? to_wave(*value, type) : "trap";
}

/// One list of values of `type` through every export; the raw bytes only where text has one form.
void compare(Pair& pair, const Type& type, RandomValues& random, std::string_view encoding) {
  const Type list = Type::list(type);
  const Value many = random.value(list);
  const Value one = random.value(type);
  EXPECT_EQ(shown(pair.ours("flat", {one}), type), to_wave(one, type));
  EXPECT_EQ(shown(pair.theirs("flat", {one}), type), to_wave(one, type));
  EXPECT_EQ(pair.ours("list", {many}), many);
  EXPECT_EQ(pair.theirs("list", {many}), many);
  if (encoding == "utf8") EXPECT_EQ(pair.ours("raw", {many}), pair.theirs("raw", {many}));
}

/// Random bytes as values: both make the same of them, or both trap.
void compare_cooked(Pair& pair, const Type& type, RandomValues& random) {
  const auto count = static_cast<std::uint32_t>(random.below(3));
  Bytes bytes(count * testing::element_size(type));
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random.below(3) == 0 ? random.below(3) : 0);
  }
  const std::vector<Value> arguments = {Value(bytes), Value(count)};
  const Type& result = *pair.type_of("cook").result;
  const std::optional<Value> ours = pair.ours("cook", arguments);
  const std::optional<Value> theirs = pair.theirs("cook", arguments);
  EXPECT_EQ(shown(ours, result), shown(theirs, result)) << to_hex(bytes);
  if (!ours || !theirs) pair.restart();
}

void compare_all(const Type& type, std::uint64_t seed, int rounds) {
  for (const std::string_view encoding : kEncodings) {
    SCOPED_TRACE(fmt::format("type {}, {}, seed {}", to_wit(type), encoding, seed));
    RandomValues random(seed);
    Pair pair(type, encoding);
    for (int round = 0; round < rounds && !::testing::Test::HasFailure(); ++round) {
      compare(pair, type, random, encoding);
      compare_cooked(pair, type, random);
    }
  }
}

TEST(Oracle, EveryTypeConstructor) {
  const std::vector<std::string> few = {"a", "b", "c"};
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) many.push_back("l" + std::to_string(i));
  const std::vector<std::string> nine(many.begin(), many.begin() + 9);
  const std::vector<std::string> seventeen(many.begin(), many.begin() + 17);
  const std::vector<std::string> all_flags(many.begin(), many.begin() + 32);
  std::vector<Type> types;
  for (int kind = 0; kind <= static_cast<int>(Kind::kString); ++kind) {
    types.emplace_back(static_cast<Kind>(kind));
  }
  const Type pair = Type::record({{"first", Type(Kind::kU8)}, {"second", Type(Kind::kF64)}});
  for (const Type& type : {
           Type::list(Kind::kU8),
           Type::list(Kind::kS64),
           Type::list(Kind::kString),
           pair,
           Type::tuple({Kind::kS8, Kind::kU32, Kind::kString}),
           Type::variant({{"none", {}},
                          {"small", Type(Kind::kU8)},
                          {"wide", Type(Kind::kF64)},
                          {"both", pair},
                          {"text", Type(Kind::kString)}}),
           Type::variant({{"single", Type(Kind::kF32)}, {"whole", Type(Kind::kU32)}}),
           Type::variant({{"long", Type(Kind::kS64)}, {"single", Type(Kind::kF32)}}),
           Type::enumeration(few),
           Type::enumeration(many),
           Type::option(Kind::kU16),
           Type::option(Type::option(Kind::kBool)),
           Type::result({}, {}),
           Type::result(Type(Kind::kString), {}),
           Type::result({}, Type(Kind::kChar)),
           Type::result(Type(Kind::kU64), Type(Kind::kF32)),
           Type::flags(few),
           Type::flags(nine),
           Type::flags(seventeen),
           Type::flags(all_flags),
       }) {
    types.push_back(type);
  }
  for (std::size_t i = 0; i < types.size() && !HasFailure(); ++i) compare_all(types[i], i, 10);
}

TEST(Oracle, RandomNestings) {
  for (std::uint64_t seed = 1; seed <= 40 && !HasFailure(); ++seed) {
    compare_all(RandomValues(seed * 7919).type(4), seed, 6);
  }
}

}  // namespace
}  // namespace theater::wasm
