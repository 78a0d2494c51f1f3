// A network that learns a data set: batches made outside the timed steps, the loss of each step
// that tells it, accuracy on samples that it has not seen.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "harness/clock.hpp"
#include "harness/error.hpp"
#include "workloads/batch.hpp"
#include "workloads/quality.hpp"
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
  std::map<TensorId, Values> kept_state() const;
  std::uint64_t kept_step() const { return kept_step_; }
  std::uint64_t steps() const { return training_.steps(); }
  /// Keeps the state, then does the work (a profile). Throws DeviceLost.
  void keeping_state(const std::string& what, const std::function<void()>& work);
  /// In the last of how many steps the loss is read back.
  std::uint64_t period() const {
    return training_.execution().period_of_download(training_.model().loss);
  }
  /// Steps of one pass over the training samples, rounded up.
  std::uint64_t steps_per_epoch() const;
  /// Time that making batches took so far.
  double data_seconds() const { return data_seconds_; }

  /// Plans the network's form for tests; else the first test does.
  void prepare_test();
  /// On the first `samples` of the test split, or all of them. Throws NotANumber, DeviceLost.
  Quality test(std::uint64_t samples);

 private:
  std::uint64_t steps_made_ahead() const;
  void run_batches(std::uint64_t steps, const Finished& finished);
  void give_batch(std::uint64_t i);
  void give_batches(std::uint64_t steps, const Finished& finished);
  [[noreturn]] void say_what_is_kept(const DeviceError& error, const std::string& where);
  void keep_state();
  void restore_state();
  [[noreturn]] void find_not_a_number(std::uint64_t first_step, std::uint64_t bad);

  Places places_;
  Chooser chooser_;
  const DataSet& data_;
  Clock& clock_;
  Training training_;
  std::unique_ptr<QualityTest> test_;
  std::vector<std::byte> inputs_, labels_;
  std::map<TensorId, std::vector<std::byte>> good_state_, arriving_state_;
  std::uint64_t kept_step_ = 0;
  double data_seconds_ = 0;
};

}  // namespace motley::workloads
