// motley models: the networks that Motley builds, and what one consists of.
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

#include "analysis/text.hpp"
#include "harness/cli/options.hpp"
#include "workloads/description.hpp"

namespace motley::cli {
namespace {

using workloads::ModelDescription;

void print_families() {
  for (const workloads::ModelFamily& family : workloads::model_families()) {
    fmt::print("{}\n{}", family.name, analysis::wrapped("  " + family.summary, 80, 2));
    for (const workloads::FamilyParameter& one : family.parameters) {
      const std::string text = fmt::format("    {}={}: {}", one.name, one.fallback, one.summary);
      fmt::print("{}", analysis::wrapped(text, 80, 4));
    }
  }
}

void print_families_as_json() {
  nlohmann::json all = nlohmann::json::array();
  for (const workloads::ModelFamily& family : workloads::model_families()) {
    nlohmann::json parameters = nlohmann::json::array();
    for (const workloads::FamilyParameter& one : family.parameters) {
      parameters.push_back(
          {{"name", one.name}, {"default", one.fallback}, {"summary", one.summary}});
    }
    all.push_back({{"name", family.name}, {"summary", family.summary}, {"parameters", parameters}});
  }
  std::cout << all.dump(2) << "\n";
}

/// Counts that a double holds exactly.
nlohmann::json count(double value) {
  return static_cast<std::int64_t>(value);
}

nlohmann::json counts(const std::map<std::string, double>& bytes) {
  nlohmann::json all = nlohmann::json::object();
  for (const auto& [name, value] : bytes) all[name] = count(value);
  return all;
}

nlohmann::json json(const ModelDescription& model) {
  nlohmann::json operators = nlohmann::json::array();
  for (const auto& op : model.operators) {
    operators.push_back({{"name", op.name},
                         {"kind", op.kind},
                         {"output", op.output},
                         {"parameters", count(op.parameters)},
                         {"macs", count(op.macs)}});
  }
  nlohmann::json all = {{"model", model.spec},
                        {"input", model.input},
                        {"batch", model.batch},
                        {"parameters", count(model.parameters)},
                        {"forward_macs", count(model.forward_macs)},
                        {"inference_memory_bytes", counts(model.inference_memory_bytes)},
                        {"operators", operators}};
  if (model.trains) {
    all["training_macs"] = count(model.training_macs);
    all["training_memory_bytes"] = counts(model.training_memory_bytes);
  }
  return all;
}

void print_memory(const char* title, const std::map<std::string, double>& bytes) {
  double all = 0;
  for (const auto& [category, size] : bytes) all += size;
  fmt::print("{:<26}{:>12.3f} MiB\n", title, all / 1048576);
  for (const auto& [category, size] : bytes) {
    if (size > 0) fmt::print("  {:<24}{:>12.3f}\n", category, size / 1048576);
  }
}

void print(const ModelDescription& model) {
  fmt::print("{}, input {}\n\n", model.spec, model.input);
  fmt::print("{:<28}{:<18}{:>13}{:>14}\n", "operator", "kind", "parameters", "MACs");
  for (const auto& op : model.operators) {
    fmt::print("{:<28.28}{:<18.18}{:>13.0f}{:>14.0f}\n", op.name, op.kind, op.parameters, op.macs);
    fmt::print("  {}\n", op.output);
  }
  fmt::print("\n{:<26}{:>16.0f}\n{:<26}{:>16.0f}\n", "parameters", model.parameters, "forward MACs",
             model.forward_macs);
  if (model.trains) fmt::print("{:<26}{:>16.0f}\n", "training MACs", model.training_macs);
  print_memory("memory of inference", model.inference_memory_bytes);
  if (model.trains) print_memory("memory of training", model.training_memory_bytes);
}

}  // namespace

int models_command(const Options& options) {
  if (options.model.empty()) {
    options.json ? print_families_as_json() : print_families();
    return done;
  }
  const ModelDescription model =
      workloads::describe_model(options.model, options.batch.value_or(1));
  if (options.json) {
    std::cout << json(model).dump(2) << "\n";
  } else {
    print(model);
  }
  return done;
}

}  // namespace motley::cli
