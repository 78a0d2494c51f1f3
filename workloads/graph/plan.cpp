#include "workloads/graph/plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "harness/error.hpp"
#include "workloads/graph/capacity.hpp"
#include "workloads/graph/memory_plan.hpp"
#include "workloads/graph/placement.hpp"
#include "workloads/graph/ranges.hpp"
#include "workloads/graph/residency.hpp"

namespace motley::workloads {
namespace {

struct Named {
  Residency residency;
  const char* name;
  const char* short_name;
};
constexpr Named residencies[] = {{Residency::staged, "staged", "R0"},
                                 {Residency::framework, "framework", "R1"},
                                 {Residency::framework_gradient, "framework_gradient", "R1a"},
                                 {Residency::resident, "resident", "R2"},
                                 {Residency::resident_async, "resident_async", "R3"},
                                 {Residency::batched, "batched", "R4"},
                                 {Residency::shared, "shared", "R5"}};

}  // namespace

std::string to_string(Residency residency) {
  for (const Named& one : residencies) {
    if (one.residency == residency) return one.name;
  }
  return "unknown";
}

Residency residency_from(const std::string& name) {
  for (const Named& one : residencies) {
    if (name == one.name || name == one.short_name) return one.residency;
  }
  throw UnknownName("residency mode", name, residency_names());
}

std::vector<std::string> residency_names() {
  std::vector<std::string> names;
  for (const Named& one : residencies) names.emplace_back(one.name);
  return names;
}

std::string to_string(Category category) {
  switch (category) {
    case Category::weights:
      return "weights";
    case Category::gradients:
      return "gradients";
    case Category::optimizer_state:
      return "optimizer_state";
    case Category::state:
      return "state";
    case Category::activations:
      return "activations";
    case Category::workspace:
      return "workspace";
    case Category::staging:
      return "staging";
  }
  return "unknown";
}

bool Plan::is_constant(std::size_t op) const {
  return constants.contains(graph.root(graph.operators()[op].outputs.front()));
}

bool Plan::is_uploaded(std::size_t op) const {
  if (!elided.contains(op)) return false;
  return range_of.contains({host_copies(), graph.root(graph.operators()[op].outputs.front())});
}

RangeOf Plan::memory_range(std::size_t memory, TensorId root) const {
  RangeOf result{root, 0};
  for (auto found = range_of.find({memory, root}); found != range_of.end();
       found = range_of.find({memory, result.root})) {
    result.root = found->second.root;
    result.offset_bytes += found->second.offset_bytes;
  }
  return result;
}

std::map<std::string, double> Plan::memory() const {
  std::map<std::string, double> bytes;
  for (const Slot& slot : slots) bytes[to_string(slot.category)] += double(slot.bytes);
  return bytes;
}

double Plan::memory_bytes() const {
  double all = 0;
  for (const Slot& slot : slots) all += double(slot.bytes);
  return all;
}

Plan make_plan(Graph graph, const std::vector<Processor*>& processors, const Chooser& chooser,
               const PlanOptions& options) {
  Plan plan;
  plan.graph = std::move(graph);
  plan.residency = options.residency;
  // Staged, every run uploads what the host has: also what would be constant.
  if (options.constant_parameters && options.residency != Residency::staged) {
    plan.constants = constant_tensors(plan.graph);
  }
  place_operators(plan, processors, chooser, options);
  if (!options.places.empty()) find_ranges(plan, processors);
  add_steps(plan, processors, options);
  plan_memory(plan);
  refuse_what_does_not_fit(plan, processors, options.batch);
  return plan;
}

}  // namespace motley::workloads
