#include "workloads/together/split.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/ops/pad.hpp"
#include "workloads/together/split_rules.hpp"

namespace motley::workloads {
namespace {

const Operator& find_operator(const Graph& graph, const std::string& name) {
  std::vector<std::string> known;
  for (const Operator& op : graph.operators()) {
    if (op.name == name) return op;
    known.push_back(op.name);
  }
  throw UnknownName("operator", name, known);
}

/// The one operator that reads what `op` puts out, as its first input and through no view; or null.
const Operator* only_reader(const Graph& graph, const Operator& op) {
  const TensorId between = op.outputs.front();
  if (graph.tensor(between).role != Role::activation) return nullptr;
  const Operator* reader = nullptr;
  for (const Operator& one : graph.operators()) {
    for (const TensorId id : one.inputs) {
      if (graph.root(id) != graph.root(between)) continue;
      if (reader || id != between || id != one.inputs.front()) return nullptr;
      reader = &one;
    }
  }
  return reader;
}

class Splitting {
 public:
  Splitting(Graph& graph, const OperatorSplit& how, std::map<std::string, std::size_t>& place_of)
      : graph_(graph), how_(how), place_of_(place_of) {
    if (how.operators.empty()) throw BadArgument("a split of no operators. Name some.");
    if (!(how.ratio >= 0 && how.ratio <= 1)) {
      throw BadArgument(fmt::format("ratio={} (a share lies from 0 to 1). Give one.", how.ratio));
    }
    for (const std::string& name : how.operators) chain_.push_back(find_operator(graph, name));
    for (std::size_t i = 0; i + 1 < chain_.size(); ++i) {
      const Operator* next = only_reader(graph, chain_[i]);
      if (next && next->name == chain_[i + 1].name) continue;
      throw BadArgument(
          fmt::format("{} and {} (a chain needs the second to be the only one that "
                      "reads what the first puts out). Split them one by one.",
                      chain_[i].name, chain_[i + 1].name));
    }
    for (const Operator& op : graph.operators()) {
      for (const TensorId id : op.outputs) producer_[graph.root(id)] = op.name;
    }
  }

  void split() {
    const TensorType& type = graph_.tensor(chain_.back().outputs.front()).type;
    axis_ = axis_index(how_.axis, type);
    const auto refusal = refuses_split(graph_, chain_.back(), how_.axis);
    if (!refusal.empty()) throw Unsupported(refusal);
    const std::int64_t all = type.shape[axis_];
    const std::int64_t second = std::llround(how_.ratio * double(all));
    if (second == 0 || second == all) {
      for (const Operator& op : chain_) place_of_[op.name] = how_.places[second == 0 ? 0 : 1];
      return;
    }
    const Extent extents[] = {{0, all - second}, {all - second, all}};
    std::vector<std::vector<PartRule>> rules;  // before anything changes: they may refuse
    for (const Extent& extent : extents) rules.push_back(rules_of(extent));
    for (const Operator& op : chain_) place_of_.erase(op.name);
    for (const Operator& op : graph_.take_operators()) {
      const bool in_chain = std::any_of(chain_.begin(), chain_.end(),
                                        [&](const Operator& one) { return one.name == op.name; });
      if (!in_chain) graph_.append(op);
      if (op.name != chain_.back().name) continue;
      std::vector<TensorId> parts;
      for (std::size_t k = 0; k < rules.size(); ++k) parts.push_back(add_part(k, rules[k]));
      join(parts);
    }
  }

 private:
  /// From the last operator back: what each has to put out is what the next needs.
  std::vector<PartRule> rules_of(Extent wanted) const {
    std::vector<PartRule> rules(chain_.size());
    for (std::size_t i = chain_.size(); i-- > 0;) {
      rules[i] = part_rule(chain_[i].kind, graph_.call(chain_[i]), how_.axis, wanted);
      if (i == 0) break;
      if (!rules[i].inputs.front()) {
        throw Unsupported(
            fmt::format("{} needs all {} of {} (the chain would be computed twice). "
                        "Split by another axis, or one by one.",
                        chain_[i].name, to_string(how_.axis), chain_[i - 1].name));
      }
      wanted = rules[i].inputs.front()->extent;
    }
    return rules;
  }

  TensorId add_part(std::size_t k, const std::vector<PartRule>& rules) {
    TensorId before = no_tensor;
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      const Operator& op = chain_[i];
      const std::string name = fmt::format("{}/{}", op.name, k);
      std::vector<TensorId> inputs;
      for (std::size_t input = 0; input < op.inputs.size(); ++input) {
        const bool from_chain = i > 0 && input == 0;
        inputs.push_back(from_chain ? before
                                    : sliced(k, fmt::format("{}.slice{}", name, input),
                                             op.inputs[input], rules[i].inputs[input]));
      }
      before = graph_.add(op.kind, name, inputs, rules[i].attributes, op.phase).front();
      place_of_[name] = how_.places[k];
    }
    return before;
  }

  /// Cut where it is, so that only the part is moved.
  TensorId sliced(std::size_t k, const std::string& name, TensorId id,
                  const std::optional<Cut>& cut) {
    const Shape shape = graph_.tensor(id).type.shape;
    if (!cut || cut->extent == Extent{0, shape[cut->axis]}) return id;
    std::vector<std::pair<std::int64_t, std::int64_t>> margins(shape.size());
    margins[cut->axis] = {cut->extent.begin, shape[cut->axis] - cut->extent.end};
    const TensorId part =
        graph_.add("slice", name, {id}, {{"margins", margins_text(margins)}}).front();
    place_of_[name] = place_of_slice(k, id);
    return part;
  }

  /// What a parameter, or only parameters, make is cut once by who uses it; so is what comes from
  /// outside.
  std::size_t place_of_slice(std::size_t k, TensorId id) const {
    const auto found = producer_.find(graph_.root(id));
    const bool constant = constants_.contains(graph_.root(id));
    if (constant || found == producer_.end()) return how_.places[k];
    const auto placed = place_of_.find(found->second);
    return placed == place_of_.end() ? 0 : placed->second;
  }

  void join(const std::vector<TensorId>& parts) {
    const Operator& last = chain_.back();
    std::vector<TensorType> types;
    for (const TensorId id : parts) types.push_back(graph_.tensor(id).type);
    const Call call =
        make_call(operator_kind("concatenate"), {{"axis", std::int64_t(axis_)}}, types);
    if (call.outputs.front() != graph_.tensor(last.outputs.front()).type) {
      throw Error(fmt::format("{}: its parts make {}, not {} (the rule of {} is wrong). Report it.",
                              last.name, to_string(call.outputs.front()),
                              to_string(graph_.tensor(last.outputs.front()).type), last.kind));
    }
    graph_.append({last.name, "concatenate", last.phase, call.attributes, parts, last.outputs});
    place_of_[last.name] = how_.join;
  }

  Graph& graph_;
  const OperatorSplit& how_;
  std::map<std::string, std::size_t>& place_of_;
  std::set<TensorId> constants_ = constant_tensors(graph_);
  std::vector<Operator> chain_;
  std::map<TensorId, std::string> producer_;
  std::size_t axis_ = 0;
};

}  // namespace

std::string to_string(SplitAxis axis) {
  switch (axis) {
    case SplitAxis::channels:
      return "channels";
    case SplitAxis::height:
      return "height";
    case SplitAxis::batch:
      return "batch";
  }
  return "unknown";
}

SplitAxis split_axis_from(const std::string& name) {
  for (const SplitAxis axis : {SplitAxis::channels, SplitAxis::height, SplitAxis::batch}) {
    if (to_string(axis) == name) return axis;
  }
  throw UnknownName("split axis", name, {"channels", "height", "batch"});
}

std::string refuses_split(const Graph& graph, const Operator& op, SplitAxis axis) {
  const Call call = graph.call(op);
  const std::size_t index = axis_index(axis, call.outputs.front());
  const Shape& shape = call.outputs.front().shape;
  if (index >= shape.size() || shape[index] < 2) {
    return fmt::format(
        "{} cannot be split by {} (its output {} has but one piece). Choose another "
        "axis or operator.",
        op.name, to_string(axis), to_string(call.outputs.front()));
  }
  try {
    part_rule(op.kind, call, axis, {0, 1});
  } catch (const Unsupported& why) {
    return op.name + ": " + why.what();
  }
  return "";
}

void split(Graph& graph, const OperatorSplit& how, std::map<std::string, std::size_t>& place_of) {
  Splitting(graph, how, place_of).split();
}

std::vector<std::string> chain_from(const Graph& graph, const std::string& first, SplitAxis axis,
                                    std::size_t length) {
  const Operator* op = &find_operator(graph, first);
  std::vector<std::string> chain;
  while (op && chain.size() < length && refuses_split(graph, *op, axis).empty()) {
    const PartRule rule = part_rule(op->kind, graph.call(*op), axis, {0, 1});
    if (!chain.empty() && !rule.inputs.front()) break;
    chain.push_back(op->name);
    op = only_reader(graph, *op);
  }
  return chain;
}

double repeated_share(const Graph& whole, const Graph& split) {
  const double before = counts(whole).forward_macs, after = counts(split).forward_macs;
  return before > 0 ? after / before - 1 : 0;
}

}  // namespace motley::workloads
