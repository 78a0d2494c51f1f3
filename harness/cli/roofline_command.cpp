// motley roofline: what each processor could do at most, and where operators and networks lie.
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "analysis/measurement.hpp"
#include "analysis/roofline_text.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::cli {
namespace {

using namespace analysis;

struct Wanted {
  std::vector<std::string> files;
  std::string format = "text";
  bool json = false, all = false;
};

const char* name_of_kind(RooflinePoint::Kind kind) {
  switch (kind) {
    case RooflinePoint::Kind::operator_case:
      return "operator_case";
    case RooflinePoint::Kind::network_operator:
      return "network_operator";
    case RooflinePoint::Kind::network:
      return "network";
  }
  return "unknown";
}

nlohmann::ordered_json json_of(const RooflinePoint& one) {
  nlohmann::ordered_json json = {{"kind", name_of_kind(one.kind)},
                                 {"processor", one.processor},
                                 {"network", one.network},
                                 {"name", one.name},
                                 {"implementation", one.implementation},
                                 {"dtype", one.dtype},
                                 {"warm", one.warm},
                                 {"fastest", one.fastest},
                                 {"flops", one.flops},
                                 {"bytes", one.bytes},
                                 {"seconds", one.seconds},
                                 {"flops_per_second", one.flops_per_second()}};
  if (one.bytes > 0) json["intensity_flops_per_byte"] = one.intensity();
  if (one.roof.known()) {
    json["share"] = one.share();
    json["bound"] = one.memory_bound() ? "memory" : "flops";
    json["peak"] = one.roof.peak.case_names;
    json["bandwidth"] = one.roof.bandwidth_from;
  }
  return json;
}

std::string json_of(const Roofline& roofline) {
  nlohmann::ordered_json json = {{"arithmetic", nlohmann::json::array()},
                                 {"memory", nlohmann::json::array()},
                                 {"points", nlohmann::json::array()},
                                 {"missing", nlohmann::json::array()}};
  for (const ArithmeticCeiling& one : roofline.arithmetic) {
    json["arithmetic"].push_back({{"processor", one.processor},
                                  {"dtype", one.dtype},
                                  {"unit", one.unit},
                                  {"case", one.case_name},
                                  {"flops_per_second", one.per_second}});
  }
  for (const MemoryCeiling& one : roofline.memory) {
    json["memory"].push_back({{"processor", one.processor},
                              {"from_bytes", one.level.from_bytes},
                              {"to_bytes", one.level.to_bytes},
                              {"main_memory", one.main_memory},
                              {"case", one.case_name},
                              {"bytes_per_second", one.bytes_per_second}});
  }
  for (const RooflinePoint& one : roofline.points) json["points"].push_back(json_of(one));
  for (const MissingCeiling& one : roofline.missing) {
    json["missing"].push_back(
        {{"processor", one.processor}, {"what", one.what}, {"command", one.command}});
  }
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

int show(const Wanted& wanted) {
  const schema::Log log = schema::read_logs(wanted.files, schema::CutLine::pass_over);
  if (is_emulated(log)) {
    throw schema::BadRecord(
        "emulated delays are among the records (no ceiling is the device's). Measure without "
        "MOTLEY_EMULATE.");
  }
  const Roofline result = roofline(log);
  const Shown shown = wanted.all ? Shown::all : Shown::main;
  if (wanted.json) {
    fmt::print("{}", json_of(result));
  } else if (wanted.format == "md") {
    fmt::print("{}{}", markdown_text(ceiling_table(result)),
               markdown_text(point_table(result, shown)));
  } else if (wanted.format == "csv") {
    fmt::print("{}", csv_text(point_table(result, Shown::all)));
  } else {
    fmt::print("{}", roofline_text(result, shown));
  }
  return result.points.empty() ? nothing_measured : done;
}

const CommandRegistration registration("roofline", [](Commands& commands) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& command =
      commands.add("roofline", "Where operators and networks lie below the ceilings",
                   [wanted] { return show(*wanted); });
  command.add_option("files", wanted->files, "Files of records of one device")->required();
  command.add_flag("--json", wanted->json, "All ceilings and points as JSON");
  command.add_flag("--all", wanted->all,
                   "Also slower implementations and operators that cost little");
  command.add_option("--format", wanted->format, "text, md (Markdown) or csv (all points)")
      ->check(CLI::IsMember({"text", "md", "csv"}));
});

}  // namespace
}  // namespace motley::cli
