#include "workloads/data/text_set.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

class WrittenTexts : public TextSet {
 public:
  using Write = std::function<void(SampleRandom&, std::span<std::int32_t> text)>;
  WrittenTexts(DataDescription description, std::uint64_t seed, Write write)
      : TextSet(std::move(description)), seed_(seed), write_(std::move(write)) {}

 private:
  void text(Split split, std::uint64_t index, std::span<std::int32_t> tokens) const override {
    SampleRandom random(seed_, split, index);
    write_(random, tokens);
  }
  std::uint64_t seed_;
  Write write_;
};

}  // namespace

void TextSet::sample(Split split, std::uint64_t index, std::span<std::int32_t> tokens,
                     std::span<std::int32_t> labels) const {
  std::vector<std::int32_t> written(tokens.size() + 1);
  text(split, index, written);
  std::copy(written.begin(), written.end() - 1, tokens.begin());
  std::copy(written.begin() + 1, written.end(), labels.begin());
}

DataDescription describe_text(const DataOptions& options, std::int64_t least_context,
                              std::string alphabet) {
  constexpr std::int64_t most = 1 << 20;
  if (options.context < least_context || options.context > most) {
    throw BadArgument(
        fmt::format("a context of {} for the data set {} (its texts have {} to {} "
                    "tokens). Choose another context.",
                    options.context, options.name, least_context, most));
  }
  DataDescription description;
  description.name = options.name;
  description.sample = {{options.context}, DataType::i32, Layout::plain};
  description.label = {options.context};
  description.classes = static_cast<std::int64_t>(alphabet.size());
  description.alphabet = std::move(alphabet);
  return description;
}

std::unique_ptr<DataSet> written_texts(DataDescription description, std::uint64_t seed,
                                       WrittenTexts::Write write) {
  description.train_samples = 20000;
  description.test_samples = 2000;
  description.endless = true;
  return std::make_unique<WrittenTexts>(std::move(description), seed, std::move(write));
}

}  // namespace motley::workloads
