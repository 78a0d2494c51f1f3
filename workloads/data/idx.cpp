// MNIST and its family (Fashion-MNIST, Kuzushiji-MNIST) in IDX files: a big-endian header of two
// zero bytes, the element type, the number of dimensions and the dimensions, then the elements.
// Format: "THE IDX FILE FORMAT" on the MNIST database's page (LeCun, Cortes, Burges).
#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/data/file.hpp"
#include "workloads/data/image_set.hpp"

namespace motley::workloads {
namespace {

constexpr std::int64_t classes = 10;
constexpr std::uint8_t unsigned_byte = 0x08;

struct Idx {
  std::vector<std::uint64_t> dimensions;
  Bytes elements;
};

/// Bytes with `rank` dimensions; throws Error on anything else.
Idx read_idx(const std::string& path, std::size_t rank) {
  Idx idx{{}, read_file(path)};
  Bytes& bytes = idx.elements;
  const std::size_t header = 4 + 4 * rank;
  if (bytes.size() < header || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != unsigned_byte ||
      bytes[3] != rank) {
    throw Error(
        fmt::format("{} does not begin as an IDX file of bytes in {} dimensions does (00 00 "
                    "08 {:02x}: its contents cannot be told). Check that it is the right "
                    "file.",
                    path, rank, rank));
  }
  std::uint64_t count = 1;
  for (std::size_t at = 4; at < header; at += 4) {
    std::uint64_t dimension = 0;
    for (std::size_t i = 0; i < 4; ++i) dimension = dimension << 8 | bytes[at + i];
    idx.dimensions.push_back(dimension);
    // Kept below 2^63: what does not fit is more than a file may have anyway.
    count = dimension == 0                        ? 0
            : count > most_file_bytes / dimension ? most_file_bytes + 1
                                                  : count * dimension;
  }
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
  if (count == 0 || count != bytes.size()) {
    throw Error(
        fmt::format("{} says that it holds {} elements and holds {} (it is empty, cut short "
                    "or another file). Fetch it again.",
                    path, fmt::join(idx.dimensions, "x"), bytes.size()));
  }
  return idx;
}

/// The file whose name ends in one of `endings`, behind whatever prefix.
std::string only_file(const std::string& folder, const std::vector<std::string>& endings) {
  const std::vector<std::string> found = files_in(folder, endings);
  if (found.size() == 1) return found[0];
  throw Error(fmt::format(
      "the folder {} holds {} files that end in {} (one is needed). Put one data set's four IDX "
      "files there; .gz may stay.",
      folder, found.size(), fmt::join(endings, " or ")));
}

/// Names as they are published, and as some tools unpack them.
ImageTable read_split(const std::string& folder, const std::vector<std::string>& names) {
  std::vector<std::string> image_names, label_names;
  for (const std::string& name : names) {
    for (const char* separator : {"-", "."}) {
      image_names.push_back(name + "-images" + separator + "idx3-ubyte");
      label_names.push_back(name + "-labels" + separator + "idx1-ubyte");
    }
  }
  const std::string image_path = only_file(folder, image_names);
  const std::string label_path = only_file(folder, label_names);
  Idx images = read_idx(image_path, 3), labels = read_idx(label_path, 1);
  if (images.dimensions[0] != labels.dimensions[0]) {
    throw Error(
        fmt::format("{} holds {} images and {} {} labels (which belong together?). Take "
                    "both from one data set.",
                    image_path, images.dimensions[0], label_path, labels.dimensions[0]));
  }
  check_range(label_path, labels.elements, classes);
  return {{static_cast<std::int64_t>(images.dimensions[1]),
           static_cast<std::int64_t>(images.dimensions[2]), 1},
          std::move(images.elements),
          std::move(labels.elements)};
}

std::unique_ptr<DataSet> open(const DataOptions& options) {
  ImageTable train = read_split(options.folder, {"train"});
  check_several_classes(options.folder, train.labels);
  ImageTable test = read_split(options.folder, {"t10k", "test"});
  if (train.sample != test.sample) {
    throw Error(
        fmt::format("the images in {} are {} to train and {} to test with (one network "
                    "cannot take both). Take all files from one data set.",
                    options.folder, fmt::join(train.sample, "x"), fmt::join(test.sample, "x")));
  }
  DataDescription description =
      describe_images(options.name, train.sample, classes, train.labels.size(), test.labels.size());
  return image_tables(std::move(description), std::move(train), std::move(test));
}

const DataSetRegistration registration([] {
  return DataSetKind{"mnist", "MNIST or a set in its form: four IDX files, ten classes", true,
                     open};
});

}  // namespace
}  // namespace motley::workloads
