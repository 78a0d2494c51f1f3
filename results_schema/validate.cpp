#include "results_schema/validate.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "results_schema/json_lines.hpp"
#include "results_schema/lines.hpp"
#include "results_schema/side_file.hpp"

namespace motley::embedded {
extern const std::string_view record_schema_json;
}

namespace motley::schema {
namespace {

using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

/// The schema of one kind of record: told apart first, so that a defect is said of the record that
/// was meant and not of each kind in turn. Parsed once: building constraints takes longer than
/// checking.
const valijson::Schema& compiled_schema(const std::string& kind) {
  static std::map<std::string, valijson::Schema> compiled;
  const auto [place, is_new] = compiled.try_emplace(kind);
  if (is_new) {
    Json document = Json::parse(json_schema());
    document.erase("oneOf");
    document["allOf"] = {{{"$ref", "#/definitions/" + kind}}};
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(Adapter(document), place->second);
  }
  return place->second;
}

void check_samples(const Block& block, std::vector<std::string>& defects) {
  const Samples& samples = block.samples;
  const std::size_t n = samples.host_seconds.size();
  const std::pair<const char*, const std::vector<double>*> columns[] = {
      {"started_seconds", &samples.started_seconds},
      {"device_seconds", &samples.device_seconds},
      {"device_busy_seconds", &samples.device_busy_seconds},
      {"waited_seconds", &samples.waited_seconds}};
  for (const auto& [name, column] : columns) {
    if (!column->empty() && column->size() != n) {
      defects.push_back(
          fmt::format("samples/{}: {} values beside {} host_seconds", name, column->size(), n));
    }
  }
  if (block.status == Status::ok && block.check &&
      !(block.check->error <= block.check->tolerance)) {
    defects.push_back("check: error above tolerance, although the status is ok");
  }
}

/// Columns that belong together are of one length.
void check_series(const Block& block, std::vector<std::string>& defects) {
  const std::pair<const char*, const char*> pairs[] = {
      {"step", "loss"}, {"tested_step", "accuracy"}, {"tested_step", "test_loss"}};
  const auto& series = block.series;
  for (const auto& [steps, values] : pairs) {
    const auto column = series.find(values), by = series.find(steps);
    if (column == series.end()) continue;
    const std::size_t n = by == series.end() ? 0 : by->second.size();
    if (column->second.size() == n) continue;
    defects.push_back(
        fmt::format("series/{}: {} values beside {} {}", values, column->second.size(), n, steps));
  }
}

/// What only the order of lines shows.
class FileRules {
 public:
  void look_at(const Record& record, std::vector<std::string>& defects) {
    if (std::holds_alternative<Run>(record)) {
      in_run_ = true;
      ended_ = false;
      visits_.clear();
      return;
    }
    if (!in_run_) defects.push_back("record: outside a run (no run line before it)");
    if (std::holds_alternative<End>(record) && in_run_) {
      in_run_ = false;
      ended_ = true;
    }
    const auto* block = std::get_if<Block>(&record);
    if (!block) return;
    check_samples(*block, defects);
    check_series(*block, defects);
    const std::string visit =
        fmt::format("{} round {} process {}", to_string(block->key), block->round, block->process);
    if (++visits_[visit] == 2) defects.push_back("record: a second block of " + visit);
  }
  bool has_run() const { return in_run_ || ended_; }
  bool ended() const { return ended_; }

 private:
  bool in_run_ = false, ended_ = false;
  std::map<std::string, int> visits_;
};

void look_beside(Record& record, const std::filesystem::path& file,
                 std::vector<std::string>& defects) {
  auto* block = std::get_if<Block>(&record);
  if (!block) return;
  try {
    fetch_samples(*block, file.parent_path());
  } catch (const BadRecord& defect) {
    defects.push_back(defect.what());
  }
}

}  // namespace

std::string_view json_schema() {
  return embedded::record_schema_json;
}

std::vector<std::string> defects_of_line(std::string_view line) {
  if (line.size() > most_line_bytes) {
    return {fmt::format("{} bytes (a line holds 1 MiB at most)", line.size())};
  }
  Json json;
  try {
    if (!parse_line(line)) return {};  // a kind of record that this version does not know
    json = Json::parse(line);
  } catch (const BadRecord& defect) {
    return {defect.what()};
  }
  valijson::Validator validator;
  valijson::ValidationResults results;
  std::vector<std::string> defects;
  if (validator.validate(compiled_schema(json.at("record").get<std::string>()), Adapter(json),
                         &results))
    return defects;
  std::string last;
  for (valijson::ValidationResults::Error error; results.popError(error);) {
    last.clear();
    for (const std::string& step : error.context) last += step;
    last += ": " + error.description;
    // The cause comes first, then each schema around it.
    if (error.description.rfind("Failed to validate against", 0) != 0) defects.push_back(last);
  }
  if (defects.empty()) defects.push_back(last);
  return defects;
}

Validation validate_file(const std::filesystem::path& file) {
  Lines lines(file, most_line_bytes);
  Validation validation;
  FileRules rules;
  while (lines.next()) {
    ++validation.lines;
    std::vector<std::string> defects;
    if (lines.too_long()) {
      defects = {"more bytes than a line holds (1 MiB at most)"};
    } else {
      defects = defects_of_line(lines.text());
      if (defects.empty()) {
        if (auto record = parse_line(lines.text())) {
          rules.look_at(*record, defects);
          look_beside(*record, file, defects);
        }
      }
      if (!lines.whole()) defects.push_back("cut (no newline)");
    }
    for (const std::string& defect : defects) {
      validation.defects.push_back(fmt::format("line {}: {}", validation.lines, defect));
    }
  }
  if (validation.lines == 0) {
    validation.defects.push_back("the file is empty");
  } else if (!rules.has_run()) {
    validation.defects.push_back("no run line (nothing says who measured what)");
  }
  validation.ended = rules.ended();
  return validation;
}

}  // namespace motley::schema
