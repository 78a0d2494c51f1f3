// Which operator goes to which processor? Rules by name, one file each.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/spec.hpp"
#include "workloads/graph/graph.hpp"

namespace motley::workloads {

/// Of one transfer between a processor's own memory and the host's.
struct LinkCost {
  double seconds = 0, seconds_per_byte = 0;
  double of(double bytes) const { return seconds + bytes * seconds_per_byte; }
};

struct PlacementProblem {
  const Graph& graph;
  std::size_t places = 2;
  /// Of each place: an operator's time there, by name, and what a transfer costs; measured when
  /// first asked for. What a place cannot compute has no entry.
  std::function<const std::map<std::string, double>&(std::size_t place)> seconds = {};
  std::function<LinkCost(std::size_t place)> link = {};
  /// What it costs that a place waits for another, whatever moves.
  std::function<double(std::size_t from, std::size_t to)> crossing_seconds = {};
};

struct PlacementAnswer {
  std::map<std::string, std::size_t> places;  ///< others: 0
  /// In which order the operators are given, by name; empty: the graph's.
  std::vector<std::string> order = {};
  /// Of the whole run, where the rule foresees it; else 0.
  double expected_seconds = 0;
};

struct PlacementRule {
  std::string name, summary;
  std::vector<SpecParameter> parameters;
  /// Throws Unsupported where the graph has nothing for it.
  std::function<PlacementAnswer(const PlacementProblem&, const Spec&)> place;
};

/// fixed, cost, random, unsupported, branches.
const std::vector<PlacementRule>& placement_rules();
/// `spec`: a rule's name, or rule:parameter=value,...; of fixed, fixed:NAME=place,... with the
/// names of operators. Throws UnknownName, BadArgument, Unsupported.
PlacementAnswer place(const std::string& spec, const PlacementProblem& problem);

/// What each run computes, in order: all but constants. By index.
std::vector<std::size_t> operators_of_a_run(const Graph& graph);
/// [i]: those of them whose results operator i reads.
std::vector<std::vector<std::size_t>> predecessors(const Graph& graph);

PlacementRule placement_by_cost();
PlacementRule random_placement();
PlacementRule placement_of_unsupported();
PlacementRule placement_of_branches();

}  // namespace motley::workloads
