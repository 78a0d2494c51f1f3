#include "harness/cli/network_request.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <set>
#include <sstream>

#include "harness/error.hpp"
#include "harness/plan.hpp"
#include "harness/resources.hpp"
#include "harness/scenario.hpp"
#include "harness/scenarios/conclusions.hpp"
#include "harness/scenarios/trace.hpp"
#include "workloads/tuner.hpp"

namespace motley::cli {
namespace {

using namespace workloads;

Fallback fallback_of(const Options& options) {
  Fallback fallback{!options.fallback.empty(), {}};
  for (const std::string& one : options.place) {
    const std::size_t equals = one.rfind('=');
    if (equals == std::string::npos || one.substr(equals) != "=cpu") {
      throw BadArgument("--place " + one +
                        " (operators are computed where --on says, or on the CPU). Write "
                        "--place NAME=cpu.");
    }
    fallback.operators.insert(one.substr(0, equals));
  }
  return fallback;
}

/// Whatever the processor: where no device computes, a wrong name would stay unseen.
void refuse_unknown_operators(const Graph& graph, const Fallback& fallback) {
  std::vector<std::string> known;
  for (const Operator& op : graph.operators()) known.push_back(op.name);
  for (const std::string& name : fallback.operators) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw UnknownName("operator", name, known);
    }
  }
}

/// Empty: the processor knows it.
std::string refusal_of(const std::string& implementation, const Processor& processor) {
  try {
    refuse_unknown_chooser(implementation, processor);
    return {};
  } catch (const UnknownName& error) {
    return error.what();
  }
}

/// Options that are no part of the model's name and have another value than when not given.
void add_unusual(const Options& options, schema::Parameters& parameters) {
  const Options usual;
  const auto add = [&](const char* name, double Options::*value) {
    if (options.*value != usual.*value) parameters[name] = options.*value;
  };
  add("learning_rate", &Options::learning_rate);
  add("weight_decay", &Options::weight_decay);
  add("clip_norm", &Options::clip_norm);
  const std::string& data = options.data_set;
  if (!data.empty() && data != build_model(options.model, {1, true}).data_set) {
    parameters["data_set"] = data;
  }
}

schema::Key key_of(const Options& options, const std::string& processor, bool training) {
  schema::Key key;
  const std::string family = options.model.substr(0, options.model.find(':'));
  key.case_name = family + (training ? "/training" : "/inference");
  key.processor = processor;
  key.parameters = {{"model", options.model},
                    {"batch", options.batch.value_or(training ? 32 : 1)},
                    {"implementation", options.implementation},
                    {"dtype", std::string("f32")}};
  const std::string resources = resources_key(parse_resources(options.resources));
  if (!resources.empty()) key.parameters["resources"] = resources;
  if (!options.fallback.empty()) key.parameters["fallback"] = options.fallback;
  if (!options.place.empty()) {
    key.parameters["place"] = fmt::format("{}", fmt::join(options.place, ","));
  }
  if (!training) return key;
  key.parameters["optimizer"] = options.optimizer;
  key.parameters["residency"] = to_string(residency_from(options.residency));
  add_unusual(options, key.parameters);
  return key;
}

std::string training_scenario(const Options& options) {
  if (!options.scenarios.empty()) {
    throw BadArgument("motley train says itself how steps are repeated. Leave --scenario out.");
  }
  return options.to_accuracy ? "train_to_accuracy" : "train_steps";
}

/// As they key records; --rate and --steps are parameters of theirs.
std::vector<std::string> query_scenarios(const Options& options) {
  std::vector<std::string> all;
  if (options.scenarios.empty()) {
    if (options.rate) {
      throw BadArgument("--rate needs a --scenario that has one, as server_poisson.");
    }
    all.push_back(options.steps ? fmt::format("single_stream:queries={},seconds={}", *options.steps,
                                              unlimited_seconds)
                                : "single_stream:seconds=2");
  }
  for (std::string text : options.scenarios) {
    const char* separator = text.find(':') == std::string::npos ? ":" : ",";
    if (options.rate)
      text += fmt::format("{}rate={}", std::exchange(separator, ","), *options.rate);
    if (options.steps) text += fmt::format("{}queries={}", separator, *options.steps);
    all.push_back(text);
  }
  for (std::string& text : all) {
    const Spec spec = scenario_spec(text);
    if (!std::holds_alternative<Queried>(find_scenario(spec.name()).implementation)) {
      throw BadArgument(spec.name() +
                        " asks no queries of a network. motley list --scenarios "
                        "shows those that do.");
    }
    text = spec.canonical();
  }
  return all;
}

}  // namespace

TrainingOptions training_options(const Options& options) {
  TrainingOptions training;
  training.model = options.model;
  training.batch = options.batch.value_or(32);
  training.optimizer.kind = options.optimizer;
  training.optimizer.weight_decay = options.weight_decay;
  training.optimizer.clip_norm = options.clip_norm;
  training.learning_rate = options.learning_rate;
  training.residency = residency_from(options.residency);
  training.optimizer.separate = training.residency == Residency::framework;
  training.loss_period = unsigned(std::clamp<std::uint64_t>(options.steps.value_or(50), 1, 50));
  training.seed = options.seed;
  training.fallback = fallback_of(options);
  if (training.residency == Residency::shared && training.fallback.wanted()) {
    throw BadArgument(
        "--residency shared with --fallback or --place (who may touch the tensors is the mode's "
        "own rule). Choose another mode.");
  }
  refuse_unknown_operators(training_model(training).graph, training.fallback);
  return training;
}

InferenceOptions inference_options(const Options& options) {
  InferenceOptions inference{options.model, options.batch.value_or(1), options.seed,
                             fallback_of(options)};
  refuse_unknown_operators(inference_model(inference).graph, inference.fallback);
  return inference;
}

LearningGoal goal_of(const Options& options) {
  return {options.steps, options.to_accuracy, options.most_epochs, 2000};
}

std::unique_ptr<DataSet> data_for(const Options& options) {
  const Model model = build_model(options.model, {1, true});
  DataOptions data;
  data.name = options.data_set.empty() ? model.data_set : options.data_set;
  data.folder = options.data_folder;
  data.seed = options.seed;
  const Shape& input = model.graph.tensor(model.input).type.shape;
  if (input.size() == 2) data.context = input[1];
  if (data.name.empty()) {
    throw BadArgument(options.model +
                      " has no data set of its own (there is nothing to learn). Name one with "
                      "--data-set, or measure it with motley run.");
  }
  return open_data_set(data);
}

std::vector<schema::Processor> processors_for(const Options& options, Machine& machine) {
  std::vector<schema::Processor> processors;
  std::vector<std::string> refusals;
  const std::int64_t threads = parse_resources(options.resources).integer("threads");
  for (const std::string& named :
       options.on.empty() ? std::vector<std::string>{"cpu"} : options.on) {
    const std::string id = with_threads(machine, named, threads);
    const auto same = [&](const schema::Processor& one) { return one.id == id; };
    if (std::any_of(processors.begin(), processors.end(), same)) continue;
    processors.emplace_back().id = id;
    try {
      const auto opened = machine.open(id);
      processors.back() = opened->description();
      const std::string refusal = refusal_of(options.implementation, *opened);
      if (!refusal.empty()) refusals.push_back(refusal);
    } catch (const UnknownName&) {
      throw;
    } catch (const std::exception& error) {  // its block will say so
      processors.back().facts["error"] = std::string(error.what());
    }
  }
  if (refusals.size() == processors.size()) throw BadArgument(refusals.front());
  return processors;
}

std::vector<schema::Key> keys_of(const Options& options,
                                 const std::vector<schema::Processor>& processors, bool training) {
  const std::vector<std::string> scenarios =
      training ? std::vector{training_scenario(options)} : query_scenarios(options);
  std::vector<schema::Key> keys;
  for (const schema::Processor& processor : processors) {
    for (const std::string& scenario : scenarios) {
      for (const std::string& load : selection(options).loads) {
        schema::Key key = key_of(options, processor.id, training);
        key.scenario = scenario;
        key.load = load;
        keys.push_back(std::move(key));
      }
    }
  }
  return keys;
}

std::string repro_of(const Options& options, const schema::Key& key) {
  std::string text;
  for (const char* name : {"MOTLEY_EMULATE", "MOTLEY_FAULT"}) {
    if (const char* value = std::getenv(name))
      text += fmt::format("{}={} ", name, shell_word(value));
  }
  text += "motley";
  std::set<std::string> replaced{"--on", "--out", "--load"};
  if (!options.scenarios.empty()) replaced.insert({"--scenario", "--rate", "--steps"});
  for (std::size_t i = 1; i < options.argv.size(); ++i) {
    const std::string& word = options.argv[i];
    const std::string name = word.substr(0, word.find('='));
    if (!replaced.contains(name)) {
      text += " " + shell_word(word);
    } else if (name == word) {
      ++i;
    }
  }
  if (!options.scenarios.empty())
    text += " --scenario " + shell_word(with_trace_files(key.scenario));
  if (key.load != "none") text += " --load " + shell_word(key.load);
  std::istringstream processors(key.processor);  // of a mix several: cpu:0+cpu:1
  for (std::string one; std::getline(processors, one, '+');) text += " --on " + shell_word(one);
  return text;
}

}  // namespace motley::cli
