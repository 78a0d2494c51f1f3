#include "workloads/learning.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

/// Of all batches that are made ahead of their steps; more where the residency mode shall not wait
/// for so many steps.
constexpr double most_batch_bytes = 64 << 20, most_bytes_of_period = 1 << 30;

bool is_state(Role role) {
  return role == Role::parameter || role == Role::statistic || role == Role::state;
}

}  // namespace

Learning::Learning(const TrainingOptions& options, const Places& places, const Chooser& chooser,
                   const DataSet& data, Clock& clock)
    : places_(places),
      chooser_(chooser),
      data_(data),
      clock_(clock),
      training_(options, places, chooser) {
  refuse_other_shapes(training_.model(), data);
}

std::uint64_t Learning::steps_per_epoch() const {
  const auto batch = std::uint64_t(training_.options().batch);
  return (data_.samples(Split::train) + batch - 1) / batch;
}

std::uint64_t Learning::steps_made_ahead() const {
  const double bytes = double(input_bytes(training_.model()));
  const std::uint64_t period = this->period();
  const auto most = std::uint64_t(std::max(1.0, most_batch_bytes / bytes));
  if (most >= period) return most / period * period;
  return std::clamp(std::uint64_t(most_bytes_of_period / bytes), most, period);
}

void Learning::run(std::uint64_t steps, const Finished& finished) {
  const Model& model = training_.model();
  const TrainingOptions& options = training_.options();
  const std::size_t each_input = input_bytes(model), each_label = label_bytes(model, data_);
  while (steps > 0) {
    const std::uint64_t now = std::min(steps, steps_made_ahead()), first = training_.steps();
    const double started = clock_.seconds();
    inputs_.resize(now * each_input);
    labels_.resize(now * each_label);
    for (std::uint64_t i = 0; i < now; ++i) {
      const auto indices =
          training_indices(data_, options.seed, first + i, std::uint64_t(options.batch));
      make_batch(model, data_, Split::train, indices, &inputs_[i * each_input],
                 &labels_[i * each_label]);
    }
    data_seconds_ += clock_.seconds() - started;
    run_batches(now, finished);
    steps -= now;
  }
}

void Learning::run_batches(std::uint64_t steps, const Finished& finished) {
  try {
    keep_state();
    give_batches(steps, finished);
  } catch (const DeviceError& error) {
    say_what_is_kept(error, fmt::format("step {}", training_.steps() + 1));
  }
}

void Learning::keeping_state(const std::string& what, const std::function<void()>& work) {
  try {
    keep_state();
    work();
  } catch (const DeviceError& error) {
    say_what_is_kept(error, fmt::format("{} behind step {}", what, training_.steps()));
  }
}

void Learning::say_what_is_kept(const DeviceError& error, const std::string& where) {
  try {
    training_.execution().finish();  // what was given may still read the batches
  } catch (const DeviceError&) {     // nothing runs any more
  }
  throw DeviceLost(
      fmt::format("{} That was in {}: the device was lost (its memory is not to be trusted; the "
                  "state after step {} is kept on the host).",
                  error.what(), where, kept_step_));
}

void Learning::give_batch(std::uint64_t i) {
  const Model& model = training_.model();
  const std::size_t each_label = label_bytes(model, data_);
  training_.execution().set_input(model.input, &inputs_[i * input_bytes(model)]);
  if (model.label == no_tensor) return;
  training_.execution().set_input(model.label, &labels_[i * each_label]);
}

void Learning::give_batches(std::uint64_t steps, const Finished& finished) {
  const Model& model = training_.model();
  Execution& execution = training_.execution();
  const std::uint64_t first = training_.steps();
  StepsRecord record;
  for (std::uint64_t i = 0; i < steps; ++i) {
    give_batch(i);
    if (record.steps == 0) record.started_seconds = clock_.seconds();
    training_.step();
    ++record.steps;
    if (training_.steps() % period() != 0 && i + 1 != steps) continue;
    execution.finish();
    record.host_seconds = clock_.seconds() - record.started_seconds;
    record.last_step = training_.steps();
    record.loss = training_.loss();
    finished(record);
    const bool is_number = std::isfinite(record.loss);
    record = {};
    if (!is_number) find_not_a_number(first, i);
  }
  execution.finish();
  execution.set_input(model.input, nullptr);  // the batches are gone
  if (model.label != no_tensor) execution.set_input(model.label, nullptr);
}

void Learning::keep_state() {
  for (TensorId id = 0; id < training_.model().graph.tensors().size(); ++id) {
    const Tensor& tensor = training_.model().graph.tensor(id);
    if (!is_state(tensor.role) || tensor.view_of != no_tensor) continue;
    training_.execution().read(id, arriving_state_[id]);
  }
  std::swap(good_state_, arriving_state_);  // a device lost meanwhile leaves the one before
  kept_step_ = training_.steps();
}

void Learning::restore_state() {
  for (const auto& [id, bytes] : good_state_) training_.execution().write(id, bytes);
}

std::map<TensorId, Values> Learning::kept_state() const {
  std::map<TensorId, Values> state;
  for (const auto& [id, bytes] : good_state_) {
    state[id] = to_values(training_.model().graph.tensor(id).type, bytes);
  }
  return state;
}

/// Goes back to the state before these steps and looks at what each operator gives.
void Learning::find_not_a_number(std::uint64_t first_step, std::uint64_t bad) {
  Execution& execution = training_.execution();
  restore_state();
  for (std::uint64_t i = 0; i <= bad; ++i) {
    give_batch(i);
    training_.scalars()["step"] = double(first_step + i + 1);
    const std::string culprit = execution.first_not_finite(training_.scalars());
    if (culprit.empty()) continue;
    restore_state();
    throw NotANumber(fmt::format(
        "the loss of step {} is no number; the first operator to give one was {} (training cannot "
        "go on; the state is that after step {}). Use a smaller learning rate.",
        first_step + i + 1, culprit, first_step));
  }
  throw NotANumber(
      fmt::format("the loss of step {} was no number, but not when it was repeated "
                  "operator by operator (the device is not to be trusted).",
                  first_step + bad + 1));
}

void Learning::prepare_test() {
  if (test_) return;
  test_ = std::make_unique<QualityTest>(training_.options(), places_, chooser_, data_);
}

Quality Learning::test(std::uint64_t samples) {
  Quality quality;
  keeping_state("the test", [&] {
    prepare_test();
    quality = test_->run(training_, samples);
  });
  if (std::isfinite(quality.loss)) return quality;
  throw NotANumber(
      fmt::format("the loss on unseen samples behind step {} is no number (training has failed, "
                  "though the loss of its last batch was finite). Use a smaller learning rate.",
                  training_.steps()));
}

}  // namespace motley::workloads
