// Every shape file: names an operator, and shapes that it takes.
#include "workloads/ops/shapes.hpp"

#include <gtest/gtest.h>
#include <set>

namespace motley::workloads {
namespace {

TEST(Shapes, AreTakenByTheirOperatorsAndHaveNamesOfTheirOwn) {
  std::size_t kinds = 0;
  for (const OperatorKind& kind : operator_kinds()) {
    const std::vector<NamedShape> shapes = shapes_of(kind.name);
    if (shapes.empty()) continue;
    ++kinds;
    std::set<std::string> names;
    bool smoke = false;
    for (const NamedShape& shape : shapes) {
      SCOPED_TRACE(kind.name + " " + shape.name);
      EXPECT_TRUE(names.insert(shape.name).second);
      EXPECT_NO_THROW(make_call(kind, shape.attributes, shape.inputs));
      smoke = smoke || shape.tier == Tier::smoke;
    }
    EXPECT_TRUE(smoke) << kind.name << " has nothing for a quick run";
  }
  EXPECT_GE(kinds, shape_files().size()) << "a file names no operator that there is";
}

}  // namespace
}  // namespace motley::workloads
