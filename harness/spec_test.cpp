#include "harness/spec.hpp"

#include <gtest/gtest.h>

#include "harness/error.hpp"

namespace motley {
namespace {

const std::vector<SpecParameter> declared{{"rate", "Queries a second", 100.0, 1e-3, 1e9},
                                          {"count", "Queries", std::int64_t{0}, 0, 1e9},
                                          {"file", "Of times", std::string()}};

TEST(Spec, TakesTheDeclaredTypeAndFallsBack) {
  const Spec spec("server", "count=2K,rate=50", declared);
  EXPECT_EQ(spec.number("rate"), 50.0);
  EXPECT_EQ(spec.integer("count"), 2048);
  EXPECT_EQ(spec.text("file"), "");
  EXPECT_EQ(spec.canonical(), "server:count=2048,rate=50");
  EXPECT_THROW(spec.integer("rate"), Error);
}

TEST(Spec, OneMeaningHasOneSpelling) {
  EXPECT_EQ(Spec("server", "rate=100", declared).canonical(), "server");
  EXPECT_EQ(Spec("server", "", declared).canonical(), "server");
  EXPECT_TRUE(Spec("server", "rate=5", declared).given("rate"));
  EXPECT_FALSE(Spec("server", "", declared).given("rate"));
}

TEST(Spec, AValueMayHoldCommas) {
  for (const std::string text : {"file=cpu:0,1,rate=5", "rate=5,file=cpu:0,1"}) {
    const Spec spec("server", text, declared);
    EXPECT_EQ(spec.text("file"), "cpu:0,1") << text;
    EXPECT_EQ(spec.number("rate"), 5) << text;
    EXPECT_EQ(spec.canonical(), "server:file=cpu:0,1,rate=5") << text;
  }
}

TEST(Spec, RefusesWhatItCannotMean) {
  for (const char* bad : {"rat=5", "rate", "rate=", "rate=fast", "rate=-1", "rate=nan", "rate=inf",
                          "count=1.5", "count=-1", "rate=1,rate=2", "rate=1,count", "rate=1,2",
                          "rate=1,,count=1", "file=x,rate", "file=", "=5", ","}) {
    EXPECT_THROW(Spec("server", bad, declared), BadArgument) << bad;
  }
  EXPECT_THROW(split_spec(":rate=1"), BadArgument);
  EXPECT_EQ(split_spec("trace:file=a:b").second, "file=a:b");
}

}  // namespace
}  // namespace motley
