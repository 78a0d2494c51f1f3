#include "harness/axis_values.hpp"

#include <gtest/gtest.h>

#include "harness/error.hpp"

namespace motley {
namespace {

using schema::Value;
std::int64_t n(long value) {
  return value;
}

TEST(AxisValues, Lists) {
  const AxisValues read = parse_axis_values("store=cached,non_temporal");
  EXPECT_EQ(read.axis, "store");
  EXPECT_EQ(read.values, (std::vector<Value>{"cached", "non_temporal"}));
  EXPECT_EQ(parse_axis_values("x=1,2.5,a").values, (std::vector<Value>{n(1), 2.5, "a"}));
}

TEST(AxisValues, Ranges) {
  EXPECT_EQ(parse_axis_values("bytes=16K..256K*4").values,
            (std::vector<Value>{n(16384), n(65536), n(262144)}));
  EXPECT_EQ(parse_axis_values("n=1..7+3").values, (std::vector<Value>{n(1), n(4), n(7)}));
  EXPECT_EQ(parse_axis_values("r=0..0.5+0.1").values,
            (std::vector<Value>{0.0, 0.1, 0.2, 0.3, 0.4, 0.5}));
  EXPECT_EQ(parse_axis_values("n=5,1..4*2").values, (std::vector<Value>{n(5), n(1), n(2), n(4)}));
}

TEST(AxisValues, RefusesWithTheGrammar) {
  for (const char* text : {"", "=1", "axis", "axis=", "a=1,,2", "a=1..4", "a=4..1+1", "a=1..4*1",
                           "a=1..4+0", "a=0..4*2", "a=x..y+1", "a=1..1G+1", "a=1..4*", "a=1,"}) {
    try {
      parse_axis_values(text);
      FAIL() << "accepted: " << text;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("axis=a..b*m"), std::string::npos);
    }
  }
}

TEST(AxisValues, HugeNumbersStayTextOrBecomeDoubles) {
  EXPECT_EQ(parse_value("9223372036854775807"), Value(INT64_MAX));
  EXPECT_EQ(parse_value("9223372036854775807G"), Value("9223372036854775807G"));
  EXPECT_EQ(parse_value("1e400"), Value("1e400"));
}

}  // namespace
}  // namespace motley
