#include "workloads/learning.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

/// Of all batches that are made ahead of their steps.
constexpr double most_batch_bytes = 64 << 20;

template <class T>
std::span<T> as(std::byte* at, std::int64_t elements) {
  return {reinterpret_cast<T*>(at), std::size_t(elements)};
}

void fill(const DataSet& data, Split split, std::span<const std::uint64_t> indices,
          const Model& model, std::byte* inputs, std::byte* labels) {
  const TensorType& input = model.graph.tensor(model.input).type;
  const std::int64_t label_elements =
      std::int64_t(indices.size()) *
      TensorType{data.description().label, DataType::i32, Layout::plain}.elements();
  if (input.dtype == DataType::i32) {
    data.batch(split, indices, as<std::int32_t>(inputs, input.elements()),
               as<std::int32_t>(labels, label_elements));
  } else {
    data.batch(split, indices, as<float>(inputs, input.elements()),
               as<std::int32_t>(labels, label_elements));
  }
}

bool is_state(Role role) {
  return role == Role::parameter || role == Role::statistic || role == Role::state;
}

/// Accuracy and cross entropy over batches of logits.
class Tally {
 public:
  Tally(const DataDescription& data, std::int64_t classes) : data_(data), classes_(classes) {}

  void add(const Values& logits, std::span<const std::int32_t> labels) {
    const auto positions = TensorType{data_.label, DataType::i32, Layout::plain}.elements();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const double* row = &logits[i * std::size_t(classes_)];
      const double* largest = std::max_element(row, row + classes_);
      double sum = 0;
      for (std::int64_t c = 0; c < classes_; ++c) sum += std::exp(row[c] - *largest);
      loss_ += std::log(sum) + *largest - row[labels[i]];
      ++rows_;
      const std::int64_t position = std::int64_t(i) % positions;
      const bool all = data_.answer_begin == data_.answer_end;
      if (!all && (position < data_.answer_begin || position >= data_.answer_end)) continue;
      ++answers_;
      right_ += largest - row == labels[i];
    }
  }
  Learning::Quality quality() const { return {right_ / answers_, loss_ / rows_}; }

 private:
  const DataDescription& data_;
  std::int64_t classes_;
  double right_ = 0, answers_ = 0, loss_ = 0, rows_ = 0;
};

}  // namespace

void refuse_other_shapes(const Model& model, const DataSet& data) {
  const DataDescription& have = data.description();
  TensorType wanted = model.graph.tensor(model.input).type;
  wanted.shape.erase(wanted.shape.begin());
  const std::int64_t classes = model.graph.tensor(model.output).type.shape.back();
  if (model.label == no_tensor) return;
  const bool flat = wanted.shape.size() == 1 && wanted.elements() == have.sample.elements();
  if ((!flat && wanted.shape != have.sample.shape) || wanted.dtype != have.sample.dtype) {
    throw BadArgument(
        fmt::format("{} has samples {} and {} takes {} (they do not fit). Choose "
                    "another data set or model parameters.",
                    have.name, to_string(have.sample), model.graph.name, to_string(wanted)));
  }
  if (have.classes > classes) {
    throw BadArgument(
        fmt::format("{} has {} classes and {} tells {} apart (labels would be out of "
                    "range). Choose another data set or model parameters.",
                    have.name, have.classes, model.graph.name, classes));
  }
}

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

void Learning::load_batch(std::uint64_t step, std::byte* inputs, std::byte* labels) {
  const TrainingOptions& options = training_.options();
  const auto indices = training_indices(data_, options.seed, step, std::uint64_t(options.batch));
  fill(data_, Split::train, indices, training_.model(), inputs, labels);
}

void Learning::run(std::uint64_t steps, const Finished& finished) {
  const Model& model = training_.model();
  const std::size_t input_bytes = model.graph.tensor(model.input).type.bytes();
  const std::size_t label_bytes = std::max<std::size_t>(
      4, model.label == no_tensor ? 0 : model.graph.tensor(model.label).type.bytes());
  while (steps > 0) {
    const auto most = std::uint64_t(std::max(1.0, most_batch_bytes / double(input_bytes)));
    const std::uint64_t now = std::min(steps, most), first = training_.steps();
    const double started = clock_.seconds();
    inputs_.resize(now * input_bytes);
    labels_.resize(now * label_bytes);
    for (std::uint64_t i = 0; i < now; ++i) {
      load_batch(first + i, &inputs_[i * input_bytes], &labels_[i * label_bytes]);
    }
    data_seconds_ += clock_.seconds() - started;
    run_batches(now, input_bytes, label_bytes, finished);
    steps -= now;
  }
}

void Learning::run_batches(std::uint64_t steps, std::size_t input_bytes, std::size_t label_bytes,
                           const Finished& finished) {
  try {
    keep_state();
    give_batches(steps, input_bytes, label_bytes, finished);
  } catch (const DeviceError& error) {
    say_what_is_kept(error);
  }
}

void Learning::say_what_is_kept(const DeviceError& error) {
  try {
    training_.execution().finish();  // what was given may still read the batches
  } catch (const DeviceError&) {     // nothing runs any more
  }
  throw DeviceLost(
      fmt::format("{} That was in step {}: the device was lost (its memory is not to be trusted; "
                  "the state after "
                  "step {} is kept on the host).",
                  error.what(), training_.steps() + 1, kept_step_));
}

void Learning::give_batches(std::uint64_t steps, std::size_t input_bytes, std::size_t label_bytes,
                            const Finished& finished) {
  const Model& model = training_.model();
  Execution& execution = training_.execution();
  const std::uint64_t first = training_.steps();
  const auto period = execution.period_of_download(model.loss);
  StepsRecord record;
  for (std::uint64_t i = 0; i < steps; ++i) {
    execution.set_input(model.input, &inputs_[i * input_bytes]);
    if (model.label != no_tensor) execution.set_input(model.label, &labels_[i * label_bytes]);
    if (record.steps == 0) record.started_seconds = clock_.seconds();
    training_.step();
    ++record.steps;
    if (training_.steps() % period != 0 && i + 1 != steps) continue;
    execution.finish();
    record.host_seconds = clock_.seconds() - record.started_seconds;
    record.last_step = training_.steps();
    record.loss = training_.loss();
    finished(record);
    const bool is_number = std::isfinite(record.loss);
    record = {};
    if (!is_number) {
      find_not_a_number(first, i, input_bytes, label_bytes);
    }
  }
  execution.finish();
  execution.set_input(model.input, nullptr);  // the batches are gone
  if (model.label != no_tensor) execution.set_input(model.label, nullptr);
}

void Learning::keep_state() {
  std::map<TensorId, Values> state;
  for (TensorId id = 0; id < training_.model().graph.tensors().size(); ++id) {
    const Tensor& tensor = training_.model().graph.tensor(id);
    if (is_state(tensor.role) && tensor.view_of == no_tensor) {
      state[id] = training_.execution().values(id);
    }
  }
  good_state_ = std::move(state);
  kept_step_ = training_.steps();
}

/// Goes back to the state before these steps and looks at what each operator gives.
void Learning::find_not_a_number(std::uint64_t first_step, std::uint64_t bad,
                                 std::size_t input_bytes, std::size_t label_bytes) {
  const Model& model = training_.model();
  Execution& execution = training_.execution();
  for (const auto& [id, values] : good_state_) execution.set_values(id, values);
  for (std::uint64_t i = 0; i <= bad; ++i) {
    execution.set_input(model.input, &inputs_[i * input_bytes]);
    if (model.label != no_tensor) execution.set_input(model.label, &labels_[i * label_bytes]);
    training_.scalars()["step"] = double(first_step + i + 1);
    const std::string culprit = execution.first_not_finite(training_.scalars());
    if (culprit.empty()) continue;
    for (const auto& [id, values] : good_state_) execution.set_values(id, values);
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

Learning::Quality Learning::test(std::uint64_t samples) {
  const Model& trained = training_.model();
  if (!inference_) {
    InferenceOptions options{training_.options().model, training_.options().batch,
                             training_.options().seed, training_.options().fallback};
    std::set<std::string> there;  // not all operators of the training
    const Model forward = inference_model(options);
    for (const Operator& op : forward.graph.operators()) there.insert(op.name);
    std::erase_if(options.fallback.operators, [&](const auto& op) { return !there.contains(op); });
    inference_ = std::make_unique<Inference>(options, places_, chooser_);
  }
  Execution& execution = inference_->execution();
  const Model& model = inference_->model();
  execution.copy_state(training_.execution());
  const std::int64_t classes = trained.graph.tensor(trained.output).type.shape.back();
  const auto batch = std::uint64_t(training_.options().batch);
  const std::int64_t labels_each =
      TensorType{data_.description().label, DataType::i32, Layout::plain}.elements();
  Tally tally(data_.description(), classes);
  std::vector<std::byte> inputs(model.graph.tensor(model.input).type.bytes());
  std::vector<std::int32_t> labels(batch * std::uint64_t(labels_each));
  for (std::uint64_t first = 0; first + batch <= std::max(samples, batch); first += batch) {
    fill(data_, Split::test, consecutive(first, batch), model, inputs.data(),
         reinterpret_cast<std::byte*>(labels.data()));
    execution.set_input(model.input, inputs.data());
    inference_->run();
    execution.finish();
    tally.add(execution.values(model.output), labels);
  }
  execution.set_input(model.input, nullptr);
  return tally.quality();
}

}  // namespace motley::workloads
