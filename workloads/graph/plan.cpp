#include "workloads/graph/plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "harness/error.hpp"
#include "workloads/graph/memory_plan.hpp"
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

void choose(Plan& plan, const std::vector<Processor*>& processors, const Chooser& chooser,
            const PlanOptions& options) {
  const bool split = options.residency == Residency::shared && processors.size() > 1;
  for (const Operator& op : plan.graph.operators()) {
    const std::size_t place = split && op.phase == Phase::update ? 1 : 0;
    Processor& processor = *processors.at(place);
    Call call = plan.graph.call(op);
    for (const TensorId id : op.inputs) {
      call.constant_inputs.push_back(plan.constants.contains(plan.graph.root(id)));
    }
    plan.place_of.push_back(place);
    plan.choices.push_back(chooser(op.kind, call, processor));
    const Choice& choice = plan.choices.back();
    plan.lowered.push_back(choice.implementation->lower(call, processor, choice.tuning));
  }
}

void refuse_what_does_not_fit(const Plan& plan, const std::vector<Processor*>& processors) {
  for (std::size_t place = 0; place < processors.size(); ++place) {
    std::map<std::string, double> categories;
    double all = 0;
    for (const Slot& slot : plan.slots) {
      if (slot.place != place || slot.on_host) continue;
      categories[to_string(slot.category)] += double(slot.bytes);
      all += double(slot.bytes);
    }
    const double available = double(processors[place]->available_bytes());
    if (all <= available) continue;
    std::string parts;
    for (const auto& [name, bytes] : categories) {
      parts += fmt::format("{}{} {:.0f}", parts.empty() ? "" : ", ", name, bytes / 1048576);
    }
    throw Unsupported(fmt::format(
        "{} needs {:.0f} MiB on {}, of which {:.0f} are free ({} MiB: it would not fit). Use a "
        "batch of about {:.2f} times this one.",
        plan.graph.name, all / 1048576, processors[place]->description().id, available / 1048576,
        parts, std::max(0.01, available / all * 0.9)));
  }
}

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
    case Category::activations:
      return "activations";
    case Category::workspace:
      return "workspace";
    case Category::staging:
      return "staging";
  }
  return "unknown";
}

Category category_of(Role role) {
  switch (role) {
    case Role::parameter:
    case Role::statistic:
      return Category::weights;
    case Role::state:
      return Category::optimizer_state;
    case Role::gradient:
      return Category::gradients;
    default:
      return Category::activations;
  }
}

std::string to_string(PlanStep::Action action) {
  using Action = PlanStep::Action;
  switch (action) {
    case Action::launch:
      return "launch";
    case Action::upload:
      return "upload";
    case Action::download:
      return "download";
    case Action::convert_out:
      return "convert_out";
    case Action::convert_in:
      return "convert_in";
    case Action::upload_staging:
      return "upload_staging";
    case Action::download_staging:
      return "download_staging";
    case Action::map:
      return "map";
    case Action::unmap:
      return "unmap";
    case Action::flush:
      return "flush";
    case Action::finish:
      return "finish";
  }
  return "unknown";
}

bool Plan::is_constant(std::size_t op) const {
  return constants.contains(graph.root(graph.operators()[op].outputs.front()));
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
  choose(plan, processors, chooser, options);
  add_steps(plan, processors, options);
  plan_memory(plan);
  refuse_what_does_not_fit(plan, processors);
  return plan;
}

}  // namespace motley::workloads
