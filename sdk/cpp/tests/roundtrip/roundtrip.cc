// A guest that answers each call with what the host answers to the same call.
#include "theater/bindings.h"

namespace kinds = theater::roundtrip::kinds;

class Roundtrip : public kinds::Guest {
  using Numbers = theater::wit::Tuple<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t,
                                      std::uint32_t, std::int32_t, std::uint64_t, std::int64_t>;
  using Reals = theater::wit::Tuple<float, double>;
  using Cell = theater::wit::Tuple<char32_t, std::uint64_t>;
  using Grid = theater::wit::List<theater::wit::List<Cell>>;
  using Text = theater::wit::String;
  template <class T>
  using List = theater::wit::List<T>;
  template <class T, class E>
  using Result = theater::wit::Result<T, E>;
  using MaybeText = theater::wit::Option<Text>;

  Numbers numbers(std::uint8_t a, std::int8_t b, std::uint16_t c, std::int16_t d, std::uint32_t e,
                  std::int32_t f, std::uint64_t g, std::int64_t h) override {
    return kinds::numbers(a, b, c, d, e, f, g, h);
  }
  Reals reals(float a, double b) override { return kinds::reals(a, b); }
  bool truth(bool value) override { return kinds::truth(value); }
  char32_t letter(char32_t value) override { return kinds::letter(value); }
  std::int8_t small(std::int8_t value) override { return kinds::small(value); }
  std::uint16_t medium(std::uint16_t value) override { return kinds::medium(value); }
  Text text(Text value) override { return kinds::text(value); }
  List<std::uint8_t> blob(List<std::uint8_t> value) override { return kinds::blob(value); }
  List<Text> strings(List<Text> value) override { return kinds::strings(value); }
  kinds::Point same_point(const kinds::Point& value) override { return kinds::same_point(value); }
  List<kinds::Point> same_points(List<kinds::Point> value) override {
    return kinds::same_points(value);
  }
  kinds::Narrow same_narrow(const kinds::Narrow& value) override {
    return kinds::same_narrow(value);
  }
  kinds::Colour same_colour(kinds::Colour value) override { return kinds::same_colour(value); }
  kinds::Access same_access(kinds::Access value) override { return kinds::same_access(value); }
  kinds::Many same_many(kinds::Many value) override { return kinds::same_many(value); }
  kinds::Most same_most(kinds::Most value) override { return kinds::same_most(value); }
  kinds::Shape same_shape(const kinds::Shape& value) override { return kinds::same_shape(value); }
  kinds::Light same_light(const kinds::Light& value) override { return kinds::same_light(value); }
  kinds::Mixed same_mixed(const kinds::Mixed& value) override { return kinds::same_mixed(value); }
  List<kinds::Light> lights(List<kinds::Light> value) override { return kinds::lights(value); }
  kinds::Nest same_nest(const kinds::Nest& value) override { return kinds::same_nest(value); }
  MaybeText maybe(const MaybeText& value) override { return kinds::maybe(value); }
  Result<void, void> empty(const Result<void, void>& value) override { return kinds::empty(value); }
  Result<std::uint8_t, void> half(const Result<std::uint8_t, void>& value) override {
    return kinds::half(value);
  }
  Result<void, Text> other_half(const Result<void, Text>& value) override {
    return kinds::other_half(value);
  }
  Result<float, std::uint64_t> both(const Result<float, std::uint64_t>& value) override {
    return kinds::both(value);
  }
  kinds::Wide same_wide(const kinds::Wide& value, List<std::uint16_t> more, bool last) override {
    return kinds::same_wide(value, more, last);
  }
  Grid grid(Grid value) override { return kinds::grid(value); }
  void nothing() override { kinds::nothing(); }
};

THEATER_WIT_EXPORT(Roundtrip);
