// How fast is one operator, forward and each gradient apart, in each implementation? A case for
// each operator that has a file of shapes. Operands are cold unless asked for warm: in a network
// they come from elsewhere.
#include <algorithm>
#include <fmt/format.h>

#include "harness/case.hpp"
#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/graph/operator_trial.hpp"
#include "workloads/ops/shapes.hpp"
#include "workloads/tuner.hpp"

namespace motley::workloads {
namespace {

/// One thing to time: the operator itself, or one that its gradient rule adds.
struct Direction {
  std::string name;  ///< forward, or the suffix of the added operator: backward_data ...
  std::string kind;
  Call call;
};

std::vector<Direction> directions(const OperatorKind& kind, const NamedShape& shape) {
  Graph graph;
  std::vector<TensorId> inputs;
  for (const TensorType& type : shape.inputs) {
    inputs.push_back(graph.add_tensor({"input", type, Role::input, {}, no_tensor}));
  }
  const std::vector<TensorId> outputs = graph.add(kind.name, "op", inputs, shape.attributes);
  const Operator forward = graph.operators().front();
  std::vector<Direction> result = {{"forward", kind.name, graph.call(forward)}};
  if (!kind.gradient) return result;
  std::vector<TensorId> gradients;
  for (const TensorId id : outputs) {
    const TensorType type = graph.tensor(id).type;
    gradients.push_back(graph.add_tensor({"gradient", type, Role::input, {}, no_tensor}));
  }
  std::vector<bool> wanted(inputs.size());
  for (const std::size_t i : kind.differentiable) {
    if (i < wanted.size()) wanted[i] = true;  // a bias may be left out
  }
  GradientRule rule(graph, forward, gradients, wanted);
  kind.gradient(rule);
  for (std::size_t i = 1; i < graph.operators().size(); ++i) {
    const Operator& op = graph.operators()[i];
    result.push_back({op.name.substr(forward.name.size() + 1), op.kind, graph.call(op)});
  }
  return result;
}

/// Of all shapes together: operands of one shape and of a row have different gradients.
std::vector<Direction> all_directions(const std::string& kind) {
  std::vector<Direction> all;
  for (const NamedShape& shape : shapes_of(kind)) {
    for (Direction& one : directions(operator_kind(kind), shape)) {
      const auto same = [&](const Direction& other) { return other.name == one.name; };
      if (std::none_of(all.begin(), all.end(), same)) all.push_back(std::move(one));
    }
  }
  return all;
}

std::vector<schema::Value> direction_names(const std::string& kind) {
  std::vector<schema::Value> names;
  for (const Direction& one : all_directions(kind)) names.emplace_back(one.name);
  return names;
}

Direction find_direction(const std::string& kind, const std::string& shape_name,
                         const std::string& name) {
  for (const NamedShape& shape : shapes_of(kind)) {
    if (shape.name != shape_name) continue;
    for (Direction& one : directions(operator_kind(kind), shape)) {
      if (one.name == name) return std::move(one);
    }
    throw Unsupported(
        fmt::format("{} at {} has no direction {} (nothing to time).", kind, shape_name, name));
  }
  throw Error("no shape " + shape_name + " of " + kind + " (nothing to time). See motley list.");
}

/// A part of the cores is compared with the whole at few shapes only.
std::vector<schema::Value> shape_names(const std::string& kind, Processor& processor, Tier tier) {
  std::vector<schema::Value> names;
  const bool part = processor.members() > 0 && processor.description().id != "cpu";
  const Tier most = part && tier == Tier::standard ? Tier::smoke : tier;
  for (const NamedShape& shape : shapes_of(kind)) {
    if (shape.tier <= most) names.emplace_back(shape.name);
  }
  return names;
}

/// All names of the kind's directions on this kind of processor. Who cannot win there (the
/// reference, for one) is tried in full runs only, or where it is named.
std::vector<schema::Value> implementation_names(const std::string& kind, Processor& processor,
                                                Tier tier) {
  std::vector<schema::Value> names;
  for (const Direction& direction : all_directions(kind)) {
    for (const Implementation& one : implementations(direction.kind)) {
      const bool offered = runs_on(one, processor) &&
                           (tier == Tier::full || !one.contends || one.contends(processor));
      if (offered &&
          std::find(names.begin(), names.end(), schema::Value(one.name)) == names.end()) {
        names.emplace_back(one.name);
      }
    }
  }
  return names;
}

Choice choose(const Direction& direction, const std::string& name, Workbench& bench) {
  for (const Implementation& one : implementations(direction.kind)) {
    if (one.name != name || !runs_on(one, bench.processor())) continue;
    const std::string reason =
        one.unsupported ? one.unsupported(direction.call, bench.processor()) : "";
    if (!reason.empty()) throw Unsupported(reason);
    return fastest_tuning(one, direction.kind, direction.call, bench.processor(), bench.tier(),
                          bench.seed());
  }
  throw Unsupported(
      fmt::format("{} has no implementation {} on this kind of processor.", direction.kind, name));
}

/// Filling a gibibyte takes a second, and a standard run has more than a thousand visits.
double most_operand_bytes(Tier tier) {
  return tier == Tier::full ? 1 << 30 : 64 << 20;
}

Trial prepare(const std::string& kind_name, Workbench& bench) {
  const Direction direction =
      find_direction(kind_name, bench.text("shape"), bench.text("direction"));
  const OperatorKind& kind = operator_kind(direction.kind);
  const Choice choice = choose(direction, bench.text("implementation"), bench);
  const bool cold = bench.text("cache") == "cold";
  const OperandSets sets =
      cold ? cold_sets(direction.call, bench.processor(), most_operand_bytes(bench.tier()))
           : cold_sets(direction.call, bench.processor(), 0);
  auto& trial = *bench.keep(std::make_unique<OperatorTrial>(
      bench.processor(), bench.queue(), kind, direction.call, *choice.implementation, choice.tuning,
      bench.seed(), sets.sets));
  Trial result;
  result.work = kind.work(direction.call);
  result.executed_work = trial.lowered().executed_work;
  result.tolerance = trial.tolerance();
  result.run = [&trial](Queue& queue) { trial.give(queue); };
  result.reset = [&trial](Queue& queue) { trial.reset(queue); };
  result.error = [&trial](Queue& queue) { return trial.error(queue); };
  result.details["chosen"] = to_string(choice);
  result.details["tuning"] = short_hash(direction.kind + ": " + to_string(choice));
  result.details["operand_sets"] = std::int64_t(sets.sets);
  result.details["operand_bytes"] = sets.bytes;
  if (cold && !sets.cold) {
    result.details["not_cold"] = fmt::format(
        "operands of {:.0f} MiB in turn stay in a last level of {:.0f} MiB", sets.bytes / 0x1p20,
        double(bench.processor().last_level_cache_bytes()) / 0x1p20);
  }
  return result;
}

Case make_case(const OperatorKind& kind) {
  const std::string name = kind.name;
  const bool computes = static_cast<bool>(kind.macs);
  Case result;
  result.name = "op/" + name;
  result.summary = fmt::format("{} per second of {}", computes ? "Flops" : "Bytes", kind.summary);
  result.metric = computes ? schema::Metric::flops_per_second : schema::Metric::bytes_per_second;
  result.axes = {
      {"shape", "Sizes of the operands, from workloads/shapes",
       [name](Processor& processor, Tier tier) { return shape_names(name, processor, tier); },
       false},
      {"direction", "forward, or one of the operators that compute its gradients",
       [name](Processor&, Tier) { return direction_names(name); }, false},
      {"implementation", "Who computes it; the fastest right one unless set",
       [name](Processor& processor, Tier tier) {
         return implementation_names(name, processor, tier);
       },
       true},
      {"cache", "cold: operands in turn from several sets; warm: always the same",
       [](Processor&, Tier tier) {
         return tier == Tier::full ? std::vector<schema::Value>{"cold", "warm"}
                                   : std::vector<schema::Value>{"cold"};
       },
       false},
      axis("dtype", "Of the first operand", {to_string(shapes_of(name).front().inputs[0].dtype)})};
  result.prepare = [name](Workbench& bench) { return prepare(name, bench); };
  return result;
}

const Registration registration([] {
  std::vector<Case> all;
  for (const OperatorKind& kind : operator_kinds()) {
    if (!shapes_of(kind.name).empty()) all.push_back(make_case(kind));
  }
  return all;
});

}  // namespace
}  // namespace motley::workloads
