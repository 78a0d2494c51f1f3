// Two tasks of tokens for networks that attend: repeat what was read, and add two numbers. Each
// position is asked for the next token; those that are drawn by chance cost any model their
// entropy, so that the least possible loss is known exactly.
#include <algorithm>
#include <cmath>

#include "workloads/data/text_set.hpp"

namespace motley::workloads {
namespace {

// copy: `count` letters, '|', the same letters, '.' until the context is full.

constexpr std::uint32_t letters = 16;
constexpr std::int32_t bar = letters, copy_end = letters + 1;

std::unique_ptr<DataSet> open_copy(const DataOptions& options) {
  DataDescription description = describe_text(options, 4, "abcdefghijklmnop|.");
  const std::int64_t count = options.context / 2;
  description.answer_begin = count;
  description.answer_end = 2 * count;
  // The first letter is an input only; the others are drawn, all else follows.
  description.entropy_nats = static_cast<double>(count - 1) * std::log(double{letters}) /
                             static_cast<double>(options.context);
  return written_texts(std::move(description), options.seed,
                       [count](SampleRandom& random, std::span<std::int32_t> text) {
                         std::fill(text.begin(), text.end(), copy_end);
                         const auto length = static_cast<std::size_t>(count);
                         for (std::size_t i = 0; i < length; ++i) {
                           text[i] = text[length + 1 + i] =
                               static_cast<std::int32_t>(random.below(letters));
                         }
                         text[length] = bar;
                       });
}

// addition: 123+456=9750 and '.' until the context is full. The sum's lowest digit stands first,
// because a carry is known only after it.

constexpr int digits = 3;
constexpr std::uint32_t numbers = 1000;
constexpr std::int32_t plus = 10, equals = 11, addition_end = 12;

void write_addition(SampleRandom& random, std::span<std::int32_t> text) {
  std::fill(text.begin(), text.end(), addition_end);
  const std::uint32_t a = random.below(numbers), b = random.below(numbers);
  text[digits] = plus;
  text[2 * digits + 1] = equals;
  for (std::uint32_t digit = 0, unit = 1; digit <= digits; ++digit, unit *= 10) {
    if (digit < digits) {
      text[digits - 1 - digit] = static_cast<std::int32_t>(a / unit % 10);
      text[2 * digits - digit] = static_cast<std::int32_t>(b / unit % 10);
    }
    text[2 * digits + 2 + digit] = static_cast<std::int32_t>((a + b) / unit % 10);
  }
}

std::unique_ptr<DataSet> open_addition(const DataOptions& options) {
  DataDescription description = describe_text(options, 3 * digits + 2, "0123456789+=.");
  description.answer_begin = 2 * digits + 1;
  description.answer_end = 3 * digits + 2;
  description.entropy_nats =
      (2 * digits - 1) * std::log(10.0) / static_cast<double>(options.context);
  return written_texts(std::move(description), options.seed, write_addition);
}

const DataSetRegistration copy([] {
  return DataSetKind{"copy", "letters and the same letters once more", false, open_copy};
});
const DataSetRegistration addition([] {
  return DataSetKind{"addition", "sums of two numbers of three digits", false, open_addition};
});

}  // namespace
}  // namespace motley::workloads
