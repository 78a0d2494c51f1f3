// What would a step lose in another residency mode? Measured where the records have that mode; else
// what the mode leaves out: its waits, its conversions and the copies beyond the batch and the
// loss.
#include <algorithm>
#include <fmt/format.h>

#include "analysis/explain_causes.hpp"
#include "analysis/network_names.hpp"
#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

/// A saving below this share of the step is no advice.
constexpr double least_share = 0.05;
/// What stays when parameters do: the batch and its labels go, the loss comes back.
constexpr double kept_uploads = 2, kept_downloads = 1;

std::string residency_of(const schema::Key& key) {
  const std::string residency = parameter(key, "residency");
  return residency.empty() ? "resident" : residency;
}

bool same_but_residency(const schema::Key& a, const schema::Key& b) {
  schema::Key one = a, other = b;
  one.parameters.erase("residency");
  other.parameters.erase("residency");
  return one == other && residency_of(a) != residency_of(b);
}

std::string advice(const std::string& from, const std::string& to) {
  if (to == "resident") {
    return from == "staged"   ? "keeping tensors on the device between operators"
           : from == "shared" ? "updating parameters on the device"
                              : "keeping parameters on the device";
  }
  if (to == "resident_async") return "not waiting for the loss in each step";
  if (to == "batched") return "telling the device once a step to start";
  if (to == "shared") return "updating parameters in memory that both sides see";
  return "residency=" + to;
}

double part(double all, double kept) {
  return all > kept ? (all - kept) / all : 0;
}

class Savings {
 public:
  Savings(const ProfiledNetwork& network, const CallCosts& costs, Explanation& to)
      : network_(network), costs_(costs), to_(to), mode_(residency_of(network.key())) {}

  void add_measured(const std::vector<ProfiledNetwork>& others) {
    for (const ProfiledNetwork& other : others) {
      if (!same_but_residency(network_.key(), other.key())) continue;
      const double seconds = whole_seconds(other);
      const std::string to = residency_of(other.key());
      known_resident_ |= to == "resident";
      if (seconds <= 0) continue;
      add({advice(mode_, to), to_.whole_seconds - seconds, true,
           fmt::format("residency={} takes {} in these records", to, seconds_text(seconds))});
    }
  }

  void add_computed() {
    if (known_resident_ || mode_ == "resident" || mode_ == "shared") return add_loss();
    if (mode_ != "staged" && mode_ != "framework" && mode_ != "framework_gradient") return;
    const double reads = at("counts", "copies_to_host"), writes = at("counts", "copies_to_device");
    std::string basis = "by this profile's own waits";
    double seconds = waiting(reads, basis) * part(reads, kept_downloads);
    seconds += at("device", "device_to_host") * part(reads, kept_downloads);
    seconds +=
        (at("device", "host_to_device") + at("gap_calls", "write")) * part(writes, kept_uploads);
    seconds += at("device", "convert") + at("gap_calls", "convert");
    add({advice(mode_, "resident"), seconds * unprofiled(), false, basis});
  }

  void sort() {
    std::stable_sort(to_.savings.begin(), to_.savings.end(),
                     [](const Saving& a, const Saving& b) { return a.seconds > b.seconds; });
  }

 private:
  double at(const char* group, const char* name) const { return network_.figure(group, name); }

  /// The profile's own seconds hold what profiling costs.
  double unprofiled() const { return std::min(1.0, to_.whole_seconds / to_.profiled_seconds); }

  /// Of all reads: as the profile has it, and not more than the transfers' own latency where that
  /// was measured.
  double waiting(double reads, std::string& basis) const {
    const bool has_calls = network_.block->timeline.contains("gap_calls");
    const double seen = has_calls ? at("gap_calls", "read") : at("gap", "blocked");
    if (!costs_.read || !costs_.read->fit.alpha_seconds || reads <= 0) return seen;
    const double alpha = *costs_.read->fit.alpha_seconds;
    basis = fmt::format("{} of transfer/read", seconds_text(alpha));
    if (reads > 1) basis = fmt::format("{:.0f} copies x {}, bytes and conversions", reads, basis);
    return std::min(seen, alpha * reads);
  }

  /// The one wait of a resident step.
  void add_loss() {
    const bool measured = std::any_of(to_.savings.begin(), to_.savings.end(),
                                      [](const Saving& one) { return one.measured; });
    if (measured || mode_ != "resident" || !to_.training || !to_.on_device) return;
    const double reads = at("counts", "copies_to_host");
    std::string basis = "by this profile's own waits";
    if (reads <= 0) return;
    const double seconds = waiting(reads, basis) / reads * unprofiled();
    add({advice(mode_, "resident_async"), seconds, false, basis});
  }

  void add(Saving saving) {
    const bool counts = saving.seconds >= least_share * to_.whole_seconds && to_.on_device;
    saving.seconds = std::min(saving.seconds, to_.whole_seconds);
    if (counts) to_.savings.push_back(std::move(saving));
  }

  const ProfiledNetwork& network_;
  const CallCosts& costs_;
  Explanation& to_;
  std::string mode_;
  bool known_resident_ = false;
};

}  // namespace

double whole_seconds(const ProfiledNetwork& network) {
  const double taken = network.figure("run", "whole_seconds");
  return taken > 0 ? taken : figure(*network.block);
}

void find_savings(const ProfiledNetwork& network, const std::vector<ProfiledNetwork>& others,
                  const CallCosts& costs, Explanation& to) {
  Savings savings(network, costs, to);
  savings.add_measured(others);
  savings.add_computed();
  savings.sort();
}

}  // namespace motley::analysis
