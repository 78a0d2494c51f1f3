#include "workloads/data/data_set.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <numeric>

#include "harness/error.hpp"
#include "harness/random.hpp"

namespace motley::workloads {
namespace {

std::vector<std::function<DataSetKind()>>& registered() {
  static std::vector<std::function<DataSetKind()>> all;
  return all;
}

/// Four rounds of a Feistel network: a permutation of [0, 4^half_bits) whatever its round function
/// is (Luby, Rackoff, "How to construct pseudorandom permutations from pseudorandom functions",
/// 1988).
std::uint64_t permuted(std::uint64_t key, std::uint64_t value, int half_bits) {
  const std::uint64_t mask = (std::uint64_t{1} << half_bits) - 1;
  std::uint64_t left = value >> half_bits, right = value & mask;
  for (std::uint64_t round = 0; round < 4; ++round) {
    const std::uint64_t next = left ^ (random_bits(key, round, right) & mask);
    left = right;
    right = next;
  }
  return left << half_bits | right;
}

}  // namespace

std::uint64_t DataSet::samples(Split split) const {
  return split == Split::train ? description_.train_samples : description_.test_samples;
}

void DataSet::check(Split split, std::span<const std::uint64_t> indices, DataType dtype,
                    std::size_t inputs, std::size_t labels) const {
  const auto positions = TensorType{description_.label, DataType::i32, {}}.elements();
  if (dtype != description_.sample.dtype ||
      inputs != indices.size() * static_cast<std::size_t>(description_.sample.elements()) ||
      labels != indices.size() * static_cast<std::size_t>(positions)) {
    throw BadArgument(fmt::format(
        "a batch of {} samples of {} was asked for in {} {} elements and {} labels (a sample is {} "
        "with {} labels). Give memory for exactly that.",
        indices.size(), description_.name, inputs, to_string(dtype), labels,
        to_string(description_.sample), positions));
  }
  if (description_.endless || indices.empty()) return;
  const std::uint64_t last = *std::max_element(indices.begin(), indices.end());
  if (last >= samples(split)) {
    throw BadArgument(fmt::format("sample {} of {} (its {} split has {}). Count from 0.", last,
                                  description_.name, split == Split::train ? "training" : "test",
                                  samples(split)));
  }
}

void DataSet::batch(Split split, std::span<const std::uint64_t> indices, std::span<float> inputs,
                    std::span<std::int32_t> labels) const {
  check(split, indices, DataType::f32, inputs.size(), labels.size());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::size_t size = inputs.size() / indices.size();
    sample(split, indices[i], inputs.subspan(i * size, size), labels.subspan(i, 1));
  }
}

void DataSet::batch(Split split, std::span<const std::uint64_t> indices,
                    std::span<std::int32_t> inputs, std::span<std::int32_t> labels) const {
  check(split, indices, DataType::i32, inputs.size(), labels.size());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::size_t size = inputs.size() / indices.size();
    sample(split, indices[i], inputs.subspan(i * size, size), labels.subspan(i * size, size));
  }
}

// check() lets no call come here.
void DataSet::sample(Split, std::uint64_t, std::span<float>, std::span<std::int32_t>) const {}
void DataSet::sample(Split, std::uint64_t, std::span<std::int32_t>, std::span<std::int32_t>) const {
}

std::vector<std::uint64_t> consecutive(std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> indices(count);
  std::iota(indices.begin(), indices.end(), first);
  return indices;
}

std::vector<std::uint64_t> training_indices(const DataSet& data, std::uint64_t seed,
                                            std::uint64_t step, std::uint64_t batch) {
  const std::uint64_t count = data.samples(Split::train);
  std::vector<std::uint64_t> indices = consecutive(step * batch, batch);
  for (std::uint64_t& index : indices) {
    index = shuffled(seed, index / count, index % count, count);
  }
  return indices;
}

std::uint64_t shuffled(std::uint64_t seed, std::uint64_t epoch, std::uint64_t position,
                       std::uint64_t count) {
  const int half_bits = std::max(1, (static_cast<int>(std::bit_width(count - 1)) + 1) / 2);
  const std::uint64_t key = random_bits(seed, /*stream=*/2, epoch);
  // A permutation of at most 4 count numbers, walked until it comes back to one of ours (Black,
  // Rogaway, "Ciphers with arbitrary finite domains", 2002).
  std::uint64_t value = permuted(key, position, half_bits);
  while (value >= count) value = permuted(key, value, half_bits);
  return value;
}

DataSetRegistration::DataSetRegistration(std::function<DataSetKind()> make) {
  registered().push_back(std::move(make));
}

const std::vector<DataSetKind>& data_set_kinds() {
  static const std::vector<DataSetKind> all = [] {
    std::vector<DataSetKind> made;
    for (const auto& make : registered()) made.push_back(make());
    std::sort(made.begin(), made.end(),
              [](const DataSetKind& a, const DataSetKind& b) { return a.name < b.name; });
    return made;
  }();
  return all;
}

std::unique_ptr<DataSet> open_data_set(const DataOptions& options) {
  std::vector<std::string> known;
  for (const DataSetKind& kind : data_set_kinds()) {
    known.push_back(kind.name);
    if (kind.name != options.name) continue;
    if (kind.reads_files && options.folder.empty()) {
      throw BadArgument(
          fmt::format("the data set {} is read from files, and no folder was named (Motley brings "
                      "none and downloads nothing). Give --data FOLDER.",
                      kind.name));
    }
    if (!kind.reads_files && !options.folder.empty()) {
      throw BadArgument(
          fmt::format("the data set {} is generated (the folder {} would not be read). Leave "
                      "--data away, or name a data set that is read from files.",
                      kind.name, options.folder));
    }
    return kind.open(options);
  }
  throw UnknownName("data set", options.name, known);
}

}  // namespace motley::workloads
