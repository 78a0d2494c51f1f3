// What is learnt from. A sample is a pure function of (seed, split, index), so that any batch can
// be made anywhere, in any order, and is the same on every platform; so is the order of an epoch.
// Who trains calls batch() outside the timed step or reports its time as `data`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "workloads/graph/tensor.hpp"

namespace motley::workloads {

enum class Split { train, test };

struct DataDescription {
  std::string name;
  /// One sample, without batch: images f32[height,width,channels] in [-1, 1], an 8-bit pixel p
  /// being (2p - 255) / 255; or tokens i32[context] in [0, classes).
  TensorType sample;
  Shape label;               ///< {}: one class a sample; [context]: the next token at each position
  std::int64_t classes = 0;  ///< labels lie in [0, classes); of tokens the vocabulary
  std::uint64_t train_samples = 0, test_samples = 0;  ///< an epoch
  bool endless = false;  ///< generated: indices beyond an epoch are more samples of the same kind

  /// Positions [answer_begin, answer_end) of tokens whose label follows from what stands before:
  /// accuracy counts these alone. Equal where no label does.
  std::int64_t answer_begin = 0, answer_end = 0;
  /// The mean cross entropy over all positions, in nats, that no model can beat; where it is known.
  std::optional<double> entropy_nats;
  std::string alphabet;  ///< of tokens that are characters: the character of each
};

class DataSet {
 public:
  virtual ~DataSet() = default;
  const DataDescription& description() const { return description_; }
  std::uint64_t samples(Split split) const;

  /// Writes the samples with these indices one after another. Throws BadArgument where the spans
  /// are not as long as that asks for, where the element type is another one, or an index has no
  /// sample.
  void batch(Split split, std::span<const std::uint64_t> indices, std::span<float> inputs,
             std::span<std::int32_t> labels) const;
  void batch(Split split, std::span<const std::uint64_t> indices, std::span<std::int32_t> inputs,
             std::span<std::int32_t> labels) const;

 protected:
  explicit DataSet(DataDescription description) : description_(std::move(description)) {}

 private:
  void check(Split split, std::span<const std::uint64_t> indices, DataType dtype,
             std::size_t inputs, std::size_t labels) const;
  /// A data set overrides the one of its element type.
  virtual void sample(Split split, std::uint64_t index, std::span<float> pixels,
                      std::span<std::int32_t> label) const;
  virtual void sample(Split split, std::uint64_t index, std::span<std::int32_t> tokens,
                      std::span<std::int32_t> labels) const;

  DataDescription description_;
};

/// Samples [first, first + count) as indices for batch().
std::vector<std::uint64_t> consecutive(std::uint64_t first, std::uint64_t count);
/// The training samples of a step: epoch after epoch, each in an order of its own. Batches go on
/// over an epoch's end, so that all are full and every sample is seen once an epoch.
std::vector<std::uint64_t> training_indices(const DataSet& data, std::uint64_t seed,
                                            std::uint64_t step, std::uint64_t batch);
/// Which of `count` samples stands at `position` of an epoch: a permutation of [0, count).
std::uint64_t shuffled(std::uint64_t seed, std::uint64_t epoch, std::uint64_t position,
                       std::uint64_t count);

struct DataOptions {
  std::string name{};    ///< glyphs, mnist, ...
  std::string folder{};  ///< of the user's files; empty for generated sets
  std::uint64_t seed = 1;
  std::int64_t context = 64;  ///< length of a sample of tokens
};

struct DataSetKind {
  std::string name, summary;
  bool reads_files = false;
  std::function<std::unique_ptr<DataSet>(const DataOptions&)> open;
};

class DataSetRegistration {
 public:
  explicit DataSetRegistration(std::function<DataSetKind()> make);
};

/// Sorted by name.
const std::vector<DataSetKind>& data_set_kinds();

/// Throws UnknownName, BadArgument where the options do not fit, Error where files cannot be used.
std::unique_ptr<DataSet> open_data_set(const DataOptions& options);

}  // namespace motley::workloads
