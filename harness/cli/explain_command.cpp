// motley explain: where a step of training or an inference went, and what the microbenchmarks of
// the same records say that it should take.
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "analysis/explain_text.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/options.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::cli {
namespace {

using namespace analysis;
using Json = nlohmann::ordered_json;

struct Wanted {
  std::vector<std::string> files;
  ExplainWanted only;
  bool json = false, details = false;
};

Json json_of(const Prediction& predicted) {
  Json json = Json::object();
  for (const Model model : all_models) {
    if (predicted[model]) json[to_string(model) + "_seconds"] = *predicted[model];
  }
  return json;
}

Json json_of(const std::vector<Cause>& causes) {
  Json all = Json::array();
  for (const Cause& one : causes) {
    Json json = {{"cause", one.name},
                 {"kind", to_string(one.kind)},
                 {"seconds", one.seconds},
                 {"share", one.share}};
    if (one.count > 0) json["calls"] = one.count;
    if (one.predicted_seconds) json["predicted_seconds"] = *one.predicted_seconds;
    all.push_back(std::move(json));
  }
  return all;
}

Json json_of(const Explanation& one) {
  Json json = {{"network", one.network},
               {"processor", one.processor},
               {"key", schema::to_string(one.block->key)},
               {"sentences", one.sentences},
               {"whole_seconds", one.whole_seconds},
               {"profiled_seconds", one.profiled_seconds},
               {"unattributed_seconds", one.unattributed_seconds},
               {"distorted", one.distorted},
               {"causes", json_of(one.causes)},
               {"host", json_of(one.host)},
               {"savings", Json::array()},
               {"predicted", json_of(one.prediction.predicted)},
               {"operators", Json::array()}};
  for (const Saving& saving : one.savings) {
    json["savings"].push_back({{"what", saving.what},
                               {"seconds", saving.seconds},
                               {"measured", saving.measured},
                               {"basis", saving.basis}});
  }
  for (const OperatorPrediction& op : one.prediction.operators) {
    json["operators"].push_back({{"name", op.name},
                                 {"kind", op.kind},
                                 {"phase", op.phase},
                                 {"implementation", op.implementation},
                                 {"measured_seconds", op.measured_seconds},
                                 {"predicted", json_of(op.predicted)}});
  }
  return json;
}

std::string json_of(const Explanations& all) {
  Json json = {{"emulated", all.emulated},
               {"networks", Json::array()},
               {"accuracies", Json::array()},
               {"missing", all.missing}};
  for (const Explanation& one : all.networks) json["networks"].push_back(json_of(one));
  for (const Accuracy& one : all.accuracies) {
    json["accuracies"].push_back({{"processor", one.processor},
                                  {"family", one.family},
                                  {"model", to_string(one.model)},
                                  {"count", one.count},
                                  {"median_error", one.median_error},
                                  {"within_tenth", one.within_tenth},
                                  {"median_ratio", one.median_ratio}});
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

int show(const Wanted& wanted) {
  const schema::Log log = schema::read_logs(wanted.files, schema::CutLine::pass_over);
  const Explanations all = explain(log, wanted.only);
  fmt::print("{}", wanted.json ? json_of(all) : explain_text(all, wanted.details));
  return all.networks.empty() ? nothing_measured : done;
}

const CommandRegistration registration("explain", [](Commands& commands) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& command = commands.add("explain", "Where a step or an inference went, and why",
                                   [wanted] { return show(*wanted); });
  command
      .add_option("files", wanted->files,
                  "Files of records of one device; with flops, bandwidth, launch and transfer "
                  "cases among them times are predicted too")
      ->required();
  command.add_option("--case", wanted->only.network, "Part of a network's name: lenet5/training");
  command.add_option("--on", wanted->only.processor, "One processor: opencl:0");
  command.add_flag("--details", wanted->details, "All operators, and errors by kind of operator");
  command.add_flag("--json", wanted->json, "The same as JSON");
});

}  // namespace
}  // namespace motley::cli
