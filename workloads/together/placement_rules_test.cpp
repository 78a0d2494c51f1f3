// Do the rules place as their papers say? Schedules computed by hand, on times that are given.
#include "workloads/together/placement_rules.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

using Places = std::map<std::string, std::size_t>;

/// a, then b and c side by side, then d reads both.
Graph diamond() {
  Graph graph;
  const TensorId x = graph.add_tensor({"x", {{4, 4}}, Role::input, {}, no_tensor});
  const TensorId a = graph.add("relu", "a", {x}).front();
  const TensorId b = graph.add("tanh", "b", {a}).front(), c = graph.add("relu", "c", {a}).front();
  graph.tensor(graph.add("add", "d", {b, c}).front()).role = Role::output;
  return graph;
}

Graph chain(int length) {
  Graph graph;
  TensorId x = graph.add_tensor({"x", {{4, 4}}, Role::input, {}, no_tensor});
  for (int i = 0; i < length; ++i) x = graph.add("relu", std::to_string(i), {x}).front();
  return graph;
}

const std::map<std::string, double> seconds[] = {{{"a", 1}, {"b", 4}, {"c", 2}, {"d", 1}},
                                                 {{"a", 2}, {"b", 2}, {"c", 3}, {"d", 1}}};

using Seconds = std::map<std::string, double>;

PlacementProblem problem(const Graph& graph) {
  PlacementProblem result{graph};
  result.seconds = [](std::size_t place) -> const Seconds& { return seconds[place]; };
  result.link = [](std::size_t place) { return LinkCost{place == 1 ? 0.25 : 0, 0}; };
  result.crossing_seconds = [](std::size_t, std::size_t) { return 0.25; };
  return result;
}

/// Ranks: d 1, b 4.25, c 3.75, a 6. a ends at 1 on place 0; b at 3.5 on place 1 (5 on place 0); c
/// at 3 on place 0 (6.5); d at 4.5 on place 1, where b is already (5 on place 0).
TEST(PlacementByCost, IsHeft) {
  const Graph graph = diamond();
  const PlacementAnswer answer = place("cost", problem(graph));
  EXPECT_EQ(answer.places, (Places{{"a", 0}, {"b", 1}, {"c", 0}, {"d", 1}}));
  EXPECT_EQ(answer.order, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_DOUBLE_EQ(answer.expected_seconds, 4.5);
}

TEST(PlacementByCost, LeavesAloneWhatAPlaceCannotCompute) {
  const Graph graph = diamond();
  PlacementProblem given = problem(graph);
  const Seconds without_b = {{"a", 2}, {"c", 3}, {"d", 1}};
  given.seconds = [&](std::size_t place) -> const Seconds& {
    return place == 1 ? without_b : seconds[0];
  };
  EXPECT_EQ(place("cost", given).places.at("b"), 0u);
  given.seconds = [&](std::size_t) -> const Seconds& { return without_b; };
  EXPECT_THROW(place("cost", given), Unsupported);
}

TEST(BranchPlacement, PutsTheLongestWhereItEndsFirst) {
  const Graph graph = diamond();
  EXPECT_EQ(place("branches", problem(graph)).places, (Places{{"b", 1}, {"c", 0}}));
  EXPECT_EQ(place("branches:by=turn", problem(graph)).places, (Places{{"b", 0}, {"c", 1}}));
  const Graph line = chain(5);
  EXPECT_THROW(place("branches", problem(line)), Unsupported);
}

TEST(UnsupportedOperators, AreAsManyAsAskedScatteredOrInOnePiece) {
  const Graph graph = chain(40);
  const auto chosen = [&](const std::string& spec) {
    std::vector<int> result;
    for (const auto& [name, where] : place(spec, problem(graph)).places) {
      EXPECT_EQ(where, 1u);
      result.push_back(std::stoi(name));
    }
    std::sort(result.begin(), result.end());
    return result;
  };
  for (const char* seed : {"1", "2", "3"}) {
    const std::string rest = std::string(",seed=") + seed;
    const auto cluster = chosen("unsupported:share=0.25,layout=clustered" + rest);
    ASSERT_EQ(cluster.size(), 10u);
    EXPECT_EQ(cluster.back() - cluster.front(), 9);
    const auto scattered = chosen("unsupported:share=0.25,layout=scattered" + rest);
    EXPECT_EQ(scattered.size(), 10u);
    EXPECT_GT(scattered.back() - scattered.front(), 15);
    EXPECT_EQ(scattered, chosen("unsupported:share=0.25" + rest));
  }
  EXPECT_NE(chosen("unsupported:share=0.25,seed=1"), chosen("unsupported:share=0.25,seed=2"));
  EXPECT_TRUE(chosen("unsupported:share=0").empty());
  EXPECT_EQ(chosen("unsupported:share=1,layout=clustered").size(), 40u);
}

TEST(FixedPlacement, TakesNamesAsTheyAre) {
  const Graph graph = diamond();
  EXPECT_EQ(place("fixed:b=1,d=0", problem(graph)).places, (Places{{"b", 1}, {"d", 0}}));
  EXPECT_TRUE(place("fixed", problem(graph)).places.empty());
  EXPECT_THROW(place("fixed:e=1", problem(graph)), UnknownName);
  EXPECT_THROW(place("fixed:b=2", problem(graph)), BadArgument);
  EXPECT_THROW(place("fixed:b=", problem(graph)), BadArgument);
}

}  // namespace
}  // namespace motley::workloads
