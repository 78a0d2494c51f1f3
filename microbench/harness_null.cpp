// What does measuring itself cost? A run that does nothing but count: whatever a scenario takes for
// its queries is the harness' own.
#include <cmath>

#include "harness/case.hpp"
#include "harness/workbench.hpp"

namespace motley::microbench {
namespace {

Trial prepare(Workbench& bench) {
  auto& runs = bench.keep(std::int64_t{0});
  Trial trial;
  trial.work.operations = 1;
  trial.run = [&runs](Queue&) { ++runs; };
  trial.reset = [&runs](Queue&) { runs = 0; };
  trial.error = [&runs](Queue&) { return std::abs(double(runs) - 1); };  // each run once
  return trial;
}

const Registration registration([] {
  Case one;
  one.name = "harness/null";
  one.summary = "Seconds of a run that does nothing: what the harness adds";
  one.metric = schema::Metric::seconds_per_operation;
  one.tier = Tier::full;
  one.prepare = prepare;
  return one;
});

}  // namespace
}  // namespace motley::microbench
