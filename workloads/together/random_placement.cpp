// Operators that fall on processors by chance, or off the first one: what placement costs when
// nobody chose it. `unsupported` is what a device without some operators looks like; clustered ones
// lie one behind another, scattered ones anywhere (`papers.md` P2.5).
#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/error.hpp"
#include "harness/random.hpp"
#include "workloads/together/placement_rules.hpp"

namespace motley::workloads {
namespace {

const SpecParameter seed_parameter = {"seed", "of the choice", std::int64_t{1}};

PlacementAnswer at_random(const PlacementProblem& problem, const Spec& spec) {
  PlacementAnswer answer;
  const auto seed = std::uint64_t(spec.integer("seed"));
  for (const std::size_t op : operators_of_a_run(problem.graph)) {
    answer.places[problem.graph.operators()[op].name] = random_bits(seed, 0, op) % problem.places;
  }
  return answer;
}

/// So many of `from`, each set of them as likely as any other.
std::vector<std::size_t> scattered(std::vector<std::size_t> from, std::size_t count,
                                   std::uint64_t seed) {
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(from[i], from[i + random_bits(seed, 1, i) % (from.size() - i)]);
  }
  from.resize(count);
  return from;
}

std::vector<std::size_t> clustered(const std::vector<std::size_t>& from, std::size_t count,
                                   std::uint64_t seed) {
  const auto first =
      from.begin() + std::ptrdiff_t(random_bits(seed, 1, 0) % (from.size() - count + 1));
  return {first, first + std::ptrdiff_t(count)};
}

PlacementAnswer off_the_first(const PlacementProblem& problem, const Spec& spec) {
  const std::string& layout = spec.text("layout");
  if (layout != "scattered" && layout != "clustered") {
    throw UnknownName("layout", layout, {"scattered", "clustered"});
  }
  const std::vector<std::size_t> all = operators_of_a_run(problem.graph);
  const auto count = std::size_t(std::llround(spec.number("share") * double(all.size())));
  const auto seed = std::uint64_t(spec.integer("seed"));
  PlacementAnswer answer;
  for (const std::size_t op :
       layout == "clustered" ? clustered(all, count, seed) : scattered(all, count, seed)) {
    answer.places[problem.graph.operators()[op].name] = 1;
  }
  return answer;
}

}  // namespace

PlacementRule random_placement() {
  return {"random", "each operator on any place", {seed_parameter}, at_random};
}

PlacementRule placement_of_unsupported() {
  return {"unsupported",
          "a share of the operators that place 0 shall not have goes to place 1",
          {{"share", "of the operators", 0.2, 0, 1},
           {"layout", "scattered or clustered", std::string("scattered")},
           seed_parameter},
          off_the_first};
}

}  // namespace motley::workloads
