#include "analysis/explain.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "analysis/explain_causes.hpp"
#include "analysis/network_names.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

/// Their microbenchmarks' figures beside what the calls took.
void predict_calls(const ProfiledNetwork& network, const CallCosts& costs, Explanation& to) {
  const auto count = [&](const char* name) { return network.figure("counts", name); };
  const double to_host = count("copies_to_host"), to_device = count("copies_to_device");
  for (Cause& cause : to.causes) {
    std::optional<double>& predicted = cause.predicted_seconds;
    const bool gives = cause.name == "giving launches" || cause.name == "giving conversions";
    if (gives && costs.launch_seconds) {
      predicted = cause.count * *costs.launch_seconds;
    } else if (cause.name == "copies to the device" && to_device > 0) {
      predicted = costs.write_seconds(count("bytes_to_device") / to_device);
      if (predicted) *predicted *= to_device;
    } else if (cause.name == "waiting in copies" && to_host > 0 && costs.read) {
      predicted = to_host * transfer_seconds(*costs.read, 4);
    } else if (cause.name == "copies to the host" && to_host > 0 && costs.read) {
      const double all = *costs.read_seconds(count("bytes_to_host") / to_host);
      predicted = to_host * std::max(0.0, all - transfer_seconds(*costs.read, 4));
    }
  }
}

/// Whether a device is worth its while.
void compare_with_cpu(const ProfiledNetwork& network, const std::vector<ProfiledNetwork>& others,
                      Explanation& to) {
  schema::Key wanted = network.key();
  wanted.processor = "cpu";
  wanted.parameters.erase("residency");
  for (const ProfiledNetwork& other : others) {
    schema::Key key = other.key();
    key.parameters.erase("residency");
    const double seconds = whole_seconds(other);
    if (key != wanted || !to.on_device || seconds <= 0 || to.whole_seconds <= 0) continue;
    const double ratio = to.whole_seconds / seconds;
    to.sentences.push_back(fmt::format("cpu takes {} for the same: {} takes {:.2g} times as long.",
                                       seconds_text(seconds), to.processor, ratio));
    return;
  }
}

Explanation explanation(const ProfiledNetwork& network, const std::vector<ProfiledNetwork>& others,
                        const CallCosts& costs, StepPrediction prediction) {
  Explanation result;
  result.block = network.block;
  result.processor = network.key().processor;
  result.network = prediction.network;
  result.training = network.key().case_name.ends_with("/training");
  result.on_device = network.block->timeline.contains("device");
  result.distorted = network.figure("counts", "distorted") > 0;
  result.whole_seconds = whole_seconds(network);
  result.profiled_seconds = network.figure("run", "profiled_seconds");
  result.unattributed_seconds = network.figure("run", "unattributed_seconds");
  result.prediction = std::move(prediction);
  find_causes(network, result);
  predict_calls(network, costs, result);
  find_savings(network, others, costs, result);
  find_sentences(network, result);
  compare_with_cpu(network, others, result);
  return result;
}

bool is_wanted(const StepPrediction& step, const ProfiledNetwork& network,
               const ExplainWanted& wanted) {
  const bool named = step.network.find(wanted.network) != std::string::npos ||
                     network.key().case_name.find(wanted.network) != std::string::npos;
  return named && (wanted.processor.empty() || wanted.processor == step.processor);
}

/// What would be needed for all models, on each processor of what is explained.
std::vector<std::string> missing(const std::vector<Explanation>& all,
                                 const std::map<std::string, CallCosts>& costs) {
  std::vector<std::string> lines;
  for (const auto& [processor, own] : costs) {
    bool has_roof = true, explained = false, on_device = false;
    for (const Explanation& one : all) {
      if (one.processor != processor) continue;
      explained = true;
      on_device = on_device || one.on_device;
      for (const OperatorPrediction& op : one.prediction.operators) {
        has_roof = has_roof && op.predicted[Model::roofline].has_value();
      }
    }
    std::vector<std::string> families;
    if (!has_roof) families = {"flops", "bandwidth"};
    if (!own.launch_seconds || (on_device && !own.wait_seconds)) families.push_back("launch");
    if (on_device && !own.has_transfers()) families.push_back("transfer");
    if (!explained || families.empty()) continue;
    lines.push_back(fmt::format(
        "{}: {} not measured in these records (some predictions are missing). Add a file of: "
        "motley run --filter '^({})/' --on {}",
        processor, fmt::join(families, ", "), fmt::join(families, "|"), processor));
  }
  return lines;
}

}  // namespace

Explanations explain(const schema::Log& log, const ExplainWanted& wanted) {
  const std::vector<Measurement> all = measurements(log);
  const std::vector<ProfiledNetwork> networks = profiled_networks(log);
  Predictions predictions = predict(log);
  std::map<std::string, CallCosts> costs;
  Explanations result;
  result.emulated = is_emulated(log);
  for (std::size_t i = 0; i < networks.size(); ++i) {
    StepPrediction& step = predictions.steps[i];
    if (!(networks[i].figure("run", "profiled_seconds") > 0)) continue;
    if (!is_wanted(step, networks[i], wanted)) continue;
    const auto [own, is_new] = costs.try_emplace(step.processor);
    if (is_new) own->second = call_costs(log, all, step.processor);
    result.networks.push_back(explanation(networks[i], networks, own->second, std::move(step)));
  }
  result.accuracies = std::move(predictions.accuracies);
  result.missing = missing(result.networks, costs);
  return result;
}

}  // namespace motley::analysis
