#include "harness/cli/together_request.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

#include "harness/axis_values.hpp"
#include "harness/cli/network_request.hpp"
#include "harness/error.hpp"
#include "harness/resources.hpp"
#include "workloads/graph/fuse.hpp"
#include "workloads/together/one_layer.hpp"
#include "workloads/together/stages.hpp"

namespace motley::cli {
namespace {

using namespace workloads;

std::vector<std::string> pieces(const std::string& text, char separator) {
  std::vector<std::string> all;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    all.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

/// With its loss, which a stage computes too.
Model forward_in_training(const Options& options) {
  Model model = build_model(options.model, {options.batch.value_or(32), true});
  fuse(model.graph);
  return model;
}

/// Cut points, evenly taken where there are more than anybody wants to see.
std::vector<std::string> all_cuts(const Options& options) {
  constexpr std::size_t most = 12;
  const std::vector<CutPoint> points = cut_points(
      options.micro_batches > 0 ? forward_in_training(options)
                                : network(options.model, options.batch.value_or(1), options.seed));
  std::vector<std::string> chosen;
  const std::size_t count = std::min(points.size(), most);
  for (std::size_t i = 0; i < count; ++i) {
    chosen.push_back(points[(2 * i + 1) * points.size() / (2 * count)].name);
  }
  return chosen;
}

void refuse_unknown_rule(const std::string& text) {
  const std::string name = split_spec(text).first;
  std::vector<std::string> known;
  for (const PlacementRule& one : placement_rules()) known.push_back(one.name);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    throw UnknownName("placement", name, known);
  }
}

void add(Division::Way way, const std::vector<std::string>& texts, const Options& options,
         std::vector<Division>& all) {
  for (const std::string& text : texts) {
    for (const std::string& one : each_of_ranges(text)) {
      for (const std::string& name : options.synchronisation) {
        all.push_back({way, one, synchronisation_from(name)});
      }
    }
  }
}

}  // namespace

std::string Division::axis() const {
  switch (way) {
    case Way::operators:
      return "placement";
    case Way::split:
      return "split";
    case Way::pipeline:
    case Way::training_pipeline:
      return "cut";
    case Way::training:
      return "batch_ratio";
  }
  return "";
}

std::vector<std::string> each_of_ranges(const std::string& text) {
  const std::size_t colon = text.find(':');
  std::vector<std::string> all{
      text.substr(0, colon == std::string::npos ? text.size() : colon + 1)};
  if (colon == std::string::npos) {
    if (text.find("..") == std::string::npos) return {text};
    all = {""};
    for (const schema::Value& value : parse_axis_values("value=" + text).values) {
      all.push_back(schema::to_string(value));
    }
    all.erase(all.begin());
    return all;
  }
  bool first = true;
  for (const std::string& piece : pieces(text.substr(colon + 1), ',')) {
    std::vector<std::string> values{piece};
    if (piece.find("..") != std::string::npos) {
      const AxisValues range = parse_axis_values(piece);
      values.clear();
      for (const schema::Value& value : range.values) {
        values.push_back(range.axis + "=" + schema::to_string(value));
      }
    }
    std::vector<std::string> longer;
    for (const std::string& before : all) {
      for (const std::string& value : values) longer.push_back(before + (first ? "" : ",") + value);
    }
    all = std::move(longer);
    first = false;
  }
  return all;
}

std::vector<Division> divisions(const Options& options) {
  std::vector<Division> all;
  add(Division::Way::operators, options.placement, options, all);
  add(Division::Way::split, options.split, options, all);
  add(Division::Way::training, options.batch_ratio, options, all);
  for (const std::string& cut : options.cut) {
    const std::vector<std::string> cuts =
        cut == "all" ? all_cuts(options) : std::vector<std::string>{cut};
    if (options.micro_batches > 0) {
      add(Division::Way::training_pipeline, cuts, options, all);
      continue;
    }
    for (const std::string& one : cuts) all.push_back({Division::Way::pipeline, one});
  }
  if (all.empty()) {
    throw BadArgument(
        "no way to divide the network was named. Add --split conv2d:ratio=0..1+0.1, --placement "
        "cost, --cut all or --batch-ratio 0..1+0.25.");
  }
  for (const Division& one : all) {
    if (one.way == Division::Way::split) split_wish_from(one.text);
    if (one.way == Division::Way::operators) refuse_unknown_rule(one.text);
  }
  return all;
}

schema::Key key_of(const Options& options, const Division& division,
                   const std::string& processors) {
  schema::Key key;
  const bool training = division.trains();
  const bool layer = is_layer_spec(options.model);
  const std::string family = options.model.substr(0, options.model.find(':'));
  key.case_name = layer ? family : family + (training ? "/training" : "/inference");
  key.processor = processors;
  key.scenario = training ? "train_steps" : "single_stream";
  key.parameters = {{"model", options.model},
                    {"batch", options.batch.value_or(training ? 32 : 1)},
                    {"implementation", options.implementation},
                    {"dtype", std::string("f32")},
                    {division.axis(), division.text}};
  if (division.way == Division::Way::training_pipeline) {
    key.parameters["micro_batches"] = std::int64_t(options.micro_batches);
  }
  if (division.way != Division::Way::pipeline) {
    key.parameters["synchronisation"] = to_string(division.synchronisation);
  } else {
    key.parameters["depth"] = std::int64_t(options.depth);
  }
  const std::string resources = resources_key(parse_resources(options.resources));
  if (!resources.empty()) key.parameters["resources"] = resources;
  return key;
}

std::string repro_of(const Options& options, const Division& division) {
  std::string text = "motley together " + options.model;
  for (const std::string& id : options.on) text += " --on " + id;
  std::string option = division.axis();
  std::replace(option.begin(), option.end(), '_', '-');
  text += fmt::format(" --{} '{}'", option, division.text);
  if (division.way != Division::Way::pipeline) {
    text += " --synchronisation " + to_string(division.synchronisation);
  }
  if (division.way == Division::Way::training_pipeline) {
    text += fmt::format(" --micro-batches {}", options.micro_batches);
  }
  if (options.batch) text += fmt::format(" --batch {}", *options.batch);
  if (options.allow_overlap) text += " --allow-overlap";
  if (!options.resources.empty()) text += " --resources " + options.resources;
  return text + fmt::format(" --implementation {} --rounds {} --runs {} --seed {}",
                            options.implementation, options.rounds.value_or(default_rounds),
                            options.runs, options.seed);
}

void add_together(CLI::App& app, Options& options) {
  CLI::App* together = app.add_subcommand(
      "together", "Run one network on several processors at once; shows what that gains and costs");
  const auto many = [&](const char* name, std::vector<std::string>& to, const char* text,
                        const char* type) {
    together->add_option(name, to, text)->type_name(type)->allow_extra_args(false);
  };
  together
      ->add_option("model", options.model,
                   "Family, or family:parameter=value,..., or one layer, op/conv2d:shape=NAME")
      ->required()
      ->type_name("MODEL");
  many("--on", options.on, "Processors, two or more: cpu:1, opencl:0/0of2 ...", "PROCESSOR");
  many("--split", options.split,
       "Operators by name or kind in two parts: conv2d:axis=height,ratio=0..1+0.1,chain=1 "
       "(axis: channels, height or batch; ratio: the second processor's share)",
       "WHAT:...");
  many("--placement", options.placement,
       "Whole operators: cost, branches, fixed:NAME=place,..., random:seed=1..3+1, "
       "unsupported:share=0.1,clustered=1,seed=1",
       "RULE:...");
  many("--cut", options.cut,
       "A pipeline: the operator that ends the first stage; NAME+NAME for three; all: each in turn",
       "NAME");
  together
      ->add_option("--micro-batches", options.micro_batches,
                   "The pipelines are of training, and the batch goes through in so many parts "
                   "(default: inference)")
      ->check(CLI::Range(1, 100000).description(""))
      ->type_name("N");
  many("--batch-ratio", options.batch_ratio,
       "Training: the second processor's share of the batch, as 0..1+0.25", "RATIO");
  many("--synchronisation", options.synchronisation,
       "How one learns that the other is ready: finish, event_wait, event_poll, callback, "
       "mapped_flag",
       "NAME");
  together->add_option("--depth", options.depth, "Inferences that wait between two stages, at most")
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("N")
      ->capture_default_str();
  together->add_option("--batch", options.batch, "Samples a run (default: 1; 32 in training)")
      ->type_name("N");
  together->add_option("--rounds", options.rounds, "Turns of each, interleaved (default: 5)")
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("N");
  together->add_option("--runs", options.runs, "Runs in a turn; inferences of a pipeline's stream")
      ->check(CLI::Range(2, 100000).description(""))
      ->type_name("N")
      ->capture_default_str();
  together->add_flag("--allow-overlap", options.allow_overlap,
                     "Also processors that share cores (else refused)");
  together
      ->add_option("--implementation", options.implementation,
                   "auto (measured), first (unmeasured), or a name that is preferred")
      ->type_name("NAME")
      ->capture_default_str();
  together
      ->add_option("--resources", options.resources,
                   "What may be used: priority=5,memory=512M,frequency_cap_mhz=1200 ...")
      ->type_name("NAME=VALUE,...");
  together->add_option("--seed", options.seed, "Of parameters and data")
      ->type_name("N")
      ->capture_default_str();
  together->add_option("--out", options.out, "File to write (default: motley-<time>.jsonl)")
      ->type_name("FILE.jsonl");
  together->add_option("--tuning", options.tuning, "File of choices of implementations")
      ->type_name("FILE.jsonl");
}

}  // namespace motley::cli
