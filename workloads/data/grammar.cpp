#include "workloads/data/grammar.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "workloads/data/text_set.hpp"

namespace motley::workloads {
namespace {

constexpr std::string_view onsets = "bcdfghjkmpqtvwxz", codas = "nrsl";
constexpr std::string_view vowels[] = {"aou", "eiy"};  // a sentence keeps to one of the two
constexpr int longest_word = 3;                        // syllables

enum class Place { word, vowel, syllable_end, word_end, gap };

/// What the next character depends on.
struct Context {
  Place place = Place::word;
  int syllables = 0;  ///< of the word, that are whole
  int harmony = -1;   ///< which vowels stand outside brackets; -1 before a sentence's first
  int onset = 0;      ///< only while its vowel is missing
  bool bracket = false;
  friend bool operator<(const Context& a, const Context& b) {
    const auto all = [](const Context& c) {
      return std::tie(c.place, c.syllables, c.harmony, c.onset, c.bracket);
    };
    return all(a) < all(b);
  }
};

struct Choice {
  char character;
  std::uint32_t weight;
  Context next;
};

/// How often letter `letter` is taken where `where` stands: 1 to 64, some much more often.
std::uint32_t frequency(std::uint64_t seed, std::uint64_t where, std::size_t letter) {
  const auto root = static_cast<std::uint32_t>(random_bits(seed, 16 + where, letter) >> 61) + 1;
  return root * root;
}

class Rules {
 public:
  explicit Rules(std::uint64_t seed) : seed_(seed) {}

  std::vector<Choice> after(const Context& context) const {
    switch (context.place) {
      case Place::word:
        return word(context);
      case Place::vowel:
        return vowel(context);
      case Place::syllable_end:
        return syllable_end(context);
      case Place::word_end:
        return word_end(context, 100);
      case Place::gap:
        return {{' ', 1, {Place::word, 0, context.harmony, 0, context.bracket}}};
    }
    return {};
  }

 private:
  /// Choices that are taken with `share` of some common whole, all of them together.
  static void add(std::vector<Choice>& to, std::uint32_t share, std::vector<Choice> choices) {
    std::uint32_t total = 0;
    for (const Choice& choice : choices) total += choice.weight;
    for (Choice& choice : choices) {
      choice.weight = choice.weight * share * 100 / std::max(total, 1u) + 1;
      to.push_back(choice);
    }
  }

  std::vector<Choice> onset(const Context& context) const {
    std::vector<Choice> choices;
    for (std::size_t i = 0; i < onsets.size(); ++i) {
      Context next = context;
      next.place = Place::vowel;
      next.onset = static_cast<int>(i);
      choices.push_back({onsets[i], frequency(seed_, 0, i), next});
    }
    return choices;
  }

  std::vector<Choice> word(const Context& context) const {
    std::vector<Choice> choices;
    add(choices, 100, onset(context));
    if (!context.bracket) add(choices, 8, {{'(', 1, {Place::word, 0, context.harmony, 0, true}}});
    return choices;
  }

  std::vector<Choice> vowel(const Context& context) const {
    std::vector<Choice> choices;
    for (int group = 0; group < 2; ++group) {
      const int harmony = context.bracket ? 1 - group : group;
      if (context.harmony >= 0 && context.harmony != harmony) continue;
      const std::string_view letters = vowels[group];
      for (std::size_t i = 0; i < letters.size(); ++i) {
        const auto where = static_cast<std::uint64_t>(1 + context.onset);
        choices.push_back(
            {letters[i],
             frequency(seed_, where, i),
             {Place::syllable_end, context.syllables + 1, harmony, 0, context.bracket}});
      }
    }
    return choices;
  }

  std::vector<Choice> syllable_end(const Context& context) const {
    std::vector<Choice> choices;
    const bool more = context.syllables < longest_word;
    if (more) add(choices, context.syllables == 1 ? 60 : 30, onset(context));
    std::vector<Choice> closed;
    for (std::size_t i = 0; i < codas.size(); ++i) {
      closed.push_back({codas[i],
                        frequency(seed_, 32, i),
                        {Place::word_end, 0, context.harmony, 0, context.bracket}});
    }
    add(choices, 20, closed);
    add(choices, more ? 30 : 80, word_end(context, 100));
    return choices;
  }

  static std::vector<Choice> word_end(const Context& context, std::uint32_t share) {
    const Context gap{Place::gap, 0, context.harmony, 0, context.bracket};
    std::vector<Choice> choices{{' ', share, {Place::word, 0, context.harmony, 0, context.bracket}},
                                {',', share / 8, gap}};
    if (context.bracket) {
      choices.push_back({')', share / 2, {Place::gap, 0, context.harmony, 0, false}});
    } else {
      choices.push_back({'.', share / 5, {Place::gap, 0, -1, 0, false}});
    }
    return choices;
  }

  std::uint64_t seed_;
};

double entropy(const std::vector<Grammar::Step>& steps, double total) {
  double sum = 0;
  for (const Grammar::Step& step : steps) {
    const double p = step.weight / total;
    sum -= p * std::log(p);
  }
  return sum;
}

}  // namespace

const std::string& Grammar::alphabet() {
  static const std::string all = " .,()abcdefghijklmnopqrstuvwxyz";
  return all;
}

Grammar::Grammar(std::uint64_t seed) {
  const Rules rules(seed);
  std::map<Context, std::size_t> number{{Context{}, 0}};
  std::vector<Context> found{Context{}};
  for (std::size_t state = 0; state < found.size(); ++state) {
    std::vector<Step> steps;
    std::uint32_t total = 0;
    for (const Choice& choice : rules.after(found[state])) {
      const auto [next, fresh] = number.try_emplace(choice.next, found.size());
      if (fresh) found.push_back(choice.next);
      const auto token = static_cast<std::int32_t>(alphabet().find(choice.character));
      steps.push_back({token, choice.weight, next->second});
      total += choice.weight;
    }
    states_.push_back(std::move(steps));
    totals_.push_back(total);
  }
}

void Grammar::write(SampleRandom& random, std::span<std::int32_t> text) const {
  std::size_t state = 0;
  for (std::int32_t& token : text) {
    std::uint32_t left = random.below(totals_[state]);
    const Step* step = states_[state].data();
    while (left >= step->weight) left -= step++->weight;
    token = step->token;
    state = step->next;
  }
}

double Grammar::entropy_nats(std::int64_t context) const {
  std::vector<double> probability(states_.size()), next(states_.size());
  probability[0] = 1;
  double sum = 0;
  for (std::int64_t t = 0; t <= context; ++t) {
    std::fill(next.begin(), next.end(), 0);
    for (std::size_t state = 0; state < states_.size(); ++state) {
      const double total = totals_[state];
      if (t > 0) sum += probability[state] * entropy(states_[state], total);
      for (const Step& step : states_[state]) {
        next[step.next] += probability[state] * step.weight / total;
      }
    }
    probability.swap(next);
  }
  return sum / static_cast<double>(context);
}

namespace {

const DataSetRegistration registration([] {
  return DataSetKind{"grammar", "characters of a small language whose entropy is known", false,
                     [](const DataOptions& options) {
                       const Grammar grammar(options.seed);
                       DataDescription description = describe_text(options, 1, Grammar::alphabet());
                       description.entropy_nats = grammar.entropy_nats(options.context);
                       return written_texts(
                           std::move(description), options.seed,
                           [grammar](SampleRandom& random, std::span<std::int32_t> text) {
                             grammar.write(random, text);
                           });
                     }};
});

}  // namespace
}  // namespace motley::workloads
