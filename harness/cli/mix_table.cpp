#include "harness/cli/mix_table.hpp"

#include <fmt/format.h>

#include "analysis/text.hpp"
#include "harness/cli/network_table.hpp"

namespace motley::cli {
namespace {

constexpr std::size_t name_columns = 30, columns = 8;

std::string name_of(const schema::Block& block) {
  const std::string tenant = schema::to_string(block.key.parameters.at("tenant"));
  const std::size_t colon = tenant.find(':');
  return tenant.substr(0, colon) + " " + schema::to_string(block.key.parameters.at("model")) + "@" +
         tenant.substr(colon + 1);
}

std::string row(const schema::Block& block) {
  const auto cell = [&](const char* name, auto text) {
    const auto found = block.figures.find(name);
    const bool known = found != block.figures.end();
    return analysis::right(known ? text(found->second) : "-", columns);
  };
  const auto digits = [](double value) { return analysis::three_digits(value); };
  const auto percent = [](double share) { return fmt::format("{:.3g} %", share * 100); };
  const auto times = [](double value) { return fmt::format("{:.3g}x", value); };
  std::string text = analysis::left("  " + name_of(block), name_columns);
  text += cell("queries_per_second", digits);
  for (const char* name : {"latency_p50_seconds", "latency_p90_seconds", "latency_p99_seconds"}) {
    text += cell(name, analysis::seconds_text);
  }
  return text + cell("deadline_miss_ratio", percent) + cell("slowdown", times) + "\n";
}

void print_whole(const schema::Block& block) {
  const auto figure = [&](const std::string& name) {
    const auto found = block.figures.find(name);
    return found == block.figures.end() ? "none" : fmt::format("{:.3g}", found->second);
  };
  std::string text = fmt::format("  fairness {}, system throughput {}, turnaround {}; busy",
                                 figure("whole_fairness"), figure("whole_system_throughput"),
                                 figure("whole_turnaround"));
  for (std::size_t i = 0; block.details.contains(fmt::format("worker_{}", i)); ++i) {
    text += fmt::format("{} {} {:.0f} %", i > 0 ? "," : "",
                        std::get<std::string>(block.details.at(fmt::format("worker_{}", i))),
                        100 * block.figures.at(fmt::format("whole_worker_{}_busy", i)));
  }
  fmt::print("{}", analysis::wrapped(text, 80, 4));
}

void print_verdict(const schema::Block& block) {
  std::string text = fmt::format("  {}: ", name_of(block));
  if (block.status != schema::Status::ok) {
    text += schema::to_string(block.status) + ": " + block.reason;
  } else if (block.validity->verdict == "valid") {
    return;
  } else {
    text += block.validity->verdict + ":";
    for (const std::string& reason : block.validity->reasons) text += " " + reason;
  }
  fmt::print("{}", analysis::wrapped(text, 80, 4));
}

}  // namespace

void print_mix(const std::vector<schema::Block>& blocks) {
  const schema::Key& key = blocks.front().key;
  fmt::print("\n{}", analysis::wrapped(key.scenario + " on " + key.processor));
  std::string heading = analysis::left("  tenant", name_columns);
  for (const char* name : {"per s", "p50", "p90", "p99", "missed", "slower"}) {
    heading += analysis::right(name, columns);
  }
  fmt::print("{}\n", heading);
  for (const schema::Block& block : blocks) fmt::print("{}", row(block));
  if (!blocks.front().figures.empty()) print_whole(blocks.front());
  for (const schema::Block& block : blocks) print_verdict(block);
  print_loads(blocks.front());
}

}  // namespace motley::cli
