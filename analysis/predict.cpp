#include "analysis/predict.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "analysis/network_names.hpp"
#include "analysis/operator_laws.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

/// Below this nothing is measured.
constexpr double least_seconds = 1e-9;
constexpr double tenth = 0.1;

struct ProcessorFacts {
  std::int64_t cores = 0, lanes = 1;
  bool is_device = false;  ///< OpenCL: its operators' times are those of its own clock
  CallCosts costs;
};

std::int64_t cores_of(const schema::Processor& processor) {
  const auto units = processor.facts.find("compute_units");
  if (units != processor.facts.end()) {
    const auto* count = std::get_if<std::int64_t>(&units->second);
    return count ? *count : 0;
  }
  const auto cores = processor.facts.find("cores");
  if (cores == processor.facts.end()) return 0;
  const auto* names = std::get_if<std::vector<std::string>>(&cores->second);
  return names ? std::int64_t(names->size()) : 0;
}

ProcessorFacts facts_of(const schema::Log& log, const std::vector<Measurement>& all,
                        const std::string& id) {
  ProcessorFacts facts;
  facts.is_device = id.starts_with("opencl");
  facts.costs = call_costs(log, all, id);
  for (const schema::Run& run : log.runs) {
    for (const schema::Processor& one : run.processors) {
      if (one.id == id) facts.cores = std::max(facts.cores, cores_of(one));
    }
  }
  for (const schema::Block& block : log.blocks) {
    if (block.key.case_name != "flops/fp32" || block.key.processor != id) continue;
    const auto found = block.details.find("lanes");
    if (found == block.details.end()) continue;
    const auto* lanes = std::get_if<std::int64_t>(&found->second);
    if (lanes && *lanes > 0 && *lanes <= 64) facts.lanes = std::max(facts.lanes, *lanes);
  }
  return facts;
}

/// Of one network on one processor.
class Step {
 public:
  Step(const ProfiledNetwork& network, const Ceilings& ceilings, const ProcessorFacts& facts)
      : network_(network), facts_(facts) {
    const double memory = network.memory_bytes();
    const std::string& processor = network.key().processor;
    const auto working_set = memory > 0 ? std::optional(memory) : std::nullopt;
    roof_ = ceilings.roof(processor, dtype_of(network.key()), working_set);
    const MemoryCeiling* level = working_set ? ceilings.level_of(processor, *working_set) : nullptr;
    shares_bandwidth_ = !level || level->main_memory;
  }

  StepPrediction predict() {
    result_.processor = network_.key().processor;
    for (const ProfiledOperator& one : network_.operators) {
      if (network_.on_cpu.contains(one.name)) continue;
      result_.operators.push_back(operator_prediction(one));
    }
    predict_calls();
    for (const Model model : {Model::flops, Model::roofline, Model::calls, Model::blocks}) {
      result_.predicted[model] = sum(model);
    }
    add_calls(Model::calls);
    add_calls(Model::blocks);
    return std::move(result_);
  }

 private:
  OperatorPrediction operator_prediction(const ProfiledOperator& one) const {
    OperatorPrediction result{one.name, one.kind, one.phase, one.implementation, one.seconds, {}};
    const double flops = one.executed_flops, bytes = one.executed_bytes;
    if (roof_.peak.per_second > 0) result.predicted[Model::flops] = flops / roof_.peak.per_second;
    if (!roof_.known()) return result;
    const double least = roof_.least_seconds(flops, bytes);
    result.predicted[Model::roofline] = least;
    const std::optional<double> calls = call_seconds(one);
    if (!calls) return result;
    result.predicted[Model::calls] = least + *calls;
    const double busy = occupancy(one, facts_.cores);
    const double arithmetic = flops * padding(one, facts_.lanes) / (roof_.peak.per_second * busy);
    const double memory = bytes / (roof_.bytes_per_second * (shares_bandwidth_ ? 1 : busy));
    result.predicted[Model::blocks] = std::max(arithmetic, memory) + *calls;
    return result;
  }

  /// What an operator's own figure holds of calls: on a CPU all of it, on a device nothing.
  std::optional<double> call_seconds(const ProfiledOperator& one) const {
    if (facts_.is_device) return 0;
    if (!facts_.costs.launch_seconds) return std::nullopt;
    const bool team = one.members.value_or(1) > 1;
    const double each = team ? facts_.costs.fork_join_seconds.value_or(*facts_.costs.launch_seconds)
                             : *facts_.costs.launch_seconds;
    return each * one.launches.value_or(1);
  }

  void predict_calls() {
    const auto count = [&](const char* name) { return network_.figure("counts", name); };
    const CallCosts& costs = facts_.costs;
    if (facts_.is_device && costs.launch_seconds) {
      result_.launches_seconds = (count("launches") + count("conversions")) * *costs.launch_seconds;
    }
    const double to_host = count("copies_to_host"), to_device = count("copies_to_device");
    const double blocking = count("blocking_copies");
    if (to_host + to_device == 0) {
      result_.copies_seconds = 0;
    } else if (costs.has_transfers()) {
      const double wait = costs.wait_seconds.value_or(0);
      double seconds = 0;
      if (to_host > 0) seconds += to_host * *costs.read_seconds(count("bytes_to_host") / to_host);
      if (to_device > 0) {
        seconds += to_device * *costs.write_seconds(count("bytes_to_device") / to_device);
      }
      seconds = std::max(0.0, seconds - std::max(0.0, to_host - blocking) * wait);
      result_.copies_seconds = seconds + conversion_seconds();
    }
    // Behind a blocking copy nothing is left to wait for.
    const double waits = std::max(0.0, count("waits") - count("blocking_copies") - 1);
    const double last = blocking > 0 ? 0 : std::min(1.0, count("waits"));
    if (costs.wait_seconds) result_.waits_seconds = (waits + last) * *costs.wait_seconds;
    if (!facts_.is_device) result_.waits_seconds = result_.launches_seconds = 0;
  }

  /// Each reads what is copied and writes it in another layout, or the other way round.
  double conversion_seconds() const {
    const bool converts = network_.figure("counts", "conversions") > 0;
    if (!converts || roof_.bytes_per_second <= 0) return 0;
    const double bytes =
        network_.figure("counts", "bytes_to_host") + network_.figure("counts", "bytes_to_device");
    return 2 * bytes / roof_.bytes_per_second;
  }

  std::optional<double> sum(Model model) const {
    double all = 0;
    for (const OperatorPrediction& one : result_.operators) {
      if (!one.predicted[model]) return std::nullopt;
      all += *one.predicted[model];
    }
    return all;
  }

  void add_calls(Model model) {
    std::optional<double>& step = result_.predicted[model];
    const bool known = result_.launches_seconds && result_.copies_seconds && result_.waits_seconds;
    if (!known) step.reset();
    if (step) {
      *step += *result_.launches_seconds + *result_.copies_seconds + *result_.waits_seconds;
    }
  }

  const ProfiledNetwork& network_;
  const ProcessorFacts& facts_;
  Roof roof_;
  bool shares_bandwidth_ = true;
  StepPrediction result_;
};

/// The network without how it was run: another batch or residency mode of it is no other network.
std::string model_of(const schema::Key& key) {
  std::string text = key.case_name.substr(0, key.case_name.rfind('/'));
  for (const auto& [name, value] : key.parameters) {
    static const std::set<std::string> how{"batch",          "residency", "optimizer", "dtype",
                                           "implementation", "resources", "fallback",  "place"};
    if (!how.contains(name)) text += " " + name + "=" + schema::to_string(value);
  }
  return text;
}

using Ratios = std::map<std::pair<std::string, Model>, std::vector<double>>;  // by family

void add_ratio(Ratios& ratios, const std::string& family, double measured,
               const Prediction& predicted) {
  if (measured < least_seconds) return;
  for (const Model model : all_models) {
    if (predicted[model]) ratios[{family, model}].push_back(*predicted[model] / measured);
  }
}

Accuracy accuracy_of(const std::string& processor, const std::string& family, Model model,
                     const std::vector<double>& ratios) {
  std::vector<double> errors;
  for (const double ratio : ratios) errors.push_back(std::abs(ratio - 1));
  const auto near =
      std::count_if(errors.begin(), errors.end(), [](double error) { return error <= tenth; });
  return {model,         processor,      family,
          ratios.size(), median(errors), double(near) / double(ratios.size()),
          median(ratios)};
}

std::vector<Accuracy> accuracies(const std::vector<StepPrediction>& steps) {
  std::vector<std::string> processors;
  std::map<std::string, Ratios> by_processor;
  for (const StepPrediction& step : steps) {
    if (!by_processor.contains(step.processor)) processors.push_back(step.processor);
    Ratios& ratios = by_processor[step.processor];
    add_ratio(ratios, "steps", step.measured_seconds, step.predicted);
    for (const OperatorPrediction& one : step.operators) {
      add_ratio(ratios, "operators", one.measured_seconds, one.predicted);
      add_ratio(ratios, one.kind, one.measured_seconds, one.predicted);
    }
  }
  std::vector<Accuracy> result;
  for (const std::string& processor : processors) {
    const Ratios& all = by_processor[processor];
    const auto add = [&](bool kinds) {
      for (const auto& [key, ratios] : all) {
        const bool is_kind = key.first != "steps" && key.first != "operators";
        if (is_kind == kinds) {
          result.push_back(accuracy_of(processor, key.first, key.second, ratios));
        }
      }
    };
    add(false);
    add(true);
  }
  return result;
}

}  // namespace

std::string to_string(Model model) {
  switch (model) {
    case Model::flops:
      return "flops";
    case Model::roofline:
      return "roofline";
    case Model::calls:
      return "calls";
    case Model::blocks:
      return "blocks";
    case Model::calibrated:
      return "calibrated";
  }
  return "unknown";
}

Predictions predict(const schema::Log& log) {
  const std::vector<Measurement> all = measurements(log);
  const Ceilings ceilings(log, all);
  const NetworkNames names(all);
  const std::vector<ProfiledNetwork> networks = profiled_networks(log);
  std::map<std::string, ProcessorFacts> facts;
  Predictions result;
  OperatorLaws laws;
  for (const ProfiledNetwork& one : networks) {
    const schema::Key& key = one.key();
    const auto [own, is_new] = facts.try_emplace(key.processor);
    if (is_new) own->second = facts_of(log, all, key.processor);
    StepPrediction step = Step(one, ceilings, own->second).predict();
    step.network = names.name(key);
    for (const Measurement& other : all) {
      if (other.key == key) step.measured_seconds = other.value();
    }
    laws.add(step, model_of(key));
    result.steps.push_back(std::move(step));
  }
  for (std::size_t i = 0; i < networks.size(); ++i) {
    laws.calibrate(result.steps[i], model_of(networks[i].key()));
  }
  result.accuracies = accuracies(result.steps);
  return result;
}

}  // namespace motley::analysis
