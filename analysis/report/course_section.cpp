// Does the machine keep its speed? Throughput window by window, and what clocks and sensors said
// meanwhile.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "analysis/report/section.hpp"

namespace motley::analysis::report {
namespace {

constexpr std::size_t most_points = 1500, most_sensors = 7;

void add_windows(const Source& source, Part& part) {
  Layer line(Mark::line);
  line.table.columns = {{"network", false, "network"},
                        {"time", true, "seconds"},
                        {"rate", true, "queries_per_second"},
                        {"latency", true, "latency_seconds"}};
  line.x = "seconds";
  line.y = "queries_per_second";
  line.series = "network";
  for (const schema::Block& block : source.log.blocks) {
    const auto begins = block.series.find("window_begin_seconds");
    const auto rates = block.series.find("window_service_rate");
    const auto latency = block.series.find("window_latency_seconds");
    if (begins == block.series.end() || rates == block.series.end()) continue;
    const std::size_t count = std::min(begins->second.size(), rates->second.size());
    if (count < 2) continue;
    const std::size_t step = 1 + count / most_points;
    for (std::size_t i = 0; i < count; i += step) {
      const bool has = latency != block.series.end() && i < latency->second.size();
      line.table.rows.push_back(
          {block.key.case_name + " on " + block.key.processor + ", " + block.key.scenario,
           unit_cell(Unit::seconds, begins->second[i]),
           unit_cell(Unit::per_second, rates->second[i]),
           has ? unit_cell(Unit::seconds, latency->second[i]) : Cell("-")});
    }
  }
  Chart chart;
  chart.name = "throughput-over-time";
  chart.title = "Throughput over time";
  chart.note = "Queries that the processor could serve a second, window by window.";
  chart.x = {"seconds since the scenario began", Unit::seconds, Scale::linear};
  chart.y = {"queries a second", Unit::per_second, Scale::linear};
  chart.layers.push_back(std::move(line));
  add_chart(std::move(chart), part);
}

/// A block's place in its run: processes begin their clocks anew, so time alone does not order.
void add_readings(const Source& source, const std::string& quantity, Unit unit,
                  const std::string& title, Part& part) {
  Layer line(Mark::line);
  line.table.columns = {
      {"sensor", false, "sensor"}, {"block", true, "block"}, {"reading", true, "value"}};
  line.x = "block";
  line.y = "value";
  line.series = "sensor";
  std::map<std::string, std::size_t> readings;
  for (const schema::Block& block : source.log.blocks) {
    for (const auto& [name, values] : block.readings) {
      if (name.starts_with(quantity) && !values.empty()) ++readings[name];
    }
  }
  std::size_t taken = 0;
  for (const auto& [name, count] : readings) {
    if (++taken > most_sensors) break;
    const std::size_t step = 1 + count * std::min(readings.size(), most_sensors) / most_points;
    std::size_t seen = 0;
    for (std::size_t i = 0; i < source.log.blocks.size(); ++i) {
      const auto found = source.log.blocks[i].readings.find(name);
      if (found == source.log.blocks[i].readings.end() || found->second.empty()) continue;
      if (seen++ % step != 0 || !std::isfinite(found->second.back())) continue;
      line.table.rows.push_back({name.substr(name.find('/') + 1),
                                 unit_cell(Unit::none, static_cast<double>(i)),
                                 unit_cell(unit, found->second.back())});
    }
  }
  Chart chart;
  chart.name = file_name(title);
  chart.title = title;
  chart.note = "At the end of each block, in the order of the records.";
  if (readings.size() > most_sensors) {
    chart.note +=
        fmt::format(" {} more sensors are in the records.", readings.size() - most_sensors);
  }
  chart.x = {"block", Unit::none, Scale::linear};
  chart.y = {"", unit, Scale::linear};
  chart.layers.push_back(std::move(line));
  add_chart(std::move(chart), part);
}

void add_clocks(const Source& source, Part& part) {
  Layer points(Mark::point);
  points.table.columns = {
      {"processor", false, "processor"}, {"block", true, "block"}, {"clock", true, "hertz"}};
  points.x = "block";
  points.y = "hertz";
  points.series = "processor";
  std::size_t count = 0;
  for (const schema::Block& block : source.log.blocks) count += block.clock_hertz ? 1 : 0;
  const std::size_t step = 1 + count / most_points;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < source.log.blocks.size(); ++i) {
    const schema::Block& block = source.log.blocks[i];
    if (!block.clock_hertz || !(*block.clock_hertz > 0) || seen++ % step != 0) continue;
    points.table.rows.push_back({block.key.processor, unit_cell(Unit::none, static_cast<double>(i)),
                                 unit_cell(Unit::hertz, *block.clock_hertz)});
  }
  Chart chart;
  chart.name = "clock-over-time";
  chart.title = "Core clock, block by block";
  chart.note = "As a chain of dependent additions says beside each measurement.";
  chart.x = {"block", Unit::none, Scale::linear};
  chart.y = {"", Unit::hertz, Scale::linear};
  chart.layers.push_back(std::move(points));
  add_chart(std::move(chart), part);
}

void add_parts(const Source& source, std::vector<Part>& parts) {
  Part part;
  add_windows(source, part);
  add_clocks(source, part);
  add_readings(source, "temperature_celsius/", Unit::celsius, "Temperature", part);
  add_readings(source, "frequency_hertz/", Unit::hertz, "Frequency as the system says", part);
  if (!part.charts.empty()) parts.push_back(std::move(part));
}

Section make(const std::vector<Source>& sources) {
  Section section{"time",
                  "Temperature, clock and throughput over time",
                  {},
                  "No record tells a course over time. Run: motley run --suite sustained"};
  for_each_source(sources, section, add_parts);
  return section;
}

const SectionRegistration registration(110, make);

}  // namespace
}  // namespace motley::analysis::report
