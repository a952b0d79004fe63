// An actor is found by its name and by as many digits of its id as make it the only one; what could
// mean two of them is refused, so that no command works on another than was meant.
#include "node/names.h"

#include <gmock/gmock.h>

#include "store/store_fixture.h"

namespace theater::node {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Names : testing::Test {
  store::StoreFixture world;
  std::vector<ActorId> ids;

  /// One more than there are digits: two of the ids begin with the same one.
  void SetUp() override {
    ASSERT_TRUE(world.open());
    for (std::uint64_t number = 1; number <= 17; ++number) {
      world.manifest = fmt::format("name = \"actor-{}\"\n", number);
      ids.push_back(store::TestActor(world, number).id());
    }
    world.step_all();
    world.close();
    ASSERT_TRUE(world.open());
  }
  void TearDown() override { world.close(); }

  const store::ActorHistory& history() { return world.store->history(); }
  std::size_t count(std::string_view digits) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        ids, [&](const ActorId& id) { return id.hex().starts_with(digits); }));
  }
};

TEST_F(Names, AnIdIsMeantByTheDigitsThatNoOtherBeginsWith) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::string digits = ids[i].hex().substr(0, 1);
    while (count(digits) > 1) {
      const auto refused = find_actor(history(), digits);
      ASSERT_FALSE(refused) << digits;
      EXPECT_EQ(refused.error().code, Code::kInvalid);
      digits = ids[i].hex().substr(0, digits.size() + 1);
    }
    const auto found = find_actor(history(), digits);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ((*found)->actor, ids[i]);
    EXPECT_EQ((*find_actor(history(), fmt::format("actor-{}", i + 1)))->actor, ids[i]);
  }
}

TEST_F(Names, WhoIsMeantIsSaid) {
  const auto shared = std::ranges::find_if(
      ids, [&](const ActorId& id) { return count(id.hex().substr(0, 1)) > 1; });
  ASSERT_NE(shared, ids.end());
  const std::string digit = shared->hex().substr(0, 1);
  const std::string name = fmt::format("actor-{}", shared - ids.begin() + 1);
  EXPECT_THAT(find_actor(history(), digit).error().message,
              AllOf(HasSubstr(digit + " begins the ids of "),
                    HasSubstr(fmt::format("{} ({})", name, shared->hex().substr(0, 8))),
                    HasSubstr("; give more digits")));
  EXPECT_EQ(find_actor(history(), "").error().code, Code::kNotFound);
  EXPECT_THAT(find_actor(history(), "").error().message, HasSubstr(names_of(history())));
  EXPECT_THAT(names_of(history()), ::testing::EndsWith(" and 9 others")) << "of 17";
}

}  // namespace
}  // namespace theater::node
