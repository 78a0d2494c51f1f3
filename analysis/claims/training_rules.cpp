// Claims about training steps of small networks: what the GPU loses against the CPU, to what, and
// whether keeping parameters on the device mends it.
#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "analysis/claims/claim_rules.hpp"
#include "analysis/network_names.hpp"
#include "analysis/statistics.hpp"
#include "analysis/transfer_series.hpp"

namespace motley::analysis {
namespace {

/// Batch and optimizer: what must be the same on both sides.
using Setting = std::pair<std::string, std::string>;

struct Step {
  double seconds = 0;
  const Measurement* measurement = nullptr;
};

/// The fastest step of each network by its widths.
using Steps = std::map<std::string, Step>;

template <class Where>
std::map<Setting, Steps> steps_of(const Evidence& evidence, const std::string& residency,
                                  Where where) {
  std::map<Setting, Steps> all;
  for (const Measurement& one : evidence.alone) {
    if (one.key.case_name != "mlp/training" || !where(one.key.processor)) continue;
    if (!residency.empty() && parameter(one.key, "residency") != residency) continue;
    const double seconds = seconds_of(one);
    if (!(seconds > 0)) continue;
    Step& step = all[{parameter(one.key, "batch"), parameter(one.key, "optimizer")}]
                    [parameter(one.key, "widths")];
    if (!step.measurement || seconds < step.seconds) step = {seconds, &one};
  }
  return all;
}

std::map<Setting, Steps> steps_on(const Evidence& evidence, const std::string& residency,
                                  const std::string& processor) {
  return steps_of(evidence, residency,
                  [&](const std::string& where) { return where == processor; });
}

std::map<Setting, Steps> steps_on_host(const Evidence& evidence) {
  return steps_of(evidence, "", is_host);
}

bool has_all(const Steps& steps, const std::vector<std::string>& networks) {
  return std::all_of(networks.begin(), networks.end(),
                     [&](const std::string& widths) { return steps.contains(widths); });
}

/// Settings under which every network was trained on all of these sides.
std::vector<Setting> complete(const std::vector<std::map<Setting, Steps>>& sides,
                              const std::vector<std::string>& networks) {
  std::vector<Setting> settings;
  for (const auto& one : sides.front()) {
    const Setting& setting = one.first;
    const bool everywhere = std::all_of(sides.begin(), sides.end(), [&](const auto& side) {
      const auto found = side.find(setting);
      return found != side.end() && has_all(found->second, networks);
    });
    if (everywhere) settings.push_back(setting);
  }
  return settings;
}

Ruling not_trained(const Claim& claim, const std::string& where) {
  return {{},
          fmt::format("these records lack a training of each of {} on {}",
                      fmt::join(claim.networks, ", "), where),
          {}};
}

std::string name_of(const std::string& widths, const Setting& setting) {
  return fmt::format("{} batch {}", widths, setting.first);
}

/// Time on the processor over time on the CPU.
struct Ratios {
  std::vector<Setting> settings;
  std::map<Setting, Steps> device, host;
  double of(const Setting& setting, const std::string& widths) const {
    return device.at(setting).at(widths).seconds / host.at(setting).at(widths).seconds;
  }
};

Ratios ratios(const Claim& claim, const Evidence& evidence, const std::string& processor) {
  Ratios all;
  all.device = steps_on(evidence, claim.residency, processor);
  all.host = steps_on_host(evidence);
  all.settings = complete({all.device, all.host}, claim.networks);
  return all;
}

std::string both_sides(const Claim& claim, const std::string& processor) {
  return fmt::format("{} with residency {} and on the CPU", processor, claim.residency);
}

double at(const std::map<std::string, double>& figures, const char* name) {
  const auto found = figures.find(name);
  return found == figures.end() ? 0 : found->second;
}

const std::map<std::string, double>* part(const schema::Block* block, const char* name) {
  if (!block) return nullptr;
  const auto found = block->timeline.find(name);
  return found == block->timeline.end() ? nullptr : &found->second;
}

/// Copies and conversions, and the gaps of the device while the host gave them or waited in them.
std::optional<double> share_of_movement(const schema::Block* block) {
  const auto* run = part(block, "run");
  const auto* device = part(block, "device");
  if (!run || !device || !(at(*run, "profiled_seconds") > 0)) return std::nullopt;
  double moved = 0;
  for (const char* name : {"host_to_device", "device_to_host", "convert", "copy"}) {
    moved += at(*device, name);
  }
  if (const auto* gap = part(block, "gap")) moved += at(*gap, "copy");
  if (const auto* calls = part(block, "gap_calls")) {
    for (const char* name : {"write", "read", "map", "unmap", "convert"}) moved += at(*calls, name);
  }
  return moved / at(*run, "profiled_seconds");
}

/// What a call costs and how fast bytes go, one way.
struct Way {
  double alpha_seconds = 0, bytes_per_second = 0;
};

/// Of the series that was measured at most sizes.
std::optional<Way> way_of(const std::vector<TransferSeries>& all, const std::string& name,
                          const std::string& processor) {
  const TransferSeries* best = nullptr;
  for (const TransferSeries& one : all) {
    const bool fits = one.case_name == name && one.processor == processor &&
                      one.fit.alpha_seconds && one.largest_bytes_per_second;
    if (fits && (!best || one.sizes > best->sizes)) best = &one;
  }
  if (!best || !(*best->fit.alpha_seconds > 0) || !(*best->largest_bytes_per_second > 0)) {
    return std::nullopt;
  }
  return Way{*best->fit.alpha_seconds, *best->largest_bytes_per_second};
}

/// Which part of the time that copies take is for their bytes; the rest is for each copy.
std::optional<double> share_of_bytes(const schema::Block* block, const Way& to_device,
                                     const Way& to_host) {
  const auto* counts = part(block, "counts");
  if (!counts || !(at(*counts, "copies") > 0)) return std::nullopt;
  const double calls =
      at(*counts, "copies") * (to_device.alpha_seconds + to_host.alpha_seconds) / 2;
  const double bytes = at(*counts, "bytes_to_device") / to_device.bytes_per_second +
                       at(*counts, "bytes_to_host") / to_host.bytes_per_second;
  return bytes / (bytes + calls);
}

}  // namespace

Ruling training_slower(const Claim& claim, const Evidence& evidence, const std::string& processor) {
  const Ratios all = ratios(claim, evidence, processor);
  if (all.settings.empty()) return not_trained(claim, both_sides(claim, processor));
  Ruling ruling;
  ruling.holds = true;
  for (const Setting& setting : all.settings) {
    for (const std::string& widths : claim.networks) {
      const double ratio = all.of(setting, widths);
      ruling.figures.push_back({name_of(widths, setting), "ratio", ratio});
      if (!(ratio > claim.limit("least_ratio"))) ruling.holds = false;
    }
  }
  return ruling;
}

Ruling movement_share(const Claim& claim, const Evidence& evidence, const std::string& processor) {
  const auto steps = steps_on(evidence, claim.residency, processor);
  const std::vector<Setting> settings = complete({steps}, claim.networks);
  const std::string where = fmt::format("{} with residency {}", processor, claim.residency);
  if (settings.empty()) return not_trained(claim, where);
  Ruling ruling;
  std::vector<double> shares;
  for (const Setting& setting : settings) {
    for (const std::string& widths : claim.networks) {
      const Measurement& one = *steps.at(setting).at(widths).measurement;
      const auto share = share_of_movement(last_block(evidence.log, one.key));
      if (!share) return {{}, "these records lack the device's timeline of " + widths, {}};
      shares.push_back(*share);
      ruling.figures.push_back({name_of(widths, setting), "share", *share});
    }
  }
  const double middle = median(shares);
  ruling.figures.push_back({"median", "share", middle});
  ruling.holds = middle >= claim.limit("low") && middle <= claim.limit("high");
  return ruling;
}

/// Networks are pairs of equal depth: 1 and 3, 2 and 4.
Ruling ratio_falls(const Claim& claim, const Evidence& evidence, const std::string& processor) {
  const Ratios all = ratios(claim, evidence, processor);
  if (all.settings.empty()) return not_trained(claim, both_sides(claim, processor));
  Ruling ruling;
  ruling.holds = true;
  for (const Setting& setting : all.settings) {
    for (const std::string& widths : claim.networks) {
      ruling.figures.push_back({name_of(widths, setting), "ratio", all.of(setting, widths)});
    }
    for (std::size_t i = 0; i + 2 < claim.networks.size(); ++i) {
      if (!(all.of(setting, claim.networks[i + 2]) < all.of(setting, claim.networks[i]))) {
        ruling.holds = false;
      }
    }
  }
  return ruling;
}

Ruling bandwidth_is_the_cause(const Claim& claim, const Evidence& evidence,
                              const std::string& processor) {
  const auto steps = steps_on(evidence, claim.residency, processor);
  const std::vector<Setting> settings = complete({steps}, claim.networks);
  if (settings.empty()) {
    return not_trained(claim, fmt::format("{} with residency {}", processor, claim.residency));
  }
  const std::vector<TransferSeries> transfers = fit_transfers(evidence.log.blocks);
  const auto to_device = way_of(transfers, "transfer/write", processor);
  const auto to_host = way_of(transfers, "transfer/read", processor);
  if (!to_device || !to_host) {
    return {{}, "these records lack transfers of " + processor + " at several sizes", {}};
  }
  Ruling ruling;
  std::vector<double> shares;
  for (const Setting& setting : settings) {
    for (const std::string& widths : claim.networks) {
      const Measurement& one = *steps.at(setting).at(widths).measurement;
      const auto share = share_of_bytes(last_block(evidence.log, one.key), *to_device, *to_host);
      if (!share) return {{}, "these records do not count the copies of " + widths, {}};
      shares.push_back(*share);
      ruling.figures.push_back({name_of(widths, setting), "bandwidth_share", *share});
    }
  }
  ruling.figures.push_back({"a copy to the device", "alpha_seconds", to_device->alpha_seconds});
  ruling.figures.push_back({"half of a copy's time is for its bytes from", "bytes",
                            to_device->alpha_seconds * to_device->bytes_per_second});
  ruling.holds = median(shares) >= claim.limit("least_bandwidth_share");
  return ruling;
}

Ruling residency_removes(const Claim& claim, const Evidence& evidence,
                         const std::string& processor) {
  const auto before = steps_on(evidence, claim.residency, processor);
  auto after = steps_on(evidence, "resident_async", processor);
  for (const auto& [setting, steps] : steps_on(evidence, "batched", processor)) {
    for (const auto& [widths, step] : steps) {
      Step& best = after[setting][widths];
      if (!best.measurement || step.seconds < best.seconds) best = step;
    }
  }
  const std::vector<Setting> settings = complete({before, after}, claim.networks);
  if (settings.empty()) {
    return not_trained(claim, fmt::format("{} with residency {} and resident_async or batched",
                                          processor, claim.residency));
  }
  const auto host = steps_on_host(evidence);
  Ruling ruling;
  ruling.holds = true;
  for (const Setting& setting : settings) {
    for (const std::string& widths : claim.networks) {
      const double left = after.at(setting).at(widths).seconds;
      const double speedup = before.at(setting).at(widths).seconds / left;
      ruling.figures.push_back({name_of(widths, setting), "speedup", speedup});
      if (!(speedup >= claim.limit("least_speedup"))) ruling.holds = false;
      const auto cpu = host.find(setting);
      if (cpu == host.end() || !cpu->second.contains(widths)) continue;
      ruling.figures.push_back({name_of(widths, setting) + ", to the CPU", "ratio",
                                left / cpu->second.at(widths).seconds});
    }
  }
  return ruling;
}

}  // namespace motley::analysis
