// CIFAR-10 and CIFAR-100 in their binary version: records of one label (CIFAR-100: coarse and fine)
// and 3072 bytes, the red, green and blue plane of 32x32 pixels each. Format: the CIFAR page of A.
// Krizhevsky. Given out as [32, 32, 3].
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/data/file.hpp"
#include "workloads/data/image_set.hpp"

namespace motley::workloads {
namespace {

constexpr std::size_t plane = 32 * 32, image_bytes = 3 * plane;

struct Variant {
  std::int64_t classes;
  std::size_t label_bytes;  ///< the last of them is used
  std::string folder;       ///< as the archive unpacks
  std::vector<std::string> train, test;
};

void append(const std::string& path, const Variant& variant, ImageTable& table) {
  const Bytes bytes = read_file(path);
  const std::size_t record = variant.label_bytes + image_bytes;
  if (bytes.empty() || bytes.size() % record != 0) {
    throw Error(
        fmt::format("{} has {} bytes, which is no whole number of {} byte records (it is "
                    "cut short or another file). Fetch the binary version again.",
                    path, bytes.size(), record));
  }
  const std::size_t first = table.labels.size();
  for (std::size_t at = 0; at < bytes.size(); at += record) {
    table.labels.push_back(bytes[at + variant.label_bytes - 1]);
    const std::uint8_t* planes = bytes.data() + at + variant.label_bytes;
    for (std::size_t pixel = 0; pixel < plane; ++pixel) {
      for (std::size_t channel = 0; channel < 3; ++channel) {
        table.pixels.push_back(planes[channel * plane + pixel]);
      }
    }
  }
  check_range(path, std::span(table.labels).subspan(first), variant.classes);
}

ImageTable read_split(const std::string& folder, const Variant& variant, bool training) {
  const std::vector<std::string>& names = training ? variant.train : variant.test;
  std::vector<std::string> endings;
  for (const std::string& name : names) {
    endings.push_back(std::string(1, std::filesystem::path::preferred_separator) + name);
  }
  const std::vector<std::string> paths = files_in(folder, endings);
  if (paths.empty()) {
    throw Error(
        fmt::format("the folder {} holds no {} (nothing to {} with). Name the folder that "
                    "the binary version unpacks to.",
                    folder, fmt::join(names, ", "), training ? "train" : "test"));
  }
  ImageTable table{{32, 32, 3}, {}, {}};
  for (const std::string& path : paths) append(path, variant, table);
  if (training) check_several_classes(folder, table.labels);
  return table;
}

std::unique_ptr<DataSet> open(const DataOptions& options, const Variant& variant) {
  const auto inner = std::filesystem::path(options.folder) / variant.folder;
  std::error_code ignored;
  const std::string folder = is_directory(inner, ignored) ? inner.string() : options.folder;
  ImageTable train = read_split(folder, variant, true), test = read_split(folder, variant, false);
  DataDescription description = describe_images(options.name, train.sample, variant.classes,
                                                train.labels.size(), test.labels.size());
  return image_tables(std::move(description), std::move(train), std::move(test));
}

const DataSetRegistration ten([] {
  return DataSetKind{"cifar10", "CIFAR-10's binary version: 32x32 in colour, ten classes", true,
                     [](const DataOptions& options) {
                       return open(options,
                                   {10,
                                    1,
                                    "cifar-10-batches-bin",
                                    {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                     "data_batch_4.bin", "data_batch_5.bin"},
                                    {"test_batch.bin"}});
                     }};
});
const DataSetRegistration hundred([] {
  return DataSetKind{
      "cifar100", "CIFAR-100's binary version: 32x32 in colour, a hundred classes", true,
      [](const DataOptions& options) {
        return open(options, {100, 2, "cifar-100-binary", {"train.bin"}, {"test.bin"}});
      }};
});

}  // namespace
}  // namespace motley::workloads
