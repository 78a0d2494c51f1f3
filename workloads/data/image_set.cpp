#include "workloads/data/image_set.hpp"

#include <algorithm>
#include <array>

namespace motley::workloads {
namespace {

/// One correctly rounded quotient for each byte: the same float everywhere.
const std::array<float, 256>& scaled() {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> values{};
    for (int i = 0; i < 256; ++i) {
      values[static_cast<std::size_t>(i)] = static_cast<float>(2 * i - 255) / 255.0f;
    }
    return values;
  }();
  return table;
}

class ImageTables : public ImageSet {
 public:
  ImageTables(DataDescription description, ImageTable train, ImageTable test)
      : ImageSet(std::move(description)), train_(std::move(train)), test_(std::move(test)) {}

 private:
  std::int32_t image(Split split, std::uint64_t index,
                     std::span<std::uint8_t> pixels) const override {
    const ImageTable& table = split == Split::train ? train_ : test_;
    std::copy_n(table.pixels.begin() + static_cast<std::ptrdiff_t>(index * pixels.size()),
                pixels.size(), pixels.begin());
    return table.labels[index];
  }
  ImageTable train_, test_;
};

}  // namespace

void ImageSet::sample(Split split, std::uint64_t index, std::span<float> pixels,
                      std::span<std::int32_t> label) const {
  std::vector<std::uint8_t> bytes(pixels.size());
  label[0] = image(split, index, bytes);
  std::transform(bytes.begin(), bytes.end(), pixels.begin(),
                 [&table = scaled()](std::uint8_t byte) { return table[byte]; });
}

DataDescription describe_images(std::string name, Shape sample, std::int64_t classes,
                                std::uint64_t train_samples, std::uint64_t test_samples) {
  DataDescription description;
  description.name = std::move(name);
  description.sample = {std::move(sample), DataType::f32, Layout::plain};
  description.classes = classes;
  description.train_samples = train_samples;
  description.test_samples = test_samples;
  return description;
}

std::unique_ptr<DataSet> image_tables(DataDescription description, ImageTable train,
                                      ImageTable test) {
  return std::make_unique<ImageTables>(std::move(description), std::move(train), std::move(test));
}

}  // namespace motley::workloads
