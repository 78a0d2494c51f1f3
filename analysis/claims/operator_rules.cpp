// Claims about operators and token by token inference: who is faster, and what arithmetic says of
// it.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <set>

#include "analysis/claims/claim_rules.hpp"
#include "analysis/network_names.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

/// An operator forward at one shape, cold or warm.
std::string place_of(const schema::Key& key) {
  const std::string cache = parameter(key, "cache");
  const std::string name = key.case_name.substr(key.case_name.find('/') + 1);
  return name + " " + parameter(key, "shape") +
         (cache.empty() || cache == "cold" ? "" : " " + cache);
}

bool is_forward(const schema::Key& key, const std::vector<std::string>& cases) {
  return parameter(key, "direction") == "forward" &&
         std::find(cases.begin(), cases.end(), key.case_name) != cases.end();
}

/// Seconds of the fastest implementation by place.
template <class Where>
std::map<std::string, double> fastest(const Evidence& evidence,
                                      const std::vector<std::string>& cases, Where where) {
  std::map<std::string, double> best;
  for (const Measurement& one : evidence.alone) {
    if (!is_forward(one.key, cases) || !where(one.key.processor)) continue;
    const double seconds = seconds_of(one);
    if (!(seconds > 0)) continue;
    const auto [place, is_new] = best.try_emplace(place_of(one.key), seconds);
    place->second = std::min(place->second, seconds);
  }
  return best;
}

/// Also those that a search tried and did not choose.
std::map<std::string, double> seconds_with(const Evidence& evidence,
                                           const std::vector<std::string>& cases,
                                           const std::string& processor,
                                           const std::string& implementation) {
  std::map<std::string, double> best;
  const auto take = [&](const std::string& place, double seconds) {
    if (!(seconds > 0)) return;
    const auto [found, is_new] = best.try_emplace(place, seconds);
    found->second = std::min(found->second, seconds);
  };
  for (const Measurement& one : evidence.alone) {
    if (is_forward(one.key, cases) && one.key.processor == processor &&
        parameter(one.key, "implementation") == implementation) {
      take(place_of(one.key), seconds_of(one));
    }
  }
  for (const schema::Block& block : evidence.log.blocks) {
    if (!is_forward(block.key, cases) || block.key.processor != processor) continue;
    for (const schema::Candidate& one : block.search) {
      const auto named = one.parameters.find("implementation");
      const bool is_it = named != one.parameters.end() && one.status == "ok" &&
                         schema::to_string(named->second) == implementation;
      if (is_it) take(place_of(block.key), one.seconds);
    }
  }
  return best;
}

struct Counted {
  std::string place;
  double flops = 0, seconds = 0;
};

/// Operators of a processor with what their algorithms count, the fastest of each.
std::vector<Counted> counted(const Evidence& evidence, const std::vector<std::string>& cases,
                             const std::string& processor) {
  const auto best =
      fastest(evidence, cases, [&](const std::string& where) { return where == processor; });
  std::vector<Counted> all;
  for (const auto& [place, seconds] : best) {
    for (const schema::Block& block : evidence.log.blocks) {
      if (!is_forward(block.key, cases) || place_of(block.key) != place) continue;
      if (!(block.work.flops > 0) || !std::isfinite(block.work.flops)) continue;
      all.push_back({place, block.work.flops, seconds});
      break;
    }
  }
  return all;
}

Ruling too_few(const Claim& claim, std::size_t found, const std::string& processor) {
  return {{},
          fmt::format("{} shapes of {} on {} are in these records, {} at least are needed", found,
                      claim.cases.front(), processor, claim.limit("least_shapes")),
          {}};
}

double spearman(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> x = ranks(a), y = ranks(b);
  const double middle = (static_cast<double>(a.size()) + 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - middle) * (y[i] - middle);
    xx += (x[i] - middle) * (x[i] - middle);
    yy += (y[i] - middle) * (y[i] - middle);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

}  // namespace

Ruling best_ratio(const Claim& claim, const Evidence& evidence, const std::string& processor) {
  const std::string& name = claim.cases.front();
  const auto device =
      fastest(evidence, claim.cases, [&](const std::string& where) { return where == processor; });
  const auto host = fastest(evidence, claim.cases, is_host);
  Ruling ruling;
  double best = 0;
  for (const auto& [place, seconds] : device) {
    const auto cpu = host.find(place);
    if (cpu == host.end()) continue;
    const double ratio = cpu->second / seconds;
    ruling.figures.push_back({place, "ratio", ratio});
    best = std::max(best, ratio);
  }
  if (ruling.figures.empty()) {
    return {{}, fmt::format("no shape of {} is there on {} and on the CPU", name, processor), {}};
  }
  ruling.holds = best >= claim.limit("least_ratio");
  return ruling;
}

Ruling clear_preference(const Claim& claim, const Evidence& evidence,
                        const std::string& processor) {
  const std::string& name = claim.cases.front();
  const auto first = seconds_with(evidence, claim.cases, processor, claim.implementations.at(0));
  const auto second = seconds_with(evidence, claim.cases, processor, claim.implementations.at(1));
  Ruling ruling;
  std::vector<double> all;
  for (const auto& [place, seconds] : first) {
    const auto other = second.find(place);
    if (other == second.end()) continue;
    all.push_back(other->second / seconds);
    ruling.figures.push_back(
        {place + ", " + claim.implementations[0] + " to " + claim.implementations[1], "speedup",
         all.back()});
  }
  if (all.empty()) {
    return {{},
            fmt::format("no shape of {} was measured on {} with {} and with {}", name, processor,
                        claim.implementations[0], claim.implementations[1]),
            {}};
  }
  const double middle = median(all);
  ruling.figures.push_back({"median", "speedup", middle});
  ruling.holds = std::max(middle, 1 / middle) >= claim.limit("least_ratio");
  return ruling;
}

/// One rate for all, the one that is right for as many as possible: of the median operator.
Ruling flops_mislead(const Claim& claim, const Evidence& evidence, const std::string& processor) {
  const std::vector<Counted> all = counted(evidence, claim.cases, processor);
  if (static_cast<double>(all.size()) < claim.limit("least_shapes")) {
    return too_few(claim, all.size(), processor);
  }
  std::vector<double> rates;
  for (const Counted& one : all) rates.push_back(one.flops / one.seconds);
  const double rate = median(rates);
  const double within = claim.limit("within");
  const auto near = std::count_if(all.begin(), all.end(), [&](const Counted& one) {
    return std::abs(one.flops / rate / one.seconds - 1) <= within;
  });
  const double share = static_cast<double>(near) / static_cast<double>(all.size());
  Ruling ruling;
  ruling.figures = {{"operators", "count", static_cast<double>(all.size())},
                    {"median operator", "flops_per_second", rate},
                    {"within 10 % of it", "share", share},
                    {"fastest to slowest", "ratio", quantile(rates, 1) / quantile(rates, 0)}};
  ruling.holds = share <= claim.limit("most_share");
  return ruling;
}

Ruling macs_mislead(const Claim& claim, const Evidence& evidence, const std::string& processor) {
  const std::vector<Counted> all = counted(evidence, claim.cases, processor);
  if (static_cast<double>(all.size()) < claim.limit("least_shapes")) {
    return too_few(claim, all.size(), processor);
  }
  std::vector<double> flops, seconds, per_flop;
  for (const Counted& one : all) {
    flops.push_back(one.flops);
    seconds.push_back(one.seconds);
    per_flop.push_back(one.seconds / one.flops);
  }
  const double correlation = spearman(flops, seconds);
  Ruling ruling;
  ruling.figures = {
      {"operators", "count", static_cast<double>(all.size())},
      {"ranks by arithmetic and by time", "correlation", correlation},
      {"time for a flop, worst to best", "ratio", quantile(per_flop, 1) / quantile(per_flop, 0)}};
  ruling.holds = correlation <= claim.limit("most_correlation");
  return ruling;
}

Ruling cpu_beats_gpu(const Claim& claim, const Evidence& evidence, const std::string& processor) {
  const std::string& name = claim.cases.front();
  /// What differs is who computes.
  const auto network = [](schema::Key key) {
    key.processor.clear();
    key.parameters.erase("implementation");
    return to_string(key);
  };
  std::map<std::string, double> host, device;
  for (const Measurement& one : evidence.alone) {
    const std::string decode = parameter(one.key, "decode");
    if (one.key.case_name != name || decode.empty() || decode == "0") continue;
    const bool cpu = is_host(one.key.processor);
    const double seconds = seconds_of(one);
    if ((!cpu && one.key.processor != processor) || !(seconds > 0)) continue;
    auto& side = cpu ? host : device;
    const auto [place, is_new] = side.try_emplace(network(one.key), seconds);
    place->second = std::min(place->second, seconds);
  }
  Ruling ruling;
  double best = 0;
  for (const auto& [key, seconds] : device) {
    const auto cpu = host.find(key);
    if (cpu == host.end()) continue;
    ruling.figures.push_back({"CPU", "tokens_per_second", 1 / cpu->second});
    ruling.figures.push_back({processor, "tokens_per_second", 1 / seconds});
    best = std::max(best, seconds / cpu->second);
  }
  if (ruling.figures.empty()) {
    return {{},
            fmt::format("no network that generates tokens (decode=1) is there on {} and on the CPU",
                        processor),
            {}};
  }
  ruling.figures.push_back({"CPU to " + processor, "ratio", best});
  ruling.holds = best > claim.limit("least_ratio");
  return ruling;
}

}  // namespace motley::analysis
