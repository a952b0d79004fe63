// Values of databases and redis are read by kind: NULL, another kind, a column or a reply that is
// not there are nothing, never something else.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "theater/database.h"
#include "theater/redis.h"

namespace theater {
namespace {

class RowsTest : public testing::Test {
 protected:
  Rows rows() {
    lists_.assign(values_.begin(), values_.end());
    actor::database_types::Rows made{};
    made.columns = columns_;
    made.rows = lists_;
    made.changed = 3;
    return made;
  }
  std::vector<wit::String> columns_{"number", "body"};
  std::vector<std::vector<Value>> values_{{to_value(-1), to_value("one")},
                                          {to_value(nullptr), to_value(nullptr)}};

 private:
  std::vector<wit::List<Value>> lists_;
};

TEST_F(RowsTest, AreReadByNameAndByPlace) {
  const Rows all = rows();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["number"].integer(), -1);
  EXPECT_EQ(all[0][1].text(), "one");
  EXPECT_EQ(all[0]["body"].get<std::string>(), "one");
  EXPECT_EQ(all.changed(), 3u);
  EXPECT_EQ(all.last_id(), std::nullopt);
  std::size_t seen = 0;
  for (const Row& row : all) seen += row.size();
  EXPECT_EQ(seen, 4u);
}

TEST_F(RowsTest, NullIsNothingOfAnyKind) {
  const Cell null = rows()[1]["body"];
  EXPECT_TRUE(null.is_null());
  EXPECT_FALSE(null.is_missing());
  EXPECT_EQ(null.text(), std::nullopt);
  EXPECT_EQ(null.integer(), std::nullopt);
  EXPECT_EQ(null.get<std::string_view>().value_or("-"), "-");
}

TEST_F(RowsTest, ThePlacesBeyondAreMissing) {
  const Rows all = rows();
  for (const Cell cell :
       {all[0][2], all[0]["color"], all[2][0], Rows()[0][0], Results({})[0][0][0]}) {
    EXPECT_TRUE(cell.is_missing());
    EXPECT_FALSE(cell.is_null());
    EXPECT_EQ(cell.integer(), std::nullopt);
    EXPECT_TRUE(cell.value().is_null());
  }
}

TEST_F(RowsTest, NumbersOutOfRangeAreNothing) {
  const Cell cell = rows()[0]["number"];
  EXPECT_EQ(cell.get<std::int8_t>(), -1);
  EXPECT_EQ(cell.get<std::uint64_t>(), std::nullopt);
  EXPECT_EQ(cell.get<bool>(), std::nullopt);
  EXPECT_EQ(cell.get<double>(), std::nullopt);
}

TEST_F(RowsTest, EachKindAnswersItsOwnGetterOnly) {
  const std::uint8_t byte = 7;
  const std::vector<Value> kinds{
      Value::make_boolean(true),   Value::make_integer(1), Value::make_double(1.5),
      Value::make_decimal("1.50"), Value::make_text("t"),  Value::make_blob({&byte, 1}),
      Value::make_date(2),         Value::make_time_us(3), Value::make_timestamp_us(4),
      Value::make_uuid("u"),       Value::make_json("{}"), Value::make_other({"point", "(1,2)"})};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const Cell cell(&kinds[i]);
    const bool answers[] = {
        cell.boolean().has_value(), cell.integer().has_value(), cell.real().has_value(),
        cell.decimal().has_value(), cell.text().has_value(),    cell.blob().has_value(),
        cell.date().has_value(),    cell.time_us().has_value(), cell.timestamp_us().has_value(),
        cell.uuid().has_value(),    cell.json().has_value(),    cell.other().has_value()};
    for (std::size_t k = 0; k < std::size(answers); ++k) EXPECT_EQ(answers[k], k == i) << i << k;
  }
  EXPECT_EQ(Cell(&kinds.back()).other()->second, "(1,2)");
}

BytesView bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(RedisReplyTest, ArraysHoldWhatBelongsToThem) {
  const std::vector<RedisValue> values{
      RedisValue::make_text("OK"), RedisValue::make_array(3),   RedisValue::make_blob(bytes("a")),
      RedisValue::make_array(2),   RedisValue::make_integer(1), RedisValue::make_nil(),
      RedisValue::make_array(0),   RedisValue::make_integer(9)};
  const RedisReplies replies{wit::List<RedisValue>(values)};
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_EQ(replies[0].text(), "OK");
  EXPECT_EQ(replies[0].string(), std::nullopt);
  ASSERT_EQ(replies[1].size(), 3u);
  EXPECT_EQ(replies[1][0].string(), "a");
  EXPECT_EQ(replies[1][1][0].integer(), 1);
  EXPECT_TRUE(replies[1][1][1].is_nil());
  EXPECT_EQ(replies[1][1][1].integer(), std::nullopt);
  EXPECT_TRUE(replies[1][2].is_array());
  EXPECT_EQ(replies[1][2].size(), 0u);
  EXPECT_EQ(replies[2].integer(), 9);
  EXPECT_TRUE(replies[3].is_missing());
  EXPECT_EQ(replies[3].text(), std::nullopt);
  EXPECT_EQ(replies.failure(), std::nullopt);
}

TEST(RedisReplyTest, AFailureIsFoundWithinATransaction) {
  const std::vector<RedisValue> values{RedisValue::make_array(2), RedisValue::make_text("OK"),
                                       RedisValue::make_failure("WRONGTYPE")};
  const RedisReplies replies{wit::List<RedisValue>(values)};
  EXPECT_EQ(replies.failure(), "WRONGTYPE");
  EXPECT_EQ(replies[0].failure(), std::nullopt);
  EXPECT_EQ(replies[0][1].failure(), "WRONGTYPE");
}

TEST(RedisReplyTest, ACountThatLiesEndsWithTheList) {
  const std::vector<RedisValue> values{RedisValue::make_array(4'000'000'000),
                                       RedisValue::make_array(4'000'000'000)};
  const RedisReplies replies{wit::List<RedisValue>(values)};
  EXPECT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].size(), 1u);
  EXPECT_EQ(replies[0][0].size(), 0u);
}

}  // namespace
}  // namespace theater
