// Where did a step of a network go, and what would make it shorter? The step's wall time is parted
// once: on an OpenCL device by what its clock says, its gaps by the call that the host was in
// meanwhile; on a CPU by what was computed. What nothing explains is a cause of its own. Savings
// are measured where the records hold the same network in another residency mode; else they are
// counts times what the microbenchmarks or the profile itself say of one call.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/predict.hpp"
#include "analysis/profiled_network.hpp"

namespace motley::analysis {

struct Cause {
  enum class Kind {
    compute,      ///< operators
    copy,         ///< bytes on their way
    convert,      ///< layouts, for copies
    launch,       ///< the device waits for commands to be given
    wait,         ///< the device is done and the host does not know yet
    host,         ///< the device waits for what the host computes or copies
    unattributed  ///< what nothing explains
  };
  Kind kind = Kind::compute;
  std::string name;    ///< forward, copies to the device, launches, blocking copies ...
  double seconds = 0;  ///< of one step
  double share = 0;    ///< of the profiled step
  double count = 0;    ///< of calls in one step; 0: nothing is counted
  std::optional<double> predicted_seconds;  ///< by the model `calls`
};
std::string to_string(Cause::Kind kind);

struct Saving {
  std::string what;       ///< keeping parameters on the device
  double seconds = 0;     ///< of one step, > 0
  bool measured = false;  ///< in another residency mode of the same records
  std::string basis;      ///< residency=resident takes 0.3 ms; 24 copies x 37 us
};

struct Explanation {
  const schema::Block* block = nullptr;  ///< of the log
  std::string processor, network;
  bool training = true, on_device = false;
  bool distorted = false;       ///< the profiler took more than a tenth
  double whole_seconds = 0;     ///< a step with nothing instrumented
  double profiled_seconds = 0;  ///< what causes add up to, > 0
  double unattributed_seconds = 0;
  std::vector<Cause> causes;    ///< largest first
  std::vector<Cause> host;      ///< what the host did, likewise; they add up too
  std::vector<Saving> savings;  ///< largest first; they do not add up
  /// What a person wants to know, the largest share first.
  std::vector<std::string> sentences;
  StepPrediction prediction;
};

struct Explanations {
  std::vector<Explanation> networks;  ///< in the order of the log
  std::vector<Accuracy> accuracies;
  bool emulated = false;
  std::vector<std::string>
      missing;  ///< one line each: what is lacking and the command that adds it
};

/// `wanted`: parts of the case's name or of the network's, as `lenet5/training`; empty: all.
/// `processor`: its id; empty: all.
struct ExplainWanted {
  std::string network, processor;
};

Explanations explain(const schema::Log& log, const ExplainWanted& wanted = {});

}  // namespace motley::analysis
