#include "workloads/quality.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "workloads/batch.hpp"

namespace motley::workloads {
namespace {

/// Sums over the samples of batches.
class Tally {
 public:
  Tally(const DataDescription& data, std::size_t classes) : data_(data), classes_(classes) {}

  void add_labelled(const Values& logits, std::span<const std::int32_t> labels) {
    const auto positions = TensorType{data_.label, DataType::i32, Layout::plain}.elements();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const double* row = &logits[i * classes_];
      const double* largest = std::max_element(row, row + classes_);
      double sum = 0;
      for (std::size_t c = 0; c < classes_; ++c) sum += std::exp(row[c] - *largest);
      loss_ += std::log(sum) + *largest - row[labels[i]];
      ++terms_;
      const std::int64_t position = std::int64_t(i) % positions;
      const bool all = data_.answer_begin == data_.answer_end;
      if (!all && (position < data_.answer_begin || position >= data_.answer_end)) continue;
      ++answers_;
      right_ += largest - row == labels[i];
    }
  }

  void add_reconstructed(const Values& outputs, std::span<const float> inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const double difference = outputs[i] - double(inputs[i]);
      loss_ += difference * difference;
      ++terms_;
    }
  }

  Quality quality() const {
    Quality result{{}, loss_ / terms_};
    if (answers_ > 0) result.accuracy = right_ / answers_;
    return result;
  }

 private:
  const DataDescription& data_;
  std::size_t classes_;
  double right_ = 0, answers_ = 0, loss_ = 0, terms_ = 0;
};

InferenceOptions inference_options(const TrainingOptions& training) {
  InferenceOptions options{training.model, training.batch, training.seed, training.fallback};
  std::set<std::string> there;  // not all operators of the training
  const Model forward = inference_model(options);
  for (const Operator& op : forward.graph.operators()) there.insert(op.name);
  std::erase_if(options.fallback.operators, [&](const auto& op) { return !there.contains(op); });
  return options;
}

}  // namespace

QualityTest::QualityTest(const TrainingOptions& options, const Places& places,
                         const Chooser& chooser, const DataSet& data)
    : data_(data),
      inference_(inference_options(options), places, chooser),
      batch_(std::uint64_t(options.batch)) {}

Quality QualityTest::run(Training& training, std::uint64_t samples) {
  const DataDescription& description = data_.description();
  const Model& model = inference_.model();
  Execution& execution = inference_.execution();
  execution.copy_state(training.execution());
  if (!description.endless) samples = std::min(samples, description.test_samples);
  samples = std::max<std::uint64_t>(samples, 1);
  Tally tally(description, std::size_t(model.graph.tensor(model.output).type.shape.back()));
  std::vector<float> inputs(input_bytes(model) / sizeof(float));
  std::vector<std::int32_t> labels(label_bytes(model, data_) / sizeof(std::int32_t));
  for (std::uint64_t first = 0; first < samples; first += batch_) {
    const std::uint64_t count = std::min(batch_, samples - first);
    auto indices = consecutive(first, count);
    indices.resize(batch_, first);  // the last batch is filled up with what does not count
    auto* input = reinterpret_cast<std::byte*>(inputs.data());
    make_batch(model, data_, Split::test, indices, input,
               reinterpret_cast<std::byte*>(labels.data()));
    execution.set_input(model.input, input);
    inference_.run();
    execution.finish();
    const Values outputs = execution.values(model.output);
    const bool labelled = training.model().label != no_tensor;
    if (labelled) {
      tally.add_labelled(outputs, std::span(labels).first(labels.size() / batch_ * count));
    } else {
      tally.add_reconstructed(outputs, std::span(inputs).first(inputs.size() / batch_ * count));
    }
  }
  execution.set_input(model.input, nullptr);
  return tally.quality();
}

}  // namespace motley::workloads
