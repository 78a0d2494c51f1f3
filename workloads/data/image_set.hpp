// Images of bytes, as files and generators have them, given out as f32 in [-1, 1].
#pragma once

#include "workloads/data/data_set.hpp"

namespace motley::workloads {

class ImageSet : public DataSet {
 protected:
  using DataSet::DataSet;

 private:
  /// Writes [height, width, channels] and returns the label.
  virtual std::int32_t image(Split split, std::uint64_t index,
                             std::span<std::uint8_t> pixels) const = 0;
  void sample(Split split, std::uint64_t index, std::span<float> pixels,
              std::span<std::int32_t> label) const final;
};

/// A description of images with one class each.
DataDescription describe_images(std::string name, Shape sample, std::int64_t classes,
                                std::uint64_t train_samples, std::uint64_t test_samples);

/// A split that lies in memory.
struct ImageTable {
  Shape sample;                      ///< height, width, channels
  std::vector<std::uint8_t> pixels;  ///< sample after sample
  std::vector<std::uint8_t> labels;
};
std::unique_ptr<DataSet> image_tables(DataDescription description, ImageTable train,
                                      ImageTable test);

}  // namespace motley::workloads
