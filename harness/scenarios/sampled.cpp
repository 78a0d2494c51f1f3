// How fast is a trial, repeated until its median is known? The plain sampler, as scenarios.
#include "harness/scenarios/families.hpp"

namespace motley {

std::vector<Scenario> sampled_scenarios() {
  const std::string valid = "status ok; findings say what a reader must know";
  return {{"throughput",
           "Runs one after another, short ones grouped into samples",
           "the case's metric",
           valid,
           {},
           Sampled(true)},
          {"latency",
           "Runs one after another, each a sample",
           "the case's metric",
           valid,
           {},
           Sampled(false)}};
}

}  // namespace motley
