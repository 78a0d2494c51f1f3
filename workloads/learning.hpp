// A network that learns a data set: batches made outside the timed steps, the loss of each step
// that tells it, accuracy on samples that it has not seen.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "harness/clock.hpp"
#include "harness/error.hpp"
#include "workloads/data/data_set.hpp"
#include "workloads/inference.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {

/// A loss that is no number: training has failed. what() names the first operator that made one.
class NotANumber : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The device failed in a step. what() says which state is kept.
class DeviceLost : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws BadArgument where the data's samples or classes are not those that the model takes.
void refuse_other_shapes(const Model& model, const DataSet& data);

/// Steps up to one whose loss is read back: one, or as many as the residency mode lets pass.
struct StepsRecord {
  std::uint64_t last_step = 0;  ///< counted from 1
  std::uint64_t steps = 0;
  double started_seconds = 0, host_seconds = 0;
  double loss = 0;  ///< of the last
};

class Learning {
 public:
  /// Throws as refuse_other_shapes.
  Learning(const TrainingOptions& options, const Places& places, const Chooser& chooser,
           const DataSet& data, Clock& clock);

  Training& training() { return training_; }
  /// Called behind each step whose loss was read back, outside the timed step.
  using Finished = std::function<void(const StepsRecord&)>;
  /// Makes the next `steps` batches, then runs them. Throws NotANumber; the state is then that of
  /// before. Throws DeviceLost; kept_state() is that of before.
  void run(std::uint64_t steps, const Finished& finished);
  /// Parameters, statistics and states as they were before the last batches, for who has lost the
  /// device.
  const std::map<TensorId, Values>& kept_state() const { return good_state_; }
  std::uint64_t kept_step() const { return kept_step_; }
  std::uint64_t steps() const { return training_.steps(); }
  /// Steps of one pass over the training samples, rounded up.
  std::uint64_t steps_per_epoch() const;
  /// Time that making batches took so far.
  double data_seconds() const { return data_seconds_; }

  struct Quality {
    double accuracy = 0;  ///< share of labels that are the largest output
    double loss = 0;      ///< mean cross entropy, nats
  };
  /// On the first `samples` of the test split.
  Quality test(std::uint64_t samples);

 private:
  void load_batch(std::uint64_t step, std::byte* inputs, std::byte* labels);
  void run_batches(std::uint64_t steps, std::size_t input_bytes, std::size_t label_bytes,
                   const Finished& finished);
  void give_batches(std::uint64_t steps, std::size_t input_bytes, std::size_t label_bytes,
                    const Finished& finished);
  [[noreturn]] void say_what_is_kept(const DeviceError& error);
  void keep_state();
  [[noreturn]] void find_not_a_number(std::uint64_t first_step, std::uint64_t bad,
                                      std::size_t input_bytes, std::size_t label_bytes);

  Places places_;
  Chooser chooser_;
  const DataSet& data_;
  Clock& clock_;
  Training training_;
  std::unique_ptr<Inference> inference_;  ///< made at the first test
  std::vector<std::byte> inputs_, labels_;
  std::map<TensorId, Values> good_state_;
  std::uint64_t kept_step_ = 0;
  double data_seconds_ = 0;
};

}  // namespace motley::workloads
