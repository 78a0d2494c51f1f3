// A language whose entropy is known: words of one to three syllables with vowel harmony, commas,
// full stops and brackets, written by an automaton. Each character leads to one state only, so that
// who read the text from its beginning knows the state, and the entropy of the next character is
// that of the state's own probabilities: a sum, no estimate.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "workloads/data/sample_random.hpp"

namespace motley::workloads {

/// Structure is fixed; which letters and pairs of letters are frequent follows from the seed.
class Grammar {
 public:
  explicit Grammar(std::uint64_t seed);

  static const std::string& alphabet();
  /// Tokens are positions in the alphabet; a text begins at a sentence's beginning.
  void write(SampleRandom& random, std::span<std::int32_t> text) const;

  /// Mean entropy, in nats, of characters 1 to `context` of a text, each given all before it:
  /// sum over t and states s of P(s at t) H(s) / context, with P from the start state by the
  /// automaton's own probabilities.
  double entropy_nats(std::int64_t context) const;

  struct Step {
    std::int32_t token;
    std::uint32_t weight;
    std::size_t next;
  };
  /// Of each state, the first being the start.
  const std::vector<std::vector<Step>>& states() const { return states_; }

 private:
  std::vector<std::vector<Step>> states_;
  std::vector<std::uint32_t> totals_;  ///< of the weights
};

}  // namespace motley::workloads
