// How long does a step of training, or one inference, take, and where does the time go? Two cases
// for each model family; its parameters are axes.
#include <fmt/format.h>

#include "harness/case.hpp"
#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "workloads/inference.hpp"
#include "workloads/live_memory.hpp"
#include "workloads/network_profile.hpp"
#include "workloads/training.hpp"
#include "workloads/tuner.hpp"

namespace motley::workloads {
namespace {

/// In the asynchronous residency modes; 50 in `papers.md` 1.7, fewer so that large networks are
/// sampled more than once a block.
constexpr unsigned steps_between_losses = 20;

std::string spec(const ModelFamily& family, const Workbench& bench) {
  std::string text = family.name;
  for (std::size_t i = 0; i < family.parameters.size(); ++i) {
    const std::string& name = family.parameters[i].name;
    text += (i == 0 ? ":" : ",") + name + "=" + schema::to_string(bench.parameters().at(name));
  }
  return text;
}

Places places(Workbench& bench, Residency residency) {
  Places result{bench.processor(), bench.queue(), nullptr, nullptr};
  if (residency == Residency::shared && bench.processor().members() == 0) {
    result.host = &bench.host();
    result.host_queue = bench.keep(bench.host().queue()).get();
  }
  return result;
}

/// A run of several steps, where the loss of most is not read back.
void scale(schema::Work& work, double runs) {
  work.flops *= runs;
  work.bytes_read *= runs;
  work.bytes_written *= runs;
  work.operations *= runs;
}

Trial prepare_training(const ModelFamily& family, Workbench& bench) {
  TrainingOptions options;
  options.model = spec(family, bench);
  options.batch = bench.integer("batch");
  options.optimizer.kind = bench.text("optimizer");
  options.residency = residency_from(bench.text("residency"));
  options.optimizer.separate = options.residency == Residency::framework;
  options.loss_period = steps_between_losses;
  options.seed = bench.seed();
  const Places where = places(bench, options.residency);
  const LiveMemory live(where, bench.machine());
  auto& training = *bench.keep(std::make_unique<Training>(
      options, where,
      chooser_named(bench.text("implementation"), bench.processor(), bench.tier(), bench.seed())));
  const auto memory = live.measured(training);
  const std::uint64_t steps = training.execution().period_of_download(training.model().loss);
  auto& check = bench.keep(NetworkCheck(training, steps));
  Trial trial;
  trial.work = work_of(training.execution().graph());
  trial.tolerance = 1;
  scale(trial.work, double(steps));
  trial.run = [&training, steps](Queue&) {
    for (std::uint64_t i = 0; i < steps; ++i) training.step();
  };
  trial.reset = [&training](Queue&) { training.reset(); };
  trial.error = [&check](Queue&) { return check.error(); };
  trial.profile = [&training, steps, memory](Queue&) {
    RunProfile profile =
        profile_of(training.execution(), training.scalars(), training.steps(), steps);
    profile.memory.insert(memory.begin(), memory.end());
    return profile;
  };
  trial.details = facts_of(training.execution().plan());
  if (bench.text("implementation") == "auto") trial.selected_by = "auto";
  trial.details["steps_per_run"] = std::int64_t(steps);
  trial.details["worst_operator"] = check.worst();
  return trial;
}

Trial prepare_inference(const ModelFamily& family, Workbench& bench) {
  InferenceOptions options;
  options.model = spec(family, bench);
  options.batch = bench.integer("batch");
  options.seed = bench.seed();
  const Places where = places(bench, Residency::resident);
  const LiveMemory live(where, bench.machine());
  auto& inference = *bench.keep(std::make_unique<Inference>(
      options, where,
      chooser_named(bench.text("implementation"), bench.processor(), bench.tier(), bench.seed())));
  const auto memory = live.measured(inference);
  auto& check = bench.keep(NetworkCheck(inference));
  Trial trial;
  trial.work = work_of(inference.execution().graph());
  trial.tolerance = 1;
  trial.run = [&inference](Queue&) { inference.run(); };
  trial.reset = [&inference](Queue&) { NetworkCheck::reset(inference); };
  trial.error = [&check](Queue&) { return check.error(); };
  trial.profile = [&inference, memory](Queue&) {
    RunProfile profile = profile_of(inference.execution(), inference.scalars(), 0);
    profile.memory.insert(memory.begin(), memory.end());
    return profile;
  };
  trial.details = facts_of(inference.execution().plan());
  if (bench.text("implementation") == "auto") trial.selected_by = "auto";
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
  result.tier = family.tier;
  for (const FamilyParameter& one : family.parameters) {
    std::vector<schema::Value> values(one.studied.begin(), one.studied.end());
    if (values.empty()) values = {one.fallback};
    result.axes.push_back(open_axis(one.name, one.summary, std::move(values)));
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
  result.axes.push_back({"implementation",
                         "auto: the fastest, measured; first: unmeasured; or a name that is "
                         "preferred, as opencl/naive",
                         [](Processor& processor, Tier) {
                           const std::vector<std::string> names = chooser_names(processor);
                           return std::vector<schema::Value>(names.begin(), names.end());
                         },
                         false});
  result.axes.push_back(axis("dtype", "Of all tensors", {"f32"}));
  result.keep = [](const schema::Parameters& unset, Tier) {
    const auto is = [&](const char* name, const char* value) {
      const auto found = unset.find(name);
      return found == unset.end() || schema::to_string(found->second) == value;
    };
    return is("optimizer", "momentum") && is("implementation", "auto");
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
