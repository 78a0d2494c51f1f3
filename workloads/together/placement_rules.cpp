#include "workloads/together/placement_rules.hpp"

#include <algorithm>
#include <charconv>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

PlacementRule fixed() {
  PlacementRule rule;
  rule.name = "fixed";
  rule.summary = "fixed:NAME=place,...: these operators there, all others on place 0";
  return rule;
}

/// Names of operators are no parameters that anybody declared.
PlacementAnswer place_fixed(const std::string& list, const PlacementProblem& problem) {
  PlacementAnswer answer;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string one = list.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t equals = one.rfind('=');
    std::size_t where = 0;
    const char* const last = one.data() + one.size();
    const bool is_number = equals != std::string::npos && equals + 1 < one.size() &&
                           std::from_chars(one.data() + equals + 1, last, where).ptr == last;
    if (!is_number || where >= problem.places) {
      throw BadArgument("placement " + one + " (NAME=place is needed, places 0 to " +
                        std::to_string(problem.places - 1) + "). Correct it.");
    }
    const std::string name = one.substr(0, equals);
    std::vector<std::string> known;
    for (const Operator& op : problem.graph.operators()) known.push_back(op.name);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw UnknownName("operator", name, known);
    }
    answer.places[name] = where;
  }
  return answer;
}

/// What is computed once is computed where it is read first.
void place_constants(const Graph& graph, PlacementAnswer& answer) {
  const std::set<TensorId> constants = constant_tensors(graph);
  for (auto op = graph.operators().rbegin(); op != graph.operators().rend(); ++op) {
    if (!constants.contains(graph.root(op->outputs.front()))) continue;
    for (const Operator& reader : graph.operators()) {
      const bool reads = std::any_of(reader.inputs.begin(), reader.inputs.end(), [&](TensorId id) {
        return graph.root(id) == graph.root(op->outputs.front());
      });
      const auto found = answer.places.find(reader.name);
      if (!reads) continue;
      if (found != answer.places.end()) answer.places[op->name] = found->second;
      break;
    }
  }
}

}  // namespace

const std::vector<PlacementRule>& placement_rules() {
  static const std::vector<PlacementRule> rules = {fixed(), placement_by_cost(), random_placement(),
                                                   placement_of_unsupported(),
                                                   placement_of_branches()};
  return rules;
}

PlacementAnswer place(const std::string& spec, const PlacementProblem& problem) {
  const auto [name, values] = split_spec(spec);
  std::vector<std::string> known;
  for (const PlacementRule& rule : placement_rules()) {
    known.push_back(rule.name);
    if (rule.name != name) continue;
    PlacementAnswer answer = rule.place ? rule.place(problem, Spec(name, values, rule.parameters))
                                        : place_fixed(values, problem);
    place_constants(problem.graph, answer);
    return answer;
  }
  throw UnknownName("placement", name, known);
}

std::vector<std::size_t> operators_of_a_run(const Graph& graph) {
  const std::set<TensorId> constants = constant_tensors(graph);
  std::vector<std::size_t> result;
  for (std::size_t op = 0; op < graph.operators().size(); ++op) {
    const TensorId out = graph.operators()[op].outputs.front();
    if (!constants.contains(graph.root(out))) result.push_back(op);
  }
  return result;
}

std::vector<std::vector<std::size_t>> predecessors(const Graph& graph) {
  std::map<TensorId, std::size_t> producer;
  std::vector<std::vector<std::size_t>> result(graph.operators().size());
  std::set<std::size_t> of_a_run;
  for (const std::size_t op : operators_of_a_run(graph)) of_a_run.insert(op);
  for (std::size_t op = 0; op < result.size(); ++op) {
    const Operator& one = graph.operators()[op];
    for (const TensorId id : one.inputs) {
      const auto found = producer.find(graph.root(id));
      if (found == producer.end() || !of_a_run.contains(found->second)) continue;
      const bool known =
          std::find(result[op].begin(), result[op].end(), found->second) != result[op].end();
      if (!known) result[op].push_back(found->second);
    }
    for (const TensorId id : one.outputs) producer[graph.root(id)] = op;
  }
  return result;
}

}  // namespace motley::workloads
