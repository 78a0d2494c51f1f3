// Independent branches (GoogLeNet's, SqueezeNet's) side by side: where several ways lead from one
// operator to one that reads them all, each way goes to one place.
#include <algorithm>
#include <set>

#include "harness/error.hpp"
#include "workloads/together/placement_rules.hpp"

namespace motley::workloads {
namespace {

using Operators = std::vector<std::size_t>;

class Branches {
 public:
  Branches(const PlacementProblem& problem, bool in_turn)
      : problem_(problem), in_turn_(in_turn), before_(predecessors(problem.graph)) {
    for (const std::size_t op : operators_of_a_run(problem.graph)) {
      for (const std::size_t one : before_[op]) readers_[one].insert(op);
    }
  }

  PlacementAnswer place() {
    PlacementAnswer answer;
    for (const std::size_t op : operators_of_a_run(problem_.graph)) {
      std::vector<Operators> branches;
      for (const std::size_t one : before_[op]) {
        Operators branch = branch_before(op, one);
        if (!branch.empty()) branches.push_back(std::move(branch));
      }
      if (branches.size() > 1) spread(branches, answer);
    }
    if (answer.places.empty()) {
      throw Unsupported(
          problem_.graph.name +
          " has no independent branches (nothing can be computed side by side). Split "
          "an operator instead.");
    }
    return answer;
  }

 private:
  /// The operators that lead to `join` alone, from `last` back to where the ways part.
  Operators branch_before(std::size_t join, std::size_t last) const {
    Operators branch;
    std::size_t next = join;
    for (std::size_t op = last;;) {
      const std::set<std::size_t>& readers = readers_.at(op);
      if (readers.size() != 1 || *readers.begin() != next) break;
      branch.push_back(op);
      if (before_[op].size() != 1) break;
      next = op;
      op = before_[op].front();
    }
    return branch;
  }

  double seconds(const Operators& branch, std::size_t place) const {
    double sum = 0;
    const auto& known = problem_.seconds(place);
    for (const std::size_t op : branch) {
      const auto found = known.find(problem_.graph.operators()[op].name);
      sum += found == known.end() ? 1e9 : found->second;
    }
    return sum;
  }

  void spread(std::vector<Operators>& branches, PlacementAnswer& answer) const {
    if (in_turn_) {
      for (std::size_t i = 0; i < branches.size(); ++i) {
        put(branches[i], i % problem_.places, answer);
      }
      return;
    }
    std::stable_sort(branches.begin(), branches.end(),
                     [&](const auto& a, const auto& b) { return seconds(a, 0) > seconds(b, 0); });
    std::vector<double> busy(problem_.places, 0);
    for (const Operators& branch : branches) {
      std::size_t best = 0;
      for (std::size_t place = 1; place < problem_.places; ++place) {
        const double end = busy[place] + seconds(branch, place);
        if (end < busy[best] + seconds(branch, best)) best = place;
      }
      busy[best] += seconds(branch, best);
      put(branch, best, answer);
    }
  }

  void put(const Operators& branch, std::size_t where, PlacementAnswer& answer) const {
    for (const std::size_t op : branch) {
      answer.places[problem_.graph.operators()[op].name] = where;
    }
  }

  const PlacementProblem& problem_;
  bool in_turn_;
  std::vector<Operators> before_;
  std::map<std::size_t, std::set<std::size_t>> readers_;
};

}  // namespace

PlacementRule placement_of_branches() {
  return {"branches",
          "independent branches on different places",
          {{"by",
            "cost: the longest first, each where it would end first, by measured times (which may "
            "be one place for all); turn: one after another to each place",
            std::string("cost")}},
          [](const PlacementProblem& problem, const Spec& spec) {
            const std::string& by = spec.text("by");
            if (by != "cost" && by != "turn")
              throw UnknownName("branches by", by, {"cost", "turn"});
            return Branches(problem, by == "turn").place();
          }};
}

}  // namespace motley::workloads
