#include "workloads/batch.hpp"

#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

template <class T>
std::span<T> as(std::byte* at, std::int64_t elements) {
  return {reinterpret_cast<T*>(at), std::size_t(elements)};
}

std::int64_t labels_each(const DataSet& data) {
  return TensorType{data.description().label, DataType::i32, Layout::plain}.elements();
}

std::int64_t batch_of(const Model& model) {
  return model.graph.tensor(model.input).type.shape.front();
}

void refuse(const std::string& what, const std::string& why) {
  throw BadArgument(
      fmt::format("{} ({}). Choose another data set or model parameters.", what, why));
}

void refuse_other_labels(const Model& model, const DataSet& data) {
  const DataDescription& have = data.description();
  const std::int64_t taken = model.graph.tensor(model.label).type.elements();
  if (taken != batch_of(model) * labels_each(data)) {
    refuse(fmt::format("{} has {} labels a sample and {} takes {}", have.name, labels_each(data),
                       model.graph.name, taken / batch_of(model)),
           "they do not fit");
  }
  const std::int64_t classes = model.graph.tensor(model.output).type.shape.back();
  if (have.classes > classes) {
    refuse(fmt::format("{} has {} classes and {} tells {} apart", have.name, have.classes,
                       model.graph.name, classes),
           "labels would be out of range");
  }
}

}  // namespace

void refuse_other_shapes(const Model& model, const DataSet& data) {
  const DataDescription& have = data.description();
  TensorType wanted = model.graph.tensor(model.input).type;
  wanted.shape.erase(wanted.shape.begin());
  const bool flat = wanted.shape.size() == 1 && wanted.elements() == have.sample.elements();
  if ((!flat && wanted.shape != have.sample.shape) || wanted.dtype != have.sample.dtype) {
    refuse(fmt::format("{} has samples {} and {} takes {}", have.name, to_string(have.sample),
                       model.graph.name, to_string(wanted)),
           "they do not fit");
  }
  if (have.train_samples == 0 || have.test_samples == 0) {
    refuse(fmt::format("{} has {} samples to train with and {} to test with", have.name,
                       have.train_samples, have.test_samples),
           "each needs one");
  }
  if (model.label != no_tensor) refuse_other_labels(model, data);
}

std::size_t input_bytes(const Model& model) {
  return model.graph.tensor(model.input).type.bytes();
}

std::size_t label_bytes(const Model& model, const DataSet& data) {
  return std::size_t(batch_of(model) * labels_each(data)) * sizeof(std::int32_t);
}

void make_batch(const Model& model, const DataSet& data, Split split,
                std::span<const std::uint64_t> indices, std::byte* inputs, std::byte* labels) {
  const TensorType& input = model.graph.tensor(model.input).type;
  const auto label = as<std::int32_t>(labels, std::int64_t(indices.size()) * labels_each(data));
  if (input.dtype == DataType::i32) {
    data.batch(split, indices, as<std::int32_t>(inputs, input.elements()), label);
  } else {
    data.batch(split, indices, as<float>(inputs, input.elements()), label);
  }
}

}  // namespace motley::workloads
