// canonical_abi: what it costs to lower and lift lists of values, without a guest: nanoseconds an
// element, the best of several rounds, as JSON lines.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "wasm/abi.h"
#include "wasm/binary.h"

namespace {

using namespace theater;
using namespace theater::wasm;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 50;
constexpr std::size_t kMemoryBytes = 64 << 20;

/// Memory with an allocator that only counts up.
class Bump : public GuestMemory {
 public:
  std::span<std::uint8_t> memory() override { return bytes_; }
  TrapOr<std::uint32_t> realloc(const ReallocRequest& request) override {
    const std::uint32_t mask = request.alignment - 1;
    const std::uint32_t pointer = (next_ + mask) & ~mask;
    next_ = pointer + request.new_size;
    return pointer;
  }
  void reset() { next_ = 16; }

 private:
  std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(kMemoryBytes);
  std::uint32_t next_ = 16;
};

double nanoseconds_each(Clock::time_point start, std::size_t count) {
  const std::chrono::duration<double, std::nano> spent = Clock::now() - start;
  return spent.count() / static_cast<double>(count);
}

/// A list of `count` times `element`, through memory and back.
bool measure(const std::string& name, const Type& type, const Value& element, std::size_t count) {
  const auto layout = FunctionLayout::compile({{{"list", Type::list(type)}}, std::nullopt});
  const auto one = encode(element, type);
  if (!layout || !one) return false;
  Bytes binary;
  BinaryWriter(binary).unsigned_number(count);
  for (std::size_t i = 0; i < count; ++i) append(binary, *one);
  const ByteSpan piece = binary;

  Bump memory;
  double lower = 1e9;
  double lift = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    memory.reset();
    CoreValue core[2];
    Bytes lifted;
    auto start = Clock::now();
    if (!lower_arguments(*layout, {&piece, 1}, {&memory}, core)) return false;
    lower = std::min(lower, nanoseconds_each(start, count));
    start = Clock::now();
    if (!lift_arguments(*layout, core, {&memory}, lifted)) return false;
    lift = std::min(lift, nanoseconds_each(start, count));
    if (lifted != binary) return false;
  }
  fmt::print("{{\"element\": \"{}\", \"count\": {}, \"lower_ns\": {:.2f}, \"lift_ns\": {:.2f}}}\n",
             name, count, lower, lift);
  return true;
}

}  // namespace

int main() {
  const Type bytes = Type::list(Kind::kU8);
  const Type record = Type::record({{"id", Type(Kind::kU64)},
                                    {"size", Type(Kind::kU32)},
                                    {"kind", Type::enumeration({"text", "binary"})}});
  const Type event =
      Type::record({{"id", Type(Kind::kU64)},
                    {"payload", Type::variant({{"opened", std::nullopt}, {"message", bytes}})}});
  const Value small(Value::Items{Value(300u), Value(70'000u), Value::choice(1)});
  const Value message(Value::Items{Value(300u), Value::choice(1, Value(Bytes(64, 1)))});
  const bool done =
      measure("u8", Kind::kU8, Value(std::uint8_t{3}), 1 << 20) &&
      measure("u32", Kind::kU32, Value(70'000u), 1 << 16) &&
      measure("f64", Kind::kF64, Value(0.1), 1 << 16) &&
      measure("string of 24 bytes", Kind::kString, Value("twenty-four bytes of it"), 1 << 12) &&
      measure("record of three scalars", record, small, 1 << 10) &&
      measure("event with 64 bytes", event, message, 256);
  return done ? 0 : 1;
}
