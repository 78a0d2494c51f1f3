// A training step divided over processors, in one of two ways. By batch: two processors compute the
// gradients of their samples, the first averages them and updates, and the second gets the new
// parameters back. As a pipeline: each processor has the layers of a stage, and parts of the batch
// follow each other through the stages, forward and back, before each stage updates its own
// parameters. Either way batch norm takes the statistics of each part by itself, and dropout drops
// others than it would of the whole batch.
#pragma once

#include "workloads/together/together.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {

struct DividedTrainingOptions {
  TrainingOptions training;  ///< residency resident; the whole batch
  double ratio = 0.5;        ///< by batch: the share of place 1; rounded to whole samples
  /// Names of forward operators that end stages, one less than places; none: by batch.
  std::vector<std::string> cuts = {};
  std::size_t micro_batches = 4;  ///< of a pipeline: parts of the batch, as even as possible
  Synchronisation synchronisation = Synchronisation::event_wait;
};

/// One part of the batch.
struct Replica {
  std::int64_t batch = 0;
  TensorId input = no_tensor, label = no_tensor, loss = no_tensor;
};

class DividedTraining {
 public:
  /// The processors must be parked. Throws as Together; UnknownName for a cut; BadArgument for a
  /// ratio out of range, cuts out of order or of another number than the processors need, more
  /// parts than samples. One processor computes the whole batch, whatever the division.
  DividedTraining(const DividedTrainingOptions& options, const std::vector<Partner>& partners);

  const std::vector<Replica>& replicas() const { return replicas_; }
  Execution& execution() { return *execution_; }
  /// Batch norm or dropout: the parts together are not quite the whole batch.
  bool differs_by_part() const;
  /// Of the whole batch. At first random, as Training's.
  void set_batch(std::span<const double> input, std::span<const double> labels);
  void step();
  /// One, and again as long as `again` says so, which is told how many seconds each took.
  void repeat(const std::function<bool(double)>& again);
  TogetherTimes step_timed();
  /// A step operator by operator, each compared with its reference: as Training's.
  double check_step(std::string& worst);
  /// Of the last step: the mean over all samples.
  double loss();
  /// By name, as the network calls it.
  Values parameter(const std::string& name);

 private:
  using Gradients = std::map<TensorId, TensorId>;  ///< of parameters
  struct Part {
    /// [stage]; by batch there is one.
    std::vector<std::vector<Operator>> forward, backward;
    Gradients gradients;
  };
  void choose_parts(std::size_t places);
  Part add_part(std::size_t k);
  Part in_stages(std::vector<Operator> operators, std::size_t forward_operators) const;
  void append_in_turn(const std::vector<Part>& parts);
  void append(const std::vector<Operator>& operators, std::size_t part, std::size_t stage);
  void add_updates(const std::vector<Part>& parts);
  TensorId mean(std::string name, std::vector<TensorId> gradients);
  TensorId times(TensorId gradient, double share);
  std::size_t place_of(TensorId computed) const;
  void start(const std::vector<Partner>& partners);

  DividedTrainingOptions options_;
  Graph graph_;
  RunScalars scalars_;
  std::vector<Replica> replicas_;
  std::vector<std::size_t> places_of_parts_;   ///< by batch
  std::map<std::string, std::size_t> stages_;  ///< of forward operators, by their own names
  std::map<std::string, std::size_t> places_;
  std::map<TensorId, double> shares_;  ///< rows that weigh gradients
  std::uint64_t steps_ = 0;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::unique_ptr<Execution> execution_;
  std::unique_ptr<Crew> crew_;
};

}  // namespace motley::workloads
