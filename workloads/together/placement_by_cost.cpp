// HEFT (Topcuoglu, Hariri and Wu, "Performance-effective and low-complexity task scheduling for
// heterogeneous computing", 2002): operators by their longest way to the end, each where it would
// end first. Places have queues in order, so nothing is inserted before what was placed already.
#include <algorithm>
#include <limits>

#include "harness/error.hpp"
#include "workloads/together/placement_rules.hpp"

namespace motley::workloads {
namespace {

class Heft {
 public:
  explicit Heft(const PlacementProblem& problem)
      : problem_(problem),
        operators_(operators_of_a_run(problem.graph)),
        before_(predecessors(problem.graph)) {
    for (std::size_t place = 0; place < problem.places; ++place) {
      links_.push_back(problem.link(place));
      crossings_.emplace_back(problem.places, 0);
      for (std::size_t other = 0; other < place; ++other) {
        crossings_[place][other] = crossings_[other][place] =
            problem.crossing_seconds(other, place);
      }
    }
    for (auto& row : crossings_) row.resize(problem.places);
  }

  PlacementAnswer schedule() {
    rank_all();
    std::vector<std::size_t> order = operators_;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return ranks_[a] > ranks_[b]; });
    std::vector<double> free_at(problem_.places, 0);
    PlacementAnswer answer;
    for (const std::size_t op : order) {
      std::size_t best = 0;
      double best_end = std::numeric_limits<double>::infinity();
      for (std::size_t place = 0; place < problem_.places; ++place) {
        const double end = std::max(free_at[place], ready_at(op, place)) + seconds(op, place);
        if (end < best_end) {
          best = place;
          best_end = end;
        }
      }
      if (best_end == std::numeric_limits<double>::infinity()) {
        throw Unsupported(name(op) +
                          " was measured on no place (it cannot be placed by cost). Use "
                          "another placement.");
      }
      end_[op] = free_at[best] = best_end;
      place_[op] = best;
      answer.places[name(op)] = best;
      answer.order.push_back(name(op));
      answer.expected_seconds = std::max(answer.expected_seconds, best_end);
    }
    return answer;
  }

 private:
  const std::string& name(std::size_t op) const { return problem_.graph.operators()[op].name; }

  double seconds(std::size_t op, std::size_t place) const {
    const auto& known = problem_.seconds(place);
    const auto found = known.find(name(op));
    return found == known.end() ? std::numeric_limits<double>::infinity() : found->second;
  }

  double mean_seconds(std::size_t op) const {
    double sum = 0, places = 0;
    for (std::size_t place = 0; place < problem_.places; ++place) {
      const double one = seconds(op, place);
      if (one == std::numeric_limits<double>::infinity()) continue;
      sum += one;
      ++places;
    }
    return places > 0 ? sum / places : 0;
  }

  double bytes(std::size_t op) const {
    const Operator& one = problem_.graph.operators()[op];
    return double(problem_.graph.tensor(one.outputs.front()).type.bytes());
  }

  /// Through the host's memory; a CPU's link costs nothing.
  double transfer(std::size_t op, std::size_t from, std::size_t to) const {
    if (from == to) return 0;
    return crossings_[from][to] + links_[from].of(bytes(op)) + links_[to].of(bytes(op));
  }

  double mean_transfer(std::size_t op) const {
    double sum = 0;
    for (std::size_t from = 0; from < problem_.places; ++from) {
      for (std::size_t to = 0; to < problem_.places; ++to) sum += transfer(op, from, to);
    }
    return sum / double(problem_.places * problem_.places);
  }

  void rank_all() {
    for (auto op = operators_.rbegin(); op != operators_.rend(); ++op) {
      ranks_[*op] += mean_seconds(*op);
      for (const std::size_t one : before_[*op]) {
        ranks_[one] = std::max(ranks_[one], ranks_[*op] + mean_transfer(one));
      }
    }
  }

  double ready_at(std::size_t op, std::size_t place) const {
    double ready = 0;
    for (const std::size_t one : before_[op]) {
      ready = std::max(ready, end_.at(one) + transfer(one, place_.at(one), place));
    }
    return ready;
  }

  const PlacementProblem& problem_;
  std::vector<std::size_t> operators_;
  std::vector<std::vector<std::size_t>> before_;
  std::vector<LinkCost> links_;
  std::vector<std::vector<double>> crossings_;
  std::map<std::size_t, double> ranks_, end_;
  std::map<std::size_t, std::size_t> place_;
};

}  // namespace

PlacementRule placement_by_cost() {
  return {"cost",
          "HEFT, by the time of each operator measured on each place and of transfers",
          {},
          [](const PlacementProblem& problem, const Spec&) { return Heft(problem).schedule(); }};
}

}  // namespace motley::workloads
