// motley crossover --axis width=16..2048*2 'train mlp:widths={width}-{width} --on cpu' '...
// opencl:0'
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/crossover.hpp"
#include "analysis/run_figures.hpp"
#include "analysis/statistics.hpp"
#include "analysis/text.hpp"
#include "devices/linux/process.hpp"
#include "devices/linux/program.hpp"
#include "harness/axis_values.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/comparing.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"

namespace motley::cli {
namespace {

struct CrossoverRequest {
  std::vector<std::string> axes;
  std::string first, second, keep;
  std::size_t pairs = 5;
  bool json = false;
};

using Values = std::map<std::string, std::string>;  ///< of the axes, as they are written

std::string replaced(std::string text, const Values& values) {
  for (const auto& [axis, value] : values) {
    const std::string place = "{" + axis + "}";
    for (std::size_t at = 0; (at = text.find(place, at)) != std::string::npos; at += value.size()) {
      text.replace(at, place.size(), value);
    }
  }
  return text;
}

/// A command of motley, with settings of the environment before it.
struct Contender {
  std::map<std::string, std::string> environment;
  std::vector<std::string> arguments;
};

Contender contender(const std::string& text, const Values& values) {
  Contender result;
  std::istringstream words(replaced(text, values));
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (result.arguments.empty() && equals != std::string::npos) {
      result.environment[word.substr(0, equals)] = word.substr(equals + 1);
    } else {
      result.arguments.push_back(word);
    }
  }
  return result;
}

void refuse_without_axis(const std::string& contender, const std::string& axis) {
  if (contender.find("{" + axis + "}") != std::string::npos) return;
  throw BadArgument(fmt::format(
      "'{}' does not say where {} goes (it would be the same at each). Write {{{}}} in it.",
      contender, axis, axis));
}

/// Seconds or a rate as a speed; of the one thing that the command measured.
double speed_of(const std::filesystem::path& records, const std::string& command, bool& emulated) {
  const analysis::RunFigures figures = analysis::read_figures({records.string()});
  emulated = emulated || figures.emulated();
  std::vector<double> speeds;
  std::string names;
  for (const analysis::MeasuredKey& key : figures.keys) {
    for (const auto& [quantity, of_quantity] : key.figures) {
      std::vector<double> all;
      for (const auto& [process, values] : of_quantity.values) {
        all.insert(all.end(), values.begin(), values.end());
      }
      if (all.empty()) continue;
      const double value = analysis::median(all);
      speeds.push_back(of_quantity.direction > 0 ? value : 1 / value);
      names += (names.empty() ? "" : ", ") + to_string(key.key);
    }
  }
  if (speeds.size() == 1) return speeds.front();
  if (speeds.empty()) {
    throw Error(fmt::format("'{}' measured nothing{}. Try it by hand.", command,
                            figures.keys.empty() ? "" : " (" + figures.keys[0].reason + ")"));
  }
  throw Error(
      fmt::format("'{}' measures {} things (which of them decides is not known): {}. "
                  "Narrow it with --filter, --set and --on.",
                  command, speeds.size(), names));
}

class Runs {
 public:
  Runs(const CrossoverRequest& request, std::filesystem::path folder)
      : request_(request), folder_(std::move(folder)) {}

  /// Pairs in turns. None where it was interrupted.
  std::optional<analysis::TestedRatio> ratio(const Values& values) {
    std::vector<double> logs;
    for (std::size_t pair = 0; pair < request_.pairs; ++pair) {
      double first = 0, second = 0;
      if (pair % 2 == 0) first = measure(request_.first, values);
      second = measure(request_.second, values);
      if (pair % 2 == 1) first = measure(request_.first, values);
      if (devices::interrupted()) throw Error("interrupted (the answer is not known yet).");
      logs.push_back(std::log(second / first));
    }
    const auto tested = analysis::paired_ratio(logs);
    std::string at;
    for (const auto& [axis, value] : values) at += axis + "=" + value + " ";
    fmt::print(stderr, "{}B/A {:.3f}\n", at, tested ? tested->ratio() : 0);
    return tested;
  }

  /// Delays were injected in any of them.
  bool emulated() const { return emulated_; }

 private:
  double measure(const std::string& text, const Values& values) {
    if (devices::interrupted()) return 1;
    Contender one = contender(text, values);
    const std::string command = replaced(text, values);
    const auto records = folder_ / fmt::format("{:04}.jsonl", runs_++);
    one.arguments.push_back("--out");
    one.arguments.push_back(records.string());
    const auto printed = records.string() + ".txt";
    const devices::ProgramEnding ending =
        devices::run_program(devices::own_program(), one.arguments, printed, one.environment);
    if (ending.exit_code != 0 && !devices::interrupted()) {
      throw Error(fmt::format("'{}' ended with {} (no figure): {}", command, ending.text,
                              last_line(printed)));
    }
    return devices::interrupted() ? 1 : speed_of(records, command, emulated_);
  }

  const CrossoverRequest& request_;
  std::filesystem::path folder_;
  int runs_ = 0;
  bool emulated_ = false;
};

std::vector<double> sizes(const AxisValues& axis) {
  std::vector<double> all;
  for (const schema::Value& value : axis.values) {
    const auto* whole = std::get_if<std::int64_t>(&value);
    const auto* real = std::get_if<double>(&value);
    const double size = whole ? static_cast<double>(*whole) : real ? *real : 0;
    if (!(size > 0)) {
      throw BadArgument(
          fmt::format("--axis {}: {} is no number above 0 (sizes are ordered). Try "
                      "{}=16..2048*2.",
                      axis.axis, schema::to_string(value), axis.axis));
    }
    all.push_back(size);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.size() < 2) {
    throw BadArgument(
        fmt::format("--axis {} has one value (nothing can cross). Give two or more.", axis.axis));
  }
  return all;
}

nlohmann::ordered_json json_of(const analysis::Crossover& found, const std::string& axis) {
  nlohmann::ordered_json one;
  constexpr const char* answers[] = {"first_everywhere", "second_everywhere", "crosses",
                                     "undecided"};
  one["answer"] = answers[static_cast<int>(found.answer)];
  if (found.answer == analysis::Crossover::Answer::crosses) {
    one["faster_above"] = found.second_wins_above ? "second" : "first";
    one[axis] = found.size;
    one["interval"] = {found.interval.low, found.interval.high};
  }
  one["points"] = nlohmann::ordered_json::parse(json_text(crossover_table(found, axis)));
  return one;
}

int crossover_command(const CrossoverRequest& request) {
  if (request.axes.size() > 2) {
    throw BadArgument("--axis can be given once or twice (a map has two axes). Leave one out.");
  }
  std::vector<AxisValues> axes;
  for (const std::string& axis : request.axes) axes.push_back(parse_axis_values(axis));
  for (const AxisValues& axis : axes) {
    refuse_without_axis(request.first, axis.axis);
    refuse_without_axis(request.second, axis.axis);
  }
  const std::vector<double> along = sizes(axes.front());
  const std::filesystem::path folder =
      request.keep.empty() ? utc_now("motley-crossover-{:%Y%m%dT%H%M%SZ}") : request.keep;
  make_folder(folder);
  devices::catch_interrupts();
  Runs runs(request, folder);
  if (axes.size() == 1) axes.push_back({"", {std::string()}});
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const schema::Value& other : axes[1].values) {
    const auto measure = [&](double size) {
      Values values{{axes[0].axis, fmt::format("{}", size)}};
      if (!axes[1].axis.empty()) values[axes[1].axis] = schema::to_string(other);
      return runs.ratio(values);
    };
    const analysis::Crossover found = analysis::find_crossover(along, measure);
    nlohmann::ordered_json row = json_of(found, axes[0].axis);
    row["emulated"] = runs.emulated();
    const std::string at =
        axes[1].axis.empty() ? "" : fmt::format("{} {}: ", axes[1].axis, schema::to_string(other));
    if (!axes[1].axis.empty()) row[axes[1].axis] = schema::to_string(other);
    rows.push_back(std::move(row));
    if (request.json) continue;
    fmt::print("{}{}\n", analysis::wrapped(at + sentence(found, axes[0].axis, "A", "B")),
               terminal_text(crossover_table(found, axes[0].axis)));
  }
  if (runs.emulated()) {
    fmt::print(stderr, "Emulated delays: the answer is of a device that does not exist.\n");
  }
  if (request.json) fmt::print("{}\n", rows.dump(1));
  if (!request.json)
    fmt::print("A: {}\nB: {}\nRecords: {}\n", request.first, request.second, folder.string());
  return done;
}

void add_crossover(Commands& commands) {
  const auto request = std::make_shared<CrossoverRequest>();
  CLI::App& command = commands.add("crossover", "From which size on does B beat A? Runs both",
                                   [request] { return crossover_command(*request); });
  command
      .add_option("--axis", request->axes,
                  "axis=a..b*m: bisected; a second one makes a map, a row for each value")
      ->required()
      ->allow_extra_args(false)
      ->type_name("AXIS=VALUES");
  command
      .add_option("A", request->first,
                  "A command of motley in quotes with {axis} in it: 'train "
                  "mlp:widths={width}-{width} --on cpu'; NAME=VALUE before it sets the "
                  "environment")
      ->required()
      ->type_name("'COMMAND'");
  command.add_option("B", request->second, "The same for the other contender")
      ->required()
      ->type_name("'COMMAND'");
  command.add_option("--pairs", request->pairs, "Runs of each at each size, in turns")
      ->check(CLI::Range(2, 1000).description(""))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--keep", request->keep,
                  "Folder for the records of the runs (default: motley-crossover-<time>)")
      ->type_name("FOLDER");
  command.add_flag("--json", request->json, "As JSON");
}

const CommandRegistration registration("crossover", add_crossover);

}  // namespace
}  // namespace motley::cli
