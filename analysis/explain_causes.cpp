// A step's time by cause, from its timelines.
#include "analysis/explain_causes.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace motley::analysis {
namespace {

using Kind = Cause::Kind;

struct Phase {
  const char* key;   ///< as timelines and operators name it
  const char* name;  ///< for people
};
constexpr std::array phases{
    Phase{"forward", "forward"}, Phase{"loss", "loss"}, Phase{"backward_data", "backward data"},
    Phase{"backward_weights", "backward weights"}, Phase{"update", "update"}};

/// A gap by the host's call: what that means for the device.
struct Call {
  const char* key;
  const char* name;
  Kind kind;
  const char* count;  ///< among the timeline's counts
};
constexpr std::array calls{Call{"launch", "giving launches", Kind::launch, "launches"},
                           Call{"convert", "giving conversions", Kind::launch, "conversions"},
                           Call{"flush", "flushes", Kind::launch, ""},
                           Call{"write", "giving copies", Kind::launch, "copies_to_device"},
                           Call{"read", "waiting in copies", Kind::wait, "copies_to_host"},
                           Call{"map", "waiting in maps", Kind::wait, "maps"},
                           Call{"unmap", "giving unmaps", Kind::launch, "maps"},
                           Call{"finish", "waiting at the end", Kind::wait, ""},
                           Call{"compute", "the host computes", Kind::host, ""},
                           Call{"copy", "the host copies", Kind::host, ""}};

/// Of records that do not tell calls apart.
constexpr std::array activities{Call{"submit", "giving commands", Kind::launch, ""},
                                Call{"blocked", "waiting", Kind::wait, "waits"},
                                Call{"compute", "the host computes", Kind::host, ""},
                                Call{"copy", "the host copies", Kind::host, ""}};

class Finder {
 public:
  Finder(const ProfiledNetwork& network, Explanation& to) : network_(network), to_(to) {}

  void find() {
    if (to_.on_device) {
      add_phases("device");
      add_device_copies();
      add_gap();
    } else {
      add_phases_of_cpu();
      add(Kind::copy, "copies", at("host", "copy"), at("counts", "copies"));
    }
    add(Kind::unattributed, "unattributed", to_.unattributed_seconds, 0);
    add_host();
    for (std::vector<Cause>* all : {&to_.causes, &to_.host}) {
      std::stable_sort(all->begin(), all->end(),
                       [](const Cause& a, const Cause& b) { return a.seconds > b.seconds; });
    }
  }

 private:
  double at(const char* group, const char* name) const { return network_.figure(group, name); }

  Cause* add(Kind kind, const std::string& name, double seconds, double count) {
    if (!(seconds > 0)) return nullptr;
    to_.causes.push_back({kind, name, seconds, seconds / to_.profiled_seconds, count, {}});
    return &to_.causes.back();
  }

  std::optional<double> predicted(const std::string& phase) const {
    double all = 0;
    for (const OperatorPrediction& one : to_.prediction.operators) {
      if (one.phase != phase) continue;
      if (!one.predicted[Model::calls]) return std::nullopt;
      all += *one.predicted[Model::calls];
    }
    return all;
  }

  void add_phases(const char* group) {
    for (const Phase& phase : phases) {
      Cause* cause = add(Kind::compute, phase.name, at(group, phase.key), 0);
      if (cause) cause->predicted_seconds = predicted(phase.key);
    }
  }

  /// A CPU's timeline knows what was computed, its operators what for.
  void add_phases_of_cpu() {
    std::map<std::string, double> seconds;
    double all = 0;
    for (const schema::OperatorTime& one : network_.block->operators) {
      seconds[one.phase] += one.seconds;
      all += one.seconds;
    }
    const bool has_calls = network_.block->timeline.contains("host_calls");
    const double computed = at(has_calls ? "host_calls" : "host", "compute");
    add(Kind::convert, "layout conversions", at("host_calls", "convert"),
        at("counts", "conversions"));
    if (!(all > 0)) {
      add(Kind::compute, "computing", computed, 0);
      return;
    }
    for (const Phase& phase : phases) {
      // Operators are medians over profiles, the timeline is that of one of them.
      Cause* cause = add(Kind::compute, phase.name, seconds[phase.key] / all * computed, 0);
      if (cause) cause->predicted_seconds = predicted(phase.key);
    }
  }

  void add_device_copies() {
    const double to_device = at("counts", "copies_to_device");
    const double to_host = at("counts", "copies_to_host");
    add(Kind::copy, "copies to the device", at("device", "host_to_device"), to_device);
    add(Kind::copy, "copies to the host", at("device", "device_to_host"), to_host);
    add(Kind::convert, "layout conversions", at("device", "convert"), at("counts", "conversions"));
  }

  template <class All>
  void add_calls(const char* group, const All& all) {
    for (const Call& call : all) {
      add(call.kind, call.name, at(group, call.key), *call.count ? at("counts", call.count) : 0);
    }
  }

  void add_gap() {
    if (network_.block->timeline.contains("gap_calls")) {
      add_calls("gap_calls", calls);
    } else {
      add_calls("gap", activities);
    }
  }

  void add_host() {
    const auto found = network_.block->timeline.find("host");
    if (found == network_.block->timeline.end()) return;
    for (const auto& [name, seconds] : found->second) {
      if (!(seconds > 0)) continue;
      const Kind kind = name == "submit"    ? Kind::launch
                        : name == "blocked" ? Kind::wait
                        : name == "other"   ? Kind::unattributed
                        : name == "copy"    ? Kind::copy
                                            : Kind::compute;
      to_.host.push_back({kind, name, seconds, seconds / to_.profiled_seconds, 0, {}});
    }
  }

  const ProfiledNetwork& network_;
  Explanation& to_;
};

}  // namespace

std::string to_string(Kind kind) {
  switch (kind) {
    case Kind::compute:
      return "compute";
    case Kind::copy:
      return "copy";
    case Kind::convert:
      return "convert";
    case Kind::launch:
      return "launch";
    case Kind::wait:
      return "wait";
    case Kind::host:
      return "host";
    case Kind::unattributed:
      return "unattributed";
  }
  return "unknown";
}

void find_causes(const ProfiledNetwork& network, Explanation& to) {
  Finder(network, to).find();
}

}  // namespace motley::analysis
