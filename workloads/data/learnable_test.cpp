// Can the images be learnt, and not by the simplest means? Two models that are a page of code stand
// on one side of what a network must reach: each far above chance, each clearly below all.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "workloads/data/data_set.hpp"

namespace motley::workloads {
namespace {

constexpr std::size_t classes = 10;

struct Images {
  std::size_t features = 0;
  std::vector<float> pixels;
  std::vector<std::int32_t> labels;
  const float* sample(std::size_t i) const { return pixels.data() + i * features; }
};

Images images(const DataSet& data, Split split, std::uint64_t count) {
  Images result;
  result.features = static_cast<std::size_t>(data.description().sample.elements());
  result.pixels.resize(count * result.features);
  result.labels.resize(count);
  data.batch(split, consecutive(0, count), std::span(result.pixels), std::span(result.labels));
  return result;
}

/// scores = W x + b for ten classes.
struct Linear {
  std::size_t features;
  std::vector<float> weights = std::vector<float>(classes * features);
  std::vector<float> bias = std::vector<float>(classes);

  std::vector<float> scores(const float* x) const {
    std::vector<float> result = bias;
    for (std::size_t k = 0; k < classes; ++k) {
      for (std::size_t i = 0; i < features; ++i) result[k] += weights[k * features + i] * x[i];
    }
    return result;
  }
  double accuracy(const Images& test) const {
    std::size_t right = 0;
    for (std::size_t i = 0; i < test.labels.size(); ++i) {
      const auto s = scores(test.sample(i));
      right += std::max_element(s.begin(), s.end()) - s.begin() == test.labels[i];
    }
    return static_cast<double>(right) / static_cast<double>(test.labels.size());
  }
};

/// The class whose mean is nearest: |x - m|^2 is least where 2 m x - |m|^2 is most.
Linear nearest_centroid(const Images& train) {
  Linear model{train.features};
  std::vector<float> count(classes);
  for (std::size_t i = 0; i < train.labels.size(); ++i) {
    const auto k = static_cast<std::size_t>(train.labels[i]);
    ++count[k];
    for (std::size_t f = 0; f < model.features; ++f) {
      model.weights[k * model.features + f] += train.sample(i)[f];
    }
  }
  for (std::size_t k = 0; k < classes; ++k) {
    for (std::size_t f = 0; f < model.features; ++f) {
      float& weight = model.weights[k * model.features + f];
      weight = 2 * weight / count[k];
      model.bias[k] -= weight * weight / 4;
    }
  }
  return model;
}

/// Softmax and cross entropy by gradient descent, sample after sample.
Linear softmax_regression(const Images& train, int epochs, float rate) {
  Linear model{train.features};
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (std::size_t i = 0; i < train.labels.size(); ++i) {
      std::vector<float> p = model.scores(train.sample(i));
      const float most = *std::max_element(p.begin(), p.end());
      float sum = 0;
      for (float& value : p) sum += value = std::exp(value - most);
      for (std::size_t k = 0; k < classes; ++k) {
        const bool right = k == static_cast<std::size_t>(train.labels[i]);
        const float step = rate * (p[k] / sum - (right ? 1.0f : 0.0f));
        model.bias[k] -= step;
        for (std::size_t f = 0; f < model.features; ++f) {
          model.weights[k * model.features + f] -= step * train.sample(i)[f];
        }
      }
    }
  }
  return model;
}

TEST(learnable, glyphs) {
  const auto data = open_data_set({"glyphs"});
  const Images train = images(*data, Split::train, 4000), test = images(*data, Split::test, 1000);
  const double centroid = nearest_centroid(train).accuracy(test);
  const double linear = softmax_regression(train, 4, .002f).accuracy(test);
  EXPECT_GT(centroid, .3);
  EXPECT_LT(centroid, .85);
  EXPECT_GT(linear, .5);
  EXPECT_LT(linear, .92);
  RecordProperty("centroid", std::to_string(centroid));
  RecordProperty("linear", std::to_string(linear));
}

TEST(learnable, shapes) {
  const auto data = open_data_set({"shapes"});
  const Images train = images(*data, Split::train, 2000), test = images(*data, Split::test, 1000);
  const double centroid = nearest_centroid(train).accuracy(test);
  const double linear = softmax_regression(train, 2, .0005f).accuracy(test);
  EXPECT_GT(centroid, .15);
  EXPECT_LT(centroid, .6);
  EXPECT_GT(linear, .15);
  EXPECT_LT(linear, .7);
  RecordProperty("centroid", std::to_string(centroid));
  RecordProperty("linear", std::to_string(linear));
}

}  // namespace
}  // namespace motley::workloads
