// Values of every type go through a guest and its host calls unchanged: in the guest by the written
// bindings, in the host by the engine.
#include <gtest/gtest.h>

#include "io/posix_file.h"
#include "wasm/binary.h"
#include "wasm/instance.h"
#include "wasm/testing/random_value.h"
#include "wasm/wave.h"

namespace theater::wasm {
namespace {

constexpr int kValuesPerFunction = 50;
constexpr std::uint64_t kSeed = 20;
constexpr std::uint64_t kComponentBytesMax = 1 << 20;

/// Answers each call with the value it was called with, and remembers what that was.
class Mirror : public ImportHandler {
 public:
  explicit Mirror(const Component& component) : component_(component) {}

  ImportOutcome call_import(std::size_t import, ByteSpan arguments, Bytes& result) override {
    name = component_.imports()[import].name;
    seen = to_bytes(arguments);
    result = answer;
    return ImportOutcome::kReturn;
  }

  std::string name;
  Bytes seen;
  Bytes answer;

 private:
  const Component& component_;
};

class RoundtripTest : public ::testing::Test {
 protected:
  void SetUp() override {
    EngineOptions options;
    options.allocation = Allocation::kOnDemand;
    engine_ = std::move(Engine::create(options)).value();
    const auto files = io::make_posix_file_system();
    const Bytes bytes = io::read_file(*files, THEATER_ROUNDTRIP, kComponentBytesMax).value();
    auto loaded = Component::load(*engine_, bytes, "");
    ASSERT_TRUE(loaded) << loaded.error().message;
    component_ = *loaded;
    const std::vector<ImportMode> modes(component_->imports().size(), ImportMode::kImmediate);
    linked_ = LinkedComponent::link(component_, modes).value();
    mirror_ = std::make_unique<Mirror>(*component_);
    instance_ = Instance::create(linked_, InstanceLimits{}, *mirror_).value();
  }

  /// Calls an export with the arguments, which the mirror answers with `answer`.
  void expect_unchanged(std::size_t index, const Bytes& arguments, const Bytes& answer) {
    const std::string& name = component_->exports()[index].name;
    mirror_->answer = answer;
    const ByteSpan piece = arguments;
    instance_->start(index, {&piece, 1});
    while (instance_->poll() != CallState::kDone) {
    }
    const auto result = instance_->take_result();
    ASSERT_TRUE(result) << name << ": " << result.error().message;
    EXPECT_EQ(mirror_->name, name);
    EXPECT_EQ(mirror_->seen, arguments) << name;
    EXPECT_EQ(*result, answer) << name;
  }

  std::unique_ptr<Engine> engine_;
  std::shared_ptr<const Component> component_;
  std::shared_ptr<const LinkedComponent> linked_;
  std::unique_ptr<Mirror> mirror_;
  std::unique_ptr<Instance> instance_;
};

TEST_F(RoundtripTest, EveryFunction) {
  testing::RandomValues random(kSeed);
  ASSERT_EQ(component_->exports().size(), 29u);
  ASSERT_EQ(component_->imports().size(), 29u);
  for (std::size_t index = 0; index < component_->exports().size(); ++index) {
    const FunctionType& type = component_->exports()[index].type;
    for (int round = 0; round < kValuesPerFunction && !HasFailure(); ++round) {
      SCOPED_TRACE(::testing::Message() << "seed " << kSeed << ", round " << round);
      const std::vector<Value> values = random.arguments(type);
      const Bytes arguments = encode_arguments(values, type).value();
      // The result has the type of the first parameter, or of all of them as a tuple.
      Bytes answer;
      if (type.result) {
        const bool is_first = *type.result == type.parameters.front().type;
        answer = is_first ? encode(values.front(), *type.result).value() : arguments;
      }
      expect_unchanged(index, arguments, answer);
    }
  }
}

}  // namespace
}  // namespace theater::wasm
