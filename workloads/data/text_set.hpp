// Texts of tokens: from context + 1 of them a network reads all but the last and is asked for all
// but the first.
#pragma once

#include "workloads/data/data_set.hpp"
#include "workloads/data/sample_random.hpp"

namespace motley::workloads {

class TextSet : public DataSet {
 protected:
  using DataSet::DataSet;

 private:
  virtual void text(Split split, std::uint64_t index, std::span<std::int32_t> tokens) const = 0;
  void sample(Split split, std::uint64_t index, std::span<std::int32_t> tokens,
              std::span<std::int32_t> labels) const final;
};

/// The sample and label of a text, its alphabet; an error where the context is less than `least`.
DataDescription describe_text(const DataOptions& options, std::int64_t least_context,
                              std::string alphabet);

/// A set whose texts are written by a function of random numbers alone.
std::unique_ptr<DataSet> written_texts(
    DataDescription description, std::uint64_t seed,
    std::function<void(SampleRandom&, std::span<std::int32_t> text)> write);

}  // namespace motley::workloads
