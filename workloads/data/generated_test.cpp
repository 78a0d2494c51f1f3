// Are generated samples the same on every platform and in every order, is the known entropy right,
// and can they be learnt, but not trivially? The hashes were taken on x86-64 with GCC 12.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <numeric>
#include <set>

#include "harness/error.hpp"
#include "workloads/data/grammar.hpp"

namespace motley::workloads {
namespace {

std::unique_ptr<DataSet> opened(const std::string& name, std::uint64_t seed = 1,
                                std::int64_t context = 64) {
  return open_data_set({name, "", seed, context});
}

template <typename Element>
struct Batch {
  std::vector<Element> inputs;
  std::vector<std::int32_t> labels;
  friend bool operator==(const Batch&, const Batch&) = default;
};

template <typename Element>
Batch<Element> batch_of(const DataSet& data, Split split,
                        const std::vector<std::uint64_t>& indices) {
  const DataDescription& description = data.description();
  const auto labels = TensorType{description.label, DataType::i32, {}}.elements();
  Batch<Element> batch;
  batch.inputs.resize(indices.size() * static_cast<std::size_t>(description.sample.elements()));
  batch.labels.resize(indices.size() * static_cast<std::size_t>(labels));
  data.batch(split, indices, std::span(batch.inputs), std::span(batch.labels));
  return batch;
}

/// FNV-1a, 64 bit (Fowler, Noll, Vo), over little-endian bytes.
template <typename Element>
void hash(std::uint64_t& state, const std::vector<Element>& values) {
  for (const Element value : values) {
    std::uint32_t bits = 0;
    static_assert(sizeof(value) == sizeof(bits));
    std::memcpy(&bits, &value, sizeof(bits));
    for (int byte = 0; byte < 4; ++byte) {
      state = (state ^ (bits >> (8 * byte) & 0xFF)) * 0x100000001B3u;
    }
  }
}

template <typename Element>
std::uint64_t hash_of(const DataSet& data, Split split) {
  std::uint64_t state = 0xCBF29CE484222325u;
  const auto batch = batch_of<Element>(data, split, consecutive(0, 1000));
  hash(state, batch.inputs);
  hash(state, batch.labels);
  return state;
}

TEST(generated_data, has_the_same_bytes_everywhere) {
  EXPECT_EQ(hash_of<float>(*opened("glyphs"), Split::train), 0xA4012664BB7F39D7u);
  EXPECT_EQ(hash_of<float>(*opened("glyphs"), Split::test), 0xB45EC038E8FE82ECu);
  EXPECT_EQ(hash_of<float>(*opened("shapes"), Split::train), 0x72C08BF9DD581EC5u);
  EXPECT_EQ(hash_of<float>(*opened("shapes"), Split::test), 0xCD0C28CC69F790BBu);
  EXPECT_EQ(hash_of<std::int32_t>(*opened("copy"), Split::train), 0x0F51698E50BE103Du);
  EXPECT_EQ(hash_of<std::int32_t>(*opened("addition"), Split::train), 0x81EA794C41D37747u);
  EXPECT_EQ(hash_of<std::int32_t>(*opened("grammar"), Split::train), 0xC28B45CD46A2CD83u);
  EXPECT_EQ(hash_of<std::int32_t>(*opened("grammar", 2), Split::test), 0xEB0FA6BA74D70412u);
}

TEST(generated_data, comes_in_the_same_order_everywhere) {
  std::vector<std::uint64_t> order;
  for (std::uint64_t i = 0; i < 8; ++i) order.push_back(shuffled(1, 0, i, 60000));
  EXPECT_EQ(order,
            (std::vector<std::uint64_t>{41026, 43747, 5270, 54619, 24776, 52327, 35326, 55303}));
}

TEST(generated_data, is_a_function_of_the_index_alone) {
  for (const char* name : {"glyphs", "shapes"}) {
    const auto data = opened(name);
    const auto all = batch_of<float>(*data, Split::train, {4, 5, 6});
    const auto one = batch_of<float>(*data, Split::train, {5});
    const auto size = static_cast<std::ptrdiff_t>(one.inputs.size());
    EXPECT_TRUE(std::equal(one.inputs.begin(), one.inputs.end(), all.inputs.begin() + size));
    EXPECT_EQ(one.labels[0], all.labels[1]);
    EXPECT_NE(one, batch_of<float>(*data, Split::test, {5}));
    EXPECT_NE(one, batch_of<float>(*opened(name, 2), Split::train, {5}));
    EXPECT_NO_THROW(batch_of<float>(*data, Split::train, {std::uint64_t{1} << 60}));
  }
}

TEST(generated_data, lies_in_the_ranges_that_it_states) {
  for (const char* name : {"glyphs", "shapes"}) {
    const auto batch = batch_of<float>(*opened(name), Split::test, consecutive(0, 1000));
    const auto [low, high] = std::minmax_element(batch.inputs.begin(), batch.inputs.end());
    EXPECT_EQ(*low, -1.0f) << name;
    EXPECT_EQ(*high, 1.0f) << name;
    std::vector<int> count(10);
    for (const std::int32_t label : batch.labels) ++count.at(static_cast<std::size_t>(label));
    // 100 +- 5 standard deviations of a binomial.
    for (const int samples : count) EXPECT_NEAR(samples, 100, 48) << name;
  }
}

TEST(generated_data, refuses_memory_that_does_not_fit) {
  const auto data = opened("glyphs");
  const std::vector<std::uint64_t> indices{0, 1};
  std::vector<float> inputs(2 * 28 * 28 - 1);
  std::vector<std::int32_t> labels(2), tokens(2 * 28 * 28);
  EXPECT_THROW(data->batch(Split::train, indices, std::span(inputs), std::span(labels)),
               BadArgument);
  EXPECT_THROW(data->batch(Split::train, indices, std::span(tokens), std::span(labels)),
               BadArgument);
  EXPECT_THROW(opened("copy", 1, 3), BadArgument);
  EXPECT_THROW(opened("glyph"), UnknownName);
  EXPECT_THROW(open_data_set({"glyphs", "/tmp"}), BadArgument);
  EXPECT_THROW(opened("mnist"), BadArgument);
}

TEST(generated_data, is_shuffled_anew_each_epoch_and_complete) {
  for (const std::uint64_t count : {1u, 2u, 5u, 64u, 1000u, 60000u}) {
    std::set<std::uint64_t> seen;
    std::uint64_t fixed = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t index = shuffled(7, 3, i, count);
      EXPECT_LT(index, count);
      seen.insert(index);
      fixed += index == shuffled(7, 4, i, count);
    }
    EXPECT_EQ(seen.size(), count);
    EXPECT_LT(fixed, count < 64 ? count + 1 : 12) << count;
  }
  const auto data = opened("shapes");  // 20000 samples: the epoch ends within step 312 of 64
  std::vector<std::uint64_t> indices;
  for (std::uint64_t step = 0; step < 313; ++step) {
    const auto some = training_indices(*data, 1, step, 64);
    indices.insert(indices.end(), some.begin(), some.end());
  }
  EXPECT_EQ(std::set<std::uint64_t>(indices.begin(), indices.begin() + 20000).size(), 20000u);
  EXPECT_NE(indices[20000], indices[0]);
}

std::string text_of(const DataSet& data, std::uint64_t index) {
  std::string text;
  for (const std::int32_t token : batch_of<std::int32_t>(data, Split::train, {index}).inputs) {
    text += data.description().alphabet.at(static_cast<std::size_t>(token));
  }
  return text;
}

TEST(tokens, answers_follow_from_questions) {
  const auto copy = opened("copy", 1, 21), addition = opened("addition", 1, 15);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::string text = text_of(*copy, i);
    EXPECT_EQ(text.substr(0, 10) + "|" + text.substr(0, 10), text);
    const std::string sum = text_of(*addition, i);
    std::string reversed = sum.substr(8, 4);
    std::reverse(reversed.begin(), reversed.end());
    EXPECT_EQ(std::stoi(sum.substr(0, 3)) + std::stoi(sum.substr(4, 3)), std::stoi(reversed));
    EXPECT_EQ(sum.substr(12), "...") << sum;
  }
  EXPECT_NEAR(*copy->description().entropy_nats, 9 * std::log(16) / 21, 1e-12);
  EXPECT_NEAR(*addition->description().entropy_nats, 5 * std::log(10) / 15, 1e-12);
}

TEST(tokens, labels_are_the_next_inputs_and_answers_where_they_are_said_to_be) {
  for (const char* name : {"copy", "addition", "grammar"}) {
    const auto batch = batch_of<std::int32_t>(*opened(name, 1, 32), Split::test, {3});
    EXPECT_TRUE(std::equal(batch.inputs.begin() + 1, batch.inputs.end(), batch.labels.begin(),
                           batch.labels.end() - 1))
        << name;
  }
  const auto copy = opened("copy", 1, 8);
  const auto batch = batch_of<std::int32_t>(*copy, Split::test, {0});
  EXPECT_EQ(copy->description().answer_begin, 4);
  EXPECT_EQ(copy->description().answer_end, 8);
  EXPECT_TRUE(std::equal(batch.labels.begin() + 4, batch.labels.end(), batch.inputs.begin()));
}

using Text = std::vector<std::int32_t>;

std::vector<Text> texts_of(const DataSet& data, Split split, std::uint64_t count) {
  const auto batch = batch_of<std::int32_t>(data, split, consecutive(0, count));
  const std::size_t context = batch.inputs.size() / count;
  std::vector<Text> texts;
  for (std::size_t i = 0; i < count; ++i) {
    texts.emplace_back(batch.inputs.data() + i * context, batch.inputs.data() + (i + 1) * context);
    texts.back().push_back(batch.labels[(i + 1) * context - 1]);
  }
  return texts;
}

/// Predicts a character from the last `order`, by how often that happened in the texts that it was
/// shown; where that was seldom, from fewer.
class Counting {
 public:
  Counting(std::size_t order, const std::vector<Text>& texts) : order_(order) {
    for (const Text& text : texts) {
      for (std::size_t t = 1; t < text.size(); ++t) {
        for (std::size_t length = 0; length <= std::min(order, t); ++length) {
          Counts& counts = counts_[past(text, t, length)];
          ++counts.of[text[t]];
          ++counts.total;
        }
      }
    }
  }
  double probability(const Text& text, std::size_t t) const {
    double p = 1.0 / 31;
    for (std::size_t length = 0; length <= std::min(order_, t); ++length) {
      const auto found = counts_.find(past(text, t, length));
      if (found == counts_.end()) break;
      const auto seen = found->second.of.find(text[t]);
      const double count = seen == found->second.of.end() ? 0 : seen->second;
      p = (count + 10 * p) / (found->second.total + 10);
    }
    return p;
  }

 private:
  struct Counts {
    std::map<std::int32_t, double> of;
    double total = 0;
  };
  static Text past(const Text& text, std::size_t t, std::size_t length) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(t);
    return {end - static_cast<std::ptrdiff_t>(length), end};
  }
  std::size_t order_;
  std::map<Text, Counts> counts_;
};

double cost(const Counting& model, const Text& text) {
  double sum = 0;
  for (std::size_t t = 1; t < text.size(); ++t) sum -= std::log(model.probability(text, t));
  return sum;
}

double cost(const Grammar& grammar, const Text& text) {
  double sum = 0;
  std::size_t state = 0;
  for (std::size_t t = 0; t < text.size(); ++t) {
    const auto& steps = grammar.states()[state];
    double total = 0;
    for (const auto& step : steps) total += step.weight;
    const auto taken = std::find_if(steps.begin(), steps.end(),
                                    [&](const auto& step) { return step.token == text[t]; });
    if (t > 0) sum -= std::log(taken->weight / total);
    state = taken->next;
  }
  return sum;
}

/// Mean -log p of all characters but each text's first.
template <typename Model>
double mean_cost(const Model& model, const std::vector<Text>& texts) {
  double sum = 0;
  for (const Text& text : texts) sum += cost(model, text);
  return sum / static_cast<double>(texts.size() * (texts[0].size() - 1));
}

TEST(grammar, entropy_is_what_its_texts_cost) {
  for (const std::uint64_t seed : {1u, 2u}) {
    const auto data = opened("grammar", seed, 64);
    const Grammar grammar(seed);
    const double entropy = *data->description().entropy_nats;
    EXPECT_LT(data->description().classes, 66);
    const auto train = texts_of(*data, Split::train, 3000);
    const auto test = texts_of(*data, Split::test, 500);
    const double known = mean_cost(grammar, test);
    const double pairs = mean_cost(Counting(1, train), test);
    const double threes = mean_cost(Counting(3, train), test);
    // 32000 characters: the mean's standard deviation is about 1 / sqrt(32000) = 0.006.
    EXPECT_NEAR(known, entropy, .025) << seed;
    // No model that counts gets below; one that sees more gets nearer, and a pair is too little.
    EXPECT_GT(threes, known) << seed;
    EXPECT_LT(threes, pairs - .05) << seed;
    EXPECT_LT(threes, entropy + .2) << seed;
    EXPECT_GT(pairs, entropy + .15) << seed;
  }
}

TEST(grammar, each_character_leads_to_one_state) {
  const Grammar grammar(5);
  for (const auto& steps : grammar.states()) {
    std::set<std::int32_t> tokens;
    for (const Grammar::Step& step : steps) {
      EXPECT_TRUE(tokens.insert(step.token).second);
      EXPECT_GE(step.token, 0);
      EXPECT_GT(step.weight, 0u);
      EXPECT_LT(step.next, grammar.states().size());
    }
    EXPECT_FALSE(steps.empty());
  }
}

}  // namespace
}  // namespace motley::workloads
