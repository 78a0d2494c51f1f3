// How long does a step of training, or one inference, take, and where does the time go? Two cases
// for each model family; its parameters are axes.
#include <cmath>
#include <fmt/format.h>

#include "harness/case.hpp"
#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "workloads/graph/timeline.hpp"
#include "workloads/inference.hpp"
#include "workloads/training.hpp"
#include "workloads/tuner.hpp"

namespace motley::workloads {
namespace {

constexpr int profiled_runs = 7;

std::string spec(const ModelFamily& family, const Workbench& bench) {
  std::string text = family.name;
  for (std::size_t i = 0; i < family.parameters.size(); ++i) {
    const std::string& name = family.parameters[i].name;
    text += (i == 0 ? ":" : ",") + name + "=" + schema::to_string(bench.parameters().at(name));
  }
  return text;
}

std::vector<schema::OperatorTime> operator_times(const Plan& plan, const Timeline& times) {
  std::vector<schema::OperatorTime> result;
  for (const OperatorTime& one : times.operators) {
    const Operator& op = plan.graph.operators()[one.op];
    const schema::Work work = operator_kind(op.kind).work(plan.graph.call(op));
    result.push_back({op.name, op.kind, to_string(op.phase), to_string(plan.choices[one.op]),
                      one.seconds, one.copy_seconds, work.flops,
                      work.bytes_read + work.bytes_written});
  }
  return result;
}

/// `run` gives one run with each step timed.
RunProfile profile_of(Execution& execution, bool on_device, const RunScalars& scalars,
                      std::uint64_t first_run) {
  std::vector<Timeline> runs;
  for (int i = 0; i < profiled_runs; ++i) {
    const auto times =
        execution.run_profiled(scalars, first_run + std::uint64_t(i), steady_clock());
    runs.push_back(timeline(execution.plan(), times, on_device));
  }
  const Timeline all = median_timeline(runs);
  RunProfile profile;
  profile.timeline = {{"host", all.host}, {"counts", all.counts}};
  if (on_device) {
    profile.timeline["device"] = all.device;
    profile.timeline["gap"] = all.gap;
  }
  profile.timeline["whole"] = {{"profiled_wall", all.wall_seconds},
                               {"unattributed", all.unattributed_seconds}};
  profile.operators = operator_times(execution.plan(), all);
  profile.memory = execution.plan().memory();
  return profile;
}

schema::Work work_of(const Graph& graph) {
  schema::Work work;
  for (const Operator& op : graph.operators()) {
    const schema::Work one = operator_kind(op.kind).work(graph.call(op));
    work.flops += one.flops;
    work.bytes_read += one.bytes_read;
    work.bytes_written += one.bytes_written;
  }
  work.operations = 1;
  return work;
}

void describe(Trial& trial, const Plan& plan) {
  std::map<std::string, int> used;
  for (std::size_t op = 0; op < plan.choices.size(); ++op) {
    ++used[plan.graph.operators()[op].kind + ": " + to_string(plan.choices[op])];
  }
  std::vector<std::string> implementations;
  for (const auto& [what, count] : used) {
    implementations.push_back(fmt::format("{} x{}", what, count));
  }
  trial.details["implementations"] = implementations;
  const Counts macs = counts(plan.graph);
  trial.details["parameters"] = macs.parameters;
  trial.details["macs"] = macs.forward_macs + macs.backward_macs;
}

/// Every operator against its reference, once; then whole runs must repeat what that gave.
class NetworkCheck {
 public:
  NetworkCheck(Execution& execution, std::vector<TensorId> watched)
      : execution_(execution), watched_(std::move(watched)) {}

  /// From the first state: each operator alone.
  void take_reference(const RunScalars& scalars) {
    error_ = execution_.check(scalars, worst_);
    for (const TensorId id : watched_) expected_.push_back(execution_.values(id));
  }
  /// After one whole run from the first state: in units of the operators' tolerances, or of 1e-5
  /// of the watched tensors where those differ from the run operator by operator.
  double error() const {
    double error = error_;
    for (std::size_t i = 0; i < watched_.size(); ++i) {
      error =
          std::max(error, normalised_error(execution_.values(watched_[i]), expected_[i]) / 1e-5);
    }
    return error;
  }
  const std::string& worst() const { return worst_; }

 private:
  Execution& execution_;
  std::vector<TensorId> watched_;
  std::vector<Values> expected_;
  double error_ = 0;
  std::string worst_;
};

Places places(Workbench& bench, Residency residency) {
  Places result{bench.processor(), bench.queue(), nullptr, nullptr};
  if (residency == Residency::shared && bench.processor().members() == 0) {
    result.host = &bench.host();
    result.host_queue = bench.keep(bench.host().queue()).get();
  }
  return result;
}

/// The loss, and what was trained.
std::vector<TensorId> watched(const Model& model) {
  std::vector<TensorId> ids = {model.loss == no_tensor ? model.output : model.loss};
  for (TensorId id = 0; id < model.graph.tensors().size(); ++id) {
    const Tensor& tensor = model.graph.tensor(id);
    if (model.loss != no_tensor && tensor.role == Role::parameter && tensor.view_of == no_tensor) {
      ids.push_back(id);
    }
  }
  return ids;
}

Trial prepare_training(const ModelFamily& family, Workbench& bench) {
  TrainingOptions options;
  options.model = spec(family, bench);
  options.batch = bench.integer("batch");
  options.optimizer.kind = bench.text("optimizer");
  options.residency = residency_from(bench.text("residency"));
  options.optimizer.separate = options.residency == Residency::framework;
  options.seed = bench.seed();
  auto& training = *bench.keep(std::make_unique<Training>(
      options, places(bench, options.residency),
      chooser_named(bench.text("implementation"), bench.tier(), bench.seed())));
  auto& check = bench.keep(NetworkCheck(training.execution(), watched(training.model())));
  check.take_reference(training.scalars());
  Trial trial;
  trial.work = work_of(training.execution().graph());
  trial.tolerance = 1;
  trial.run = [&training](Queue&) { training.step(); };
  trial.reset = [&training](Queue&) { training.reset(); };
  trial.error = [&check](Queue&) { return check.error(); };
  const bool on_device = bench.processor().members() == 0;
  trial.profile = [&training, on_device](Queue&) {
    return profile_of(training.execution(), on_device, training.scalars(), training.steps());
  };
  describe(trial, training.execution().plan());
  trial.details["worst_operator"] = check.worst();
  return trial;
}

Trial prepare_inference(const ModelFamily& family, Workbench& bench) {
  InferenceOptions options;
  options.model = spec(family, bench);
  options.batch = bench.integer("batch");
  options.seed = bench.seed();
  auto& inference = *bench.keep(std::make_unique<Inference>(
      options, places(bench, Residency::resident),
      chooser_named(bench.text("implementation"), bench.tier(), bench.seed())));
  auto& check = bench.keep(NetworkCheck(inference.execution(), watched(inference.model())));
  check.take_reference(inference.scalars());
  Trial trial;
  trial.work = work_of(inference.execution().graph());
  trial.tolerance = 1;
  trial.run = [&inference](Queue&) { inference.run(); };
  trial.error = [&check](Queue&) { return check.error(); };
  const bool on_device = bench.processor().members() == 0;
  trial.profile = [&inference, on_device](Queue&) {
    return profile_of(inference.execution(), on_device, inference.scalars(), 0);
  };
  describe(trial, inference.execution().plan());
  trial.details["worst_operator"] = check.worst();
  return trial;
}

Axis open_axis(std::string name, std::string summary, std::vector<schema::Value> values) {
  Axis result = axis(std::move(name), std::move(summary), std::move(values));
  result.open = true;
  return result;
}

Case make_case(const ModelFamily& family, bool training) {
  Case result;
  result.name = family.name + (training ? "/training" : "/inference");
  result.summary = (training ? "Seconds of a training step of: " : "Seconds of an inference of: ") +
                   family.summary;
  result.metric = schema::Metric::seconds_per_operation;
  for (const FamilyParameter& one : family.parameters) {
    result.axes.push_back(open_axis(one.name, one.summary, {one.fallback}));
  }
  result.axes.push_back(axis("batch", "Samples a step", {std::int64_t{training ? 32 : 1}}));
  if (training) {
    result.axes.push_back(axis("optimizer", "Who updates: sgd, momentum, adam or adamw",
                               {"momentum", "sgd", "adam", "adamw"}));
    result.axes.push_back({"residency", "Who copies what, when",
                           [](Processor& processor, Tier tier) {
                             std::vector<schema::Value> values;
                             for (const std::string& name : residency_names())
                               values.emplace_back(name);
                             if (processor.members() > 0 || tier == Tier::smoke)
                               values = {"resident"};
                             return values;
                           },
                           false});
  }
  result.axes.push_back(
      open_axis("implementation",
                "auto: the fastest, measured; first: unmeasured; or a name that is "
                "preferred, as opencl/naive",
                {"auto"}));
  result.axes.push_back(axis("dtype", "Of all tensors", {"f32"}));
  result.keep = [](const schema::Parameters& parameters, Tier) {
    const auto optimizer = parameters.find("optimizer");
    return optimizer == parameters.end() || schema::to_string(optimizer->second) == "momentum";
  };
  result.prepare = [family, training](Workbench& bench) {
    return training ? prepare_training(family, bench) : prepare_inference(family, bench);
  };
  return result;
}

const Registration registration([] {
  std::vector<Case> all;
  for (const ModelFamily& family : model_families()) {
    all.push_back(make_case(family, true));
    all.push_back(make_case(family, false));
  }
  return all;
});

}  // namespace
}  // namespace motley::workloads
