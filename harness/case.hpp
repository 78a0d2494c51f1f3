// A case says how to prepare, run, cost and check one thing; listing, searching, timing, checking
// and reporting are the harness' work. A case registers itself: adding one is adding one file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/processor.hpp"
#include "results_schema/record.hpp"

namespace motley {

class Workbench;

/// smoke: does it work (seconds). standard: what people compare (minutes). full: everything.
enum class Tier { smoke, standard, full };

/// Times a part of Trial::time: the sum of all start..stop spans is the sample.
class Stopwatch {
 public:
  void start();
  void stop();
  double seconds() const { return seconds_; }

 private:
  double started_ = 0;
  double seconds_ = 0;
};

/// Where the time of a run went, for a block's timeline, operators and memory.
struct RunProfile {
  std::map<std::string, std::map<std::string, double>> timeline;
  std::vector<schema::OperatorTime> operators;
  std::map<std::string, double> memory;
};

/// A case prepared for one processor and one set of parameters.
struct Trial {
  schema::Work work;  ///< of one run
  std::optional<schema::Work> executed_work;
  std::function<void(Queue&)>
      run;  ///< gives one repetition to the queue; never waits, allocates or prints
  std::function<void(Queue&)>
      reset;  ///< restores what run changed; the check after timing is reset, run, compare
  std::function<double(Queue&)>
      error;  ///< distance from the reference after a run; non-finite counts as wrong
  double tolerance = 0;
  std::function<void(Queue&, Stopwatch&)>
      time;  ///< instead of run, where a case must wait or time itself
  /// One run with `multiple` times the work inside (not more launches): lets the harness test that
  /// time grows with work, which a folded or skipped loop fails. Empty where nothing is scaled.
  std::function<void(Queue&, unsigned multiple)> run_multiple;
  /// Runs with each part timed, after sampling, which no instrument disturbs. May wait. Empty where
  /// a run has no parts.
  std::function<RunProfile(Queue&)> profile;
  /// Core clock under this trial's own load, hertz; empty: the processor's plain chain is used.
  std::function<double(Queue&)> clock_hertz;
  /// Most arithmetic operations per clock cycle that the hardware could do here; 0: unknown.
  double ceiling_flops_per_cycle = 0;
  schema::Facts details;  ///< what a reader must know beside the parameters
  /// auto: implementations within it were chosen by measurement; empty: nobody chose.
  std::string selected_by;
};

/// One parameter of a case. `values` are those of a tier on a processor, the best guess first if
/// `searched`. A searched axis is an implementation choice: unless the user sets it, the harness
/// searches it and the best correct choice becomes the block's parameter.
struct Axis {
  std::string name;
  std::string summary;
  std::function<std::vector<schema::Value>(Processor&, Tier)> values;
  bool searched = false;
  bool open = false;  ///< takes values beyond those of the tiers: names are not checked
};
Axis axis(std::string name, std::string summary, std::vector<schema::Value> values);
Axis searched_axis(std::string name, std::string summary, std::vector<schema::Value> values);

struct Case {
  std::string name;     ///< family/question: flops/fp32
  std::string summary;  ///< one sentence for a person who does not know the case
  int revision = 1;     ///< goes up when old and new results no longer compare
  schema::Metric metric = schema::Metric::flops_per_second;
  std::vector<Axis> axes;
  std::function<Trial(Workbench&)>
      prepare;  ///< once a block; throws Unsupported where it cannot run
  /// Why the case cannot run on this processor at all; empty string: it can. Lets the plan skip
  /// every axis value with one row. May be empty.
  std::function<std::string(Processor&)> unsupported;
  /// Which combinations of values a tier measures, e.g. one factor at a time about a default;
  /// empty: all. Gets the parameters that the user did not set (those are always kept): an axis may
  /// be missing.
  std::function<bool(const schema::Parameters& unset, Tier)> keep;
  /// The least tier that measures it where no filter asks for it.
  Tier tier = Tier::smoke;
  /// Which of its forms ran in no test yet, for want of a device that can; empty: none. A list of
  /// cases shows it until a record exists.
  std::string never_run_on_hardware;
};

/// A static object of this type puts a case (or several) on the list. It only stores.
class Registration {
 public:
  explicit Registration(std::function<Case()> make);
  /// For families that differ in a type only.
  explicit Registration(std::function<std::vector<Case>()> make);
};

/// All cases, sorted by name; made on first use. Throws Error on two cases of one name.
const std::vector<Case>& cases();
/// Throws UnknownName with the nearest names.
const Case& find_case(const std::string& name);

}  // namespace motley
