// One network on several processors at once: how it is divided (placement, splits), how the
// processors tell each other what is ready, what each of them did with its time, and what it
// gained.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "results_schema/record.hpp"
#include "workloads/graph/choice.hpp"
#include "workloads/models/model.hpp"
#include "workloads/together/crew.hpp"
#include "workloads/together/placement_rules.hpp"
#include "workloads/together/split.hpp"

namespace motley::workloads {

/// A processor that takes part. It must be parked: while it computes, a thread of its own wakes it.
/// A CPU takes part in one network at a time: another needs its own Processor of these cores, since
/// a team knows but one thread that woke it.
struct Partner {
  Processor& processor;
  Chooser chooser;
};

/// Each processor's own chooser.
Chooser by_processor(const std::vector<Partner>& partners);

/// Of operators by name or by kind; every operator of a kind that can be split so is.
struct SplitWish {
  std::string what;  ///< conv2d, or conv1
  SplitAxis axis = SplitAxis::channels;
  double ratio = 0.5;      ///< the share of place 1
  std::size_t length = 1;  ///< of chains that stay apart, at most
  friend bool operator==(const SplitWish&, const SplitWish&) = default;
};
/// WHAT:axis=channels,ratio=0.5,chain=1. Throws BadArgument, UnknownName.
SplitWish split_wish_from(const std::string& text);

struct TogetherOptions {
  std::string model = "lenet5";  ///< or op/KIND:shape=NAME, one operator
  std::int64_t batch = 1;
  std::uint64_t seed = 1;
  std::string placement = "fixed";  ///< as place() takes it; before the splits
  std::vector<SplitWish> splits = {};
  Synchronisation synchronisation = Synchronisation::event_wait;
  bool profiled = true;  ///< queues keep device times: run_timed needs them
};

/// What one place did in a run. Seconds; together they are at most the makespan.
struct PlaceTimes {
  std::string processor;
  double compute = 0, transfer = 0;
  double conversion = 0;       ///< slices, joins and layouts that are copies
  double synchronisation = 0;  ///< nothing to do, and it waited for another place
  double other = 0;            ///< the rest of the makespan
  double transfers = 0, transferred_bytes = 0, operators = 0;
};

struct TogetherTimes {
  double makespan = 0;
  /// Share of the makespan in which two places or more compute.
  double overlap_share = 0;
  double crossings = 0;  ///< steps that waited for another place
  std::vector<PlaceTimes> places;
};
/// Of timed runs the one with the median makespan.
TogetherTimes times_of(const Execution& execution, const CrewRun& run);
TogetherTimes median_times(std::vector<TogetherTimes> runs);

class Together {
 public:
  /// Builds the network, divides it, plans, allocates, fills the input with random content. Throws
  /// BadArgument, Unsupported (no independent branches, nothing to split, no such
  /// synchronisation), DeviceError.
  Together(const TogetherOptions& options, const std::vector<Partner>& partners);

  const TogetherOptions& options() const { return options_; }
  const Model& model() const { return model_; }
  Execution& execution() { return *execution_; }
  /// Of the placement rule; 0: it foresees nothing.
  double expected_seconds() const { return expected_seconds_; }
  /// What the halo of split chains makes the parts compute twice, as a share of the whole.
  double repeated_share() const { return repeated_share_; }
  std::size_t operators_split() const { return operators_split_; }

  /// One inference; its output is there behind it.
  void run() { crew_->run(model_.graph.scalars); }
  /// One, and again as long as `again` says so, which is told how many seconds each took.
  void repeat(const std::function<bool(double)>& again) {
    crew_->repeat(model_.graph.scalars, steady_clock(), again);
  }
  TogetherTimes run_timed();
  Values output();
  /// Operators, crossings, bytes, who computes what: for a record's details.
  schema::Facts facts() const;

 private:
  void divide(const std::vector<Partner>& partners, std::map<std::string, std::size_t>& places);
  void split_as_wished(std::map<std::string, std::size_t>& places);
  void reorder(const std::vector<std::string>& order);

  TogetherOptions options_;
  Model model_;
  double expected_seconds_ = 0, repeated_share_ = 0;
  std::size_t operators_split_ = 0;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::unique_ptr<Execution> execution_;
  std::unique_ptr<Crew> crew_;
};

}  // namespace motley::workloads
