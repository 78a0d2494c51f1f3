// Does each operator of a plan compute what its reference does? Operator by operator, which a run
// is not.
#include <algorithm>
#include <cmath>

#include "workloads/graph/execution.hpp"
#include "workloads/graph/output_check.hpp"

namespace motley::workloads {

using Action = PlanStep::Action;

void Execution::run_operator(std::size_t op, const RunScalars& scalars,
                             const std::function<void()>& launching) {
  if (plan_.is_constant(op)) {
    if (launching) launching();
    operators_[op]->give(*queues_[plan_.place_of[op]], scalars);
  }
  for (const PlanStep& step : plan_.steps) {
    if (step.op != op) continue;
    if (step.action == Action::launch && launching) launching();
    do_step(step, scalars);
  }
  if (plan_.elided.contains(op) && launching) launching();
  finish();
}

std::string Execution::first_not_finite(const RunScalars& scalars) {
  for (std::size_t op = 0; op < operators_.size(); ++op) {
    run_operator(op, scalars);
    const Operator& one = plan_.graph.operators()[op];
    for (const TensorId id : one.outputs) {
      const Values all = values(plan_.place_of[op], id);
      const bool finite =
          std::all_of(all.begin(), all.end(), [](double value) { return std::isfinite(value); });
      if (finite) continue;
      give_back_mapped();
      return one.name;
    }
  }
  return "";
}

void Execution::give_back_mapped() {
  for (const PlanStep& step : plan_.steps) {
    if (step.action != Action::unmap) continue;
    if (location(step.place, step.tensor).buffer->owner() == Owner::host) do_step(step, {});
  }
  finish();
}

double Execution::check_operator(std::size_t op, const RunScalars& scalars) {
  const Operator& one = plan_.graph.operators()[op];
  const OperatorKind& kind = operator_kind(one.kind);
  std::vector<Values> inputs;
  run_operator(op, scalars, [&] {
    for (const TensorId id : one.inputs) inputs.push_back(values(plan_.place_of[op], id));
  });
  const OutputCheck check(kind, plan_.graph.call(one), scalars, inputs, op);
  double worst = 0;
  for (std::size_t i = 0; i < check.outputs(); ++i) {
    worst = std::max(worst, check.error(i, values(plan_.place_of[op], one.outputs[i])));
  }
  return worst / kind.tolerance;
}

double Execution::check(const RunScalars& scalars, std::string& worst_name) {
  double worst = 0;
  for (std::size_t op = 0; op < operators_.size(); ++op) {
    const double error = check_operator(op, scalars);
    if (!(error <= worst)) {
      worst = error;
      worst_name = plan_.graph.operators()[op].name + " (" + to_string(plan_.choices[op]) + ")";
    }
  }
  return worst;
}

}  // namespace motley::workloads
