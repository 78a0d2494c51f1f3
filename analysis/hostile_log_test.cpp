// Does any conclusion crash on records that are valid JSON of the right types and mean nothing?
// Numbers of any size and sign, lists of any length, parts that are missing: the reader lets them
// through, because it knows no units.
#include <cstdlib>
#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "analysis/claims/claims.hpp"
#include "analysis/compare.hpp"
#include "analysis/compare_text.hpp"
#include "analysis/explain.hpp"
#include "analysis/explain_text.hpp"
#include "analysis/history_rows.hpp"
#include "analysis/roofline.hpp"
#include "analysis/roofline_text.hpp"
#include "analysis/run_figures.hpp"
#include "analysis/summary.hpp"
#include "analysis/synthetic_log.hpp"
#include "analysis/synthetic_step.hpp"
#include "analysis/trust.hpp"
#include "analysis/weak_operators.hpp"
#include "results_schema/export.hpp"
#include "results_schema/json_lines.hpp"
#include "results_schema/random_records.hpp"

namespace motley::analysis {
namespace {

using Json = nlohmann::json;

class Random {
 public:
  std::size_t below(std::size_t limit) {  // xorshift: Marsaglia, 2003
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>(state_ % std::max<std::size_t>(limit, 1));
  }

 private:
  std::uint64_t state_ = 88172645463325252u;
};

/// Replaces, removes or repeats something inside.
void mutate(Json& json, Random& random) {
  if (json.is_structured() && !json.empty() && random.below(8) != 0) {
    auto inner = json.begin();
    std::advance(inner, static_cast<std::ptrdiff_t>(random.below(json.size())));
    if (random.below(12) == 0) {
      json.erase(inner);
    } else {
      mutate(*inner, random);
    }
  } else if (json.is_number()) {
    static const std::vector<Json> numbers = {0,      -1,      1e308, -1e308, 5e-324,
                                              1e-300, 1 << 30, 3,     0.5,    INT64_MAX};
    json = numbers[random.below(numbers.size())];
  } else if (json.is_string()) {
    static const std::vector<Json> texts = {"", "auto", "f32", "cpu+opencl:0", "=1", "</script>"};
    json = texts[random.below(texts.size())];
  } else if (json.is_array()) {
    if (random.below(2) == 0 && !json.empty()) {
      json.push_back(json.front());
    } else {
      json = Json::array();
    }
  } else if (json.is_object()) {
    json = Json::object();
  }
}

std::vector<schema::Block> seeds() {
  std::vector<schema::Block> blocks = synthetic_blocks("cpu", 1),
                             device = synthetic_blocks("opencl:0", 2);
  blocks.insert(blocks.end(), device.begin(), device.end());
  blocks.push_back(synthetic_step({}));
  schema::RandomRecords records(5);
  for (int i = 0; i < 6; ++i) blocks.push_back(records.block());
  return blocks;
}

/// The same blocks in two processes; of every few lines one is not as it was.
schema::Log hostile_log(const std::vector<Json>& blocks, Random& random) {
  schema::Log log;
  log.runs.emplace_back();
  log.runs[0].id = "a";
  log.runs[0].processors = {{"cpu", "cpu|all", "cpu", "", {}}, {"opencl:0", "gpu", "gpu", "", {}}};
  for (int process = 0; process < 2; ++process) {
    for (const Json& block : blocks) {
      Json changed = block;
      changed["process"] = process;
      for (std::size_t i = random.below(4); i > 0; --i) mutate(changed, random);
      try {
        const auto record = schema::parse_line(changed.dump());
        if (!record) continue;  // its kind is another
        if (const auto* one = std::get_if<schema::Block>(&*record)) log.blocks.push_back(*one);
      } catch (const schema::BadRecord&) {
      }
    }
  }
  return log;
}

RunFigures figures_of(const schema::Log& log) {
  FigureReader reader;
  reader.begin_file("a");
  for (const schema::Run& run : log.runs) reader.take(run);
  for (const schema::Block& block : log.blocks) reader.take(block);
  return reader.figures();
}

/// Everything that is concluded from a log, as text; by name, so that a failure says whose.
std::vector<std::pair<const char*, std::function<std::string(const schema::Log&)>>> conclusions() {
  const auto exported = [](void (*exporter)(const schema::Log&, std::ostream&)) {
    return [exporter](const schema::Log& log) {
      std::ostringstream out;
      exporter(log, out);
      return out.str();
    };
  };
  return {
      {"summary", summary},
      {"trust", trust},
      {"repeatability", [](const schema::Log& log) { return repeatability(log, log); }},
      {"weak operators", weak_operators_text},
      {"roofline", [](const schema::Log& log) { return roofline_text(roofline(log), Shown::all); }},
      {"explain", [](const schema::Log& log) { return explain_text(explain(log), true); }},
      {"compare",
       [](const schema::Log& log) {
         CompareOptions options;
         options.resamples = 20;
         const Comparison found = compare(figures_of(log), figures_of(log), options);
         return comparison_text(found, true) + comparison_json(found);
       }},
      {"history", [](const schema::Log& log) { return std::to_string(history_rows(log).size()); }},
      {"claims",
       [](const schema::Log& log) {
         const auto verdicts = judge_claims(log);
         return claims_text(verdicts) + claims_json(verdicts);
       }},
      {"csv", exported(schema::export_csv)},
      {"json", exported(schema::export_json)},
      {"google benchmark", exported(schema::export_google_benchmark)}};
}

TEST(HostileLog, NoConclusionCrashes) {
  const char* wanted = std::getenv("MOTLEY_HOSTILE_LOGS");
  const int rounds = wanted ? std::atoi(wanted) : 4;
  std::vector<Json> blocks;
  for (const schema::Block& block : seeds()) blocks.push_back(Json::parse(schema::to_json(block)));
  const std::regex not_a_number("[ :,-](nan|inf)\\b");
  Random random;
  std::size_t read = 0;
  for (int i = 0; i < rounds; ++i) {
    const schema::Log log = hostile_log(blocks, random);
    read += log.blocks.size();
    for (const auto& [name, conclude] : conclusions()) {
      try {
        const std::string text = conclude(log);
        std::smatch found;
        EXPECT_FALSE(std::regex_search(text, found, not_a_number))
            << name << ": .."
            << found.prefix().str().substr(found.prefix().length() -
                                           std::min<std::ptrdiff_t>(found.prefix().length(), 60))
            << found.str();
      } catch (const std::exception& error) {
        ADD_FAILURE() << name << ": " << error.what();
      }
    }
  }
  EXPECT_GT(read, static_cast<std::size_t>(50 * rounds));
}

}  // namespace
}  // namespace motley::analysis
