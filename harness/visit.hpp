// One visit to one trial: prepare, check, warm up, sample, check again. The one place where a
// trial's errors become a status and a reason: it never throws for what a case, driver or device
// does. An engine that times by itself uses the parts: PreparedTrial, attempt.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "harness/case.hpp"
#include "harness/clock.hpp"
#include "harness/cool_down.hpp"
#include "harness/findings.hpp"
#include "harness/load.hpp"
#include "harness/machine.hpp"
#include "harness/monitor.hpp"
#include "harness/sampler.hpp"
#include "harness/workbench.hpp"
#include "results_schema/record.hpp"

namespace motley {

struct VisitOptions {
  Tier tier = Tier::standard;
  std::uint64_t seed = 0;
  double block_seconds = 0.15;
  /// Asked at least every few ms while a scenario runs; false ends it as an interrupt.
  std::function<bool()> go_on = [] { return true; };
};

/// What stays the same over all visits of one process.
struct Surroundings {
  Machine& machine;
  Clock& clock;
  Instruments& instruments;
  std::string governor;  ///< of the processor's cores, empty where there is none
  /// For scenarios of minutes; null where none is planned.
  Monitor* monitor = nullptr;
  CoolDown* cool_down = nullptr;
};

/// Of the first core that has one; empty where none has.
std::string first_governor(const schema::Facts& conditions);

/// A trial whose searched parameters are found, which is prepared and passed its first check (else
/// the block says why not and must not be timed), kept ready for whoever times it. What becomes
/// known on the way goes into the block and the observations, which must outlive it.
class PreparedTrial {
 public:
  PreparedTrial(const Surroundings& surroundings, Processor& processor, const Case& subject,
                const VisitOptions& options, schema::Block& block, Observed& observed);

  const Stage& stage() const { return stage_; }
  const Trial& trial() const { return trial_; }

  /// Reset, run, compare. The worse of all checks stays in the block.
  bool correct();
  /// For engines that do not sample() through us, which does it too.
  void take_clock();
  /// Adds what the instruments saw since they were last read.
  void take_readings();
  /// Where the trial says that its time goes, where it can.
  void take_profile();
  /// Findings, and the verdict on a block above its peak.
  void judge();

  /// The result of `work`, whose time is added to the phase.
  template <class F>
  auto timed(const char* phase, F work) {
    struct Span {
      double& seconds;
      Clock& clock;
      double started = clock.seconds();
      ~Span() { seconds += clock.seconds() - started; }
    } span{block_.phases[phase], stage_.clock};
    return work();
  }

 private:
  void find_parameters(const Case& subject, const VisitOptions& options);
  std::map<std::string, double> read_instruments();
  void judge_peak();

  const Surroundings& surroundings_;
  schema::Block& block_;
  Observed& observed_;
  std::unique_ptr<Queue> queue_;
  Stage stage_;
  std::optional<Workbench> bench_;
  Trial trial_;
  std::map<std::string, double> last_readings_;
};

/// What `work` throws becomes the block's status and reason, and its samples are dropped.
void attempt(schema::Block& block, const std::function<void()>& work);

/// `key.parameters` hold every axis that is fixed; searched ones are found and added. The processor
/// must be awake; `loads`, those of the key, run while its samples are taken. round, process and
/// order are the caller's.
schema::Block visit(const Surroundings& surroundings, Processor& processor, const Case& subject,
                    const schema::Key& key, const VisitOptions& options, Loads& loads);

/// A block that was not measured, with everything that names it.
schema::Block unmeasured(const schema::Key& key, schema::Metric metric, schema::Status status,
                         std::string reason);

std::string to_string(Tier tier);
/// Throws UnknownName.
Tier tier_from(const std::string& name);

}  // namespace motley
