#include "harness/load.hpp"

#include <gtest/gtest.h>
#include <set>

#include "harness/error.hpp"

namespace motley {
namespace {

TEST(Loads, EachKindHasANameAndParametersOfItsOwn) {
  std::set<std::string> names;
  for (const LoadKind& kind : load_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_TRUE(kind.make) << kind.name;
    EXPECT_FALSE(kind.summary.empty()) << kind.name;
    EXPECT_NO_THROW(Spec(kind.name, "", kind.parameters)) << kind.name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"allocate", "cache", "cpu", "frames", "io", "memory",
                                          "opencl_compute", "opencl_memory"}));
}

TEST(Loads, HaveOneSpelling) {
  EXPECT_EQ(canonical_loads("none"), "none");
  EXPECT_EQ(canonical_loads(""), "none");
  EXPECT_EQ(canonical_loads("memory:write_gbps=2,read_gbps=5+cpu:duty=0.5"),
            "cpu:duty=0.5+memory:write_gbps=2");
  EXPECT_EQ(canonical_loads("cpu:on=cpu:0,1,duty=0.5"), "cpu:duty=0.5,on=cpu:0,1");
  EXPECT_EQ(canonical_loads("allocate:bytes=1M"), "allocate:bytes=1048576");
}

TEST(Loads, RefuseWhatTheyDoNotKnow) {
  EXPECT_THROW(canonical_loads("memroy:read_gbps=5"), UnknownName);
  EXPECT_THROW(canonical_loads("memory:gbps=5"), UnknownName);
  EXPECT_THROW(canonical_loads("allocate:512M"), UnknownName);
  EXPECT_THROW(canonical_loads("cpu:duty=2"), BadArgument);
  EXPECT_THROW(canonical_loads("cpu:duty=half"), BadArgument);
  EXPECT_THROW(canonical_loads("frames:hz=0"), BadArgument);
  EXPECT_THROW(canonical_loads("memory:store=uncached"), UnknownName);
  EXPECT_THROW(canonical_loads("cpu+"), BadArgument);
}

}  // namespace
}  // namespace motley
