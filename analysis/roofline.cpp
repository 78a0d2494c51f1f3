#include "analysis/roofline.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "analysis/network_names.hpp"
#include "analysis/profiled_network.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

using Kind = RooflinePoint::Kind;

double run_seconds(const Measurement& one) {
  std::vector<double> seconds;
  for (const BlockFigure& block : one.blocks) seconds.push_back(block.run_seconds);
  return median(seconds);
}

class Placing {
 public:
  explicit Placing(const schema::Log& log)
      : log_(log), all_(measurements(log)), ceilings_(log, all_), names_(all_) {}

  Roofline place() {
    result_.arithmetic = ceilings_.arithmetic();
    result_.memory = ceilings_.memory();
    for (const schema::Block& block : log_.blocks) {
      if (block.status == schema::Status::ok) works_[schema::to_string(block.key)] = &block;
    }
    for (const Measurement& one : all_) {
      const bool counts = one.key.case_name.starts_with("op/") && one.key.load == "none" &&
                          one.key.scenario == "throughput" && !one.blocks.empty();
      if (counts) add_case(one);
    }
    mark_fastest();
    for (const ProfiledNetwork& one : profiled_networks(log_)) add_network(one);
    return std::move(result_);
  }

 private:
  /// Its ceilings, and what is missing of them.
  void add(RooflinePoint point, std::optional<double> working_set) {
    if (!(point.seconds > 0)) return;
    point.roof = ceilings_.roof(point.processor, point.dtype, working_set);
    const MemoryCeiling* level = working_set ? ceilings_.level_of(point.processor, *working_set)
                                             : ceilings_.main_memory(point.processor);
    point.from_main_memory = !level || level->main_memory;
    note_missing(point);
    result_.points.push_back(std::move(point));
  }

  void note_missing(const RooflinePoint& point) {
    const bool no_peak = point.roof.peak.per_second <= 0;
    const bool no_bandwidth = point.roof.bytes_per_second <= 0;
    if (!no_peak && !no_bandwidth) return;
    const std::string& cases = point.roof.peak.case_names;
    const std::string what = !no_bandwidth ? cases
                             : !no_peak    ? "bandwidth/*"
                                           : cases + " and bandwidth/*";
    for (const MissingCeiling& one : result_.missing) {
      if (one.processor == point.processor && one.what == what) return;
    }
    const char* families = !no_bandwidth ? "flops" : !no_peak ? "bandwidth" : "(flops|bandwidth)";
    result_.missing.push_back(
        {point.processor, point.dtype, what,
         fmt::format("motley run --filter '^{}/' --on {}", families, point.processor)});
  }

  void add_case(const Measurement& one) {
    const schema::Block& block = *works_.at(schema::to_string(one.key));
    const schema::Work work = block.executed_work.value_or(block.work);
    RooflinePoint point;
    point.processor = one.key.processor;
    point.name = fmt::format("{} {} {}", one.key.case_name.substr(3), parameter(one.key, "shape"),
                             parameter(one.key, "direction"));
    point.implementation = parameter(one.key, "implementation");
    point.dtype = dtype_of(one.key);
    point.warm = parameter(one.key, "cache") == "warm";
    point.flops = work.flops;
    point.bytes = work.bytes_read + work.bytes_written;
    point.seconds = run_seconds(one);
    const std::optional<double> working_set =
        point.warm ? std::optional(point.bytes) : std::nullopt;
    add(std::move(point), working_set);
  }

  void mark_fastest() {
    std::map<std::string, RooflinePoint*> fastest;
    for (RooflinePoint& one : result_.points) {
      RooflinePoint*& best =
          fastest[fmt::format("{} {} {} {}", one.processor, one.name, one.dtype, one.warm)];
      if (!best) {
        best = &one;
      } else if (one.seconds < best->seconds) {
        std::exchange(best, &one)->fastest = false;
      } else {
        one.fastest = false;
      }
    }
  }

  void add_network(const ProfiledNetwork& network) {
    const schema::Key& key = network.key();
    const double memory = network.memory_bytes();
    const std::optional<double> working_set = memory > 0 ? std::optional(memory) : std::nullopt;
    RooflinePoint whole;
    whole.kind = Kind::network;
    whole.processor = key.processor;
    whole.network = names_.name(key);
    whole.dtype = dtype_of(key);
    whole.flops = network.flops();
    whole.bytes = network.bytes();
    whole.seconds = whole_seconds(key);
    const RooflinePoint common = whole;
    add(std::move(whole), working_set);
    for (const ProfiledOperator& one : network.operators) {
      if (network.on_cpu.contains(one.name)) continue;
      RooflinePoint point = common;
      point.kind = Kind::network_operator;
      point.name = one.name;
      point.implementation = one.implementation;
      point.phase = one.phase;
      point.flops = one.executed_flops;
      point.bytes = one.executed_bytes;
      point.seconds = one.seconds;
      add(std::move(point), working_set);
    }
  }

  double whole_seconds(const schema::Key& key) const {
    for (const Measurement& one : all_) {
      if (one.key == key && !one.blocks.empty()) return one.value();
    }
    return 0;
  }

  const schema::Log& log_;
  const std::vector<Measurement> all_;
  const Ceilings ceilings_;
  const NetworkNames names_;
  std::map<std::string, const schema::Block*> works_;  ///< of ok blocks: others may know none
  Roofline result_;
};

}  // namespace

double RooflinePoint::intensity() const {
  return bytes > 0 ? flops / bytes : 0;
}
double RooflinePoint::flops_per_second() const {
  return seconds > 0 ? flops / seconds : 0;
}
double RooflinePoint::bytes_per_second() const {
  return seconds > 0 ? bytes / seconds : 0;
}
double RooflinePoint::share() const {
  return seconds > 0 ? roof.least_seconds(flops, bytes) / seconds : 0;
}

Roofline roofline(const schema::Log& log) {
  return Placing(log).place();
}

}  // namespace motley::analysis
