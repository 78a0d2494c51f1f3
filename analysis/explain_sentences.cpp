// What a person wants to know of a step, in sentences: the largest share first.
#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <utility>

#include "analysis/explain_causes.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

using Kind = Cause::Kind;

/// Smaller shares have no sentence, and nothing unexplained above this goes without one.
constexpr double least_share = 0.05;

/// `0.9 of 1.2 ms`
std::string of_text(double part, double whole) {
  const auto [unit, scale] = whole >= 1      ? std::pair{"s", 1.0}
                             : whole >= 1e-3 ? std::pair{"ms", 1e3}
                                             : std::pair{"us", 1e6};
  const double scaled = part * scale;
  const std::string text =
      scaled >= 100 ? fmt::format("{:.0f}", scaled) : fmt::format("{:.2g}", scaled);
  return fmt::format("{} of {:.3g} {}", text, whole * scale, unit);
}

std::string percent(double share) {
  return fmt::format("{:.0f} %", 100 * share);
}

/// Of a step; modes that read the loss now and then have less than one.
std::string blocking_copies(double count) {
  if (count == 1) return "one blocking copy";
  return (count >= 2 ? fmt::format("{:.0f}", count) : fmt::format("{:.2g}", count)) +
         " blocking copies";
}

class Sentences {
 public:
  Sentences(const ProfiledNetwork& network, Explanation& to)
      : network_(network), to_(to), run_(to.training ? "step" : "inference") {}

  void find() {
    add(Kind::compute, &Sentences::computing);
    add(Kind::wait, &Sentences::waiting);
    add(Kind::copy, &Sentences::moving);
    add(Kind::launch, &Sentences::giving);
    add(Kind::host, &Sentences::hosting);
    add(Kind::unattributed, &Sentences::unexplained);
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Found& a, const Found& b) { return a.share > b.share; });
    for (Found& one : found_) to_.sentences.push_back(std::move(one.text));
    advise();
    if (to_.distorted) {
      to_.sentences.push_back(fmt::format(
          "The profiler made the {} {:.2g} times as long: shares are those of the profiled one.",
          run_, to_.profiled_seconds / std::max(1e-12, to_.whole_seconds)));
    }
  }

 private:
  using Text = std::string (Sentences::*)(double share) const;
  struct Found {
    Kind kind;
    double share;
    std::string text;
  };

  double at(const char* group, const char* name) const { return network_.figure(group, name); }

  static bool belongs(const Cause& cause, Kind kind) {
    return cause.kind == kind || (kind == Kind::copy && cause.kind == Kind::convert);
  }

  void add(Kind kind, Text text) {
    double share = 0;
    for (const Cause& cause : to_.causes) share += belongs(cause, kind) ? cause.share : 0;
    if (share >= least_share) found_.push_back({kind, share, (this->*text)(share)});
  }

  /// The causes of a kind by name, the largest first.
  std::string parts(Kind kind) const {
    std::string text;
    for (const Cause& cause : to_.causes) {
      if (!belongs(cause, kind) || cause.share < 0.01) continue;
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", cause.name, percent(cause.share));
    }
    return text;
  }

  /// What its operators need at least, of what they took.
  std::string of_roofline() const {
    double least = 0, taken = 0;
    for (const OperatorPrediction& one : to_.prediction.operators) {
      if (!one.predicted[Model::roofline]) return "";
      least += *one.predicted[Model::roofline];
      taken += one.measured_seconds;
    }
    if (least <= 0 || taken <= 0) return "";
    if (least > taken) return "; that is faster than its roofline: operands stay in caches";
    return fmt::format("; its roofline allows {} of that time", percent(least / taken));
  }

  std::string computing(double share) const {
    std::string text =
        fmt::format("{} of this {} is computing ({})", percent(share), run_, parts(Kind::compute)) +
        of_roofline() + ".";
    const auto& all = to_.prediction.operators;
    const auto costliest = std::max_element(
        all.begin(), all.end(),
        [](const auto& a, const auto& b) { return a.measured_seconds < b.measured_seconds; });
    if (costliest == all.end()) return text;
    const double own = costliest->measured_seconds / to_.profiled_seconds;
    if (own >= 0.1) {
      text += fmt::format(" {} alone takes {}.", costliest->name, percent(std::min(1.0, own)));
    }
    return text;
  }

  std::string waiting(double share) const {
    const double copies = at("counts", "blocking_copies");
    const bool of_copies = copies > 0 && at("gap_calls", "read") >= 0.5 * share * whole();
    if (of_copies) {
      return fmt::format(
          "{} of this {} is latency of {}{}.", percent(share), run_, blocking_copies(copies),
          copies > 1 ? ", " + seconds_text(at("gap_calls", "read") / copies) + " each" : "");
    }
    return fmt::format("{} of this {} passes between the device's end and the host's notice ({}).",
                       percent(share), run_, parts(Kind::wait));
  }

  std::string moving(double share) const {
    const double bytes = at("counts", "bytes_to_device") + at("counts", "bytes_to_host");
    const double copies = at("counts", "copies_to_device") + at("counts", "copies_to_host");
    const double conversions = at("counts", "conversions");
    std::string text = fmt::format("{} of this {} is moving ", percent(share), run_);
    text += copies > 0 ? fmt::format("{} in {:.0f} copies", bytes_text(bytes), copies) : "bytes";
    if (conversions > 0) text += fmt::format(" with {:.0f} layout conversions", conversions);
    return text + fmt::format(" ({}).", parts(Kind::copy));
  }

  std::string giving(double share) const {
    const double launches = at("counts", "launches") + at("counts", "conversions");
    const double seconds = at("host_calls", "launch") + at("host_calls", "convert");
    std::string text =
        fmt::format("In {} of this {} the device waits for commands to be given ({})",
                    percent(share), run_, parts(Kind::launch));
    if (launches > 0 && seconds > 0) {
      text += fmt::format("; the host gives {:.0f} launches in {} each", launches,
                          seconds_text(seconds / launches));
    }
    return text + ".";
  }

  std::string hosting(double share) const {
    return fmt::format("In {} of this {} the device waits for what the host does ({}).",
                       percent(share), run_, parts(Kind::host));
  }

  std::string unexplained(double share) const {
    return fmt::format("Nothing explains {} of this {} ({}).", percent(share), run_,
                       to_.on_device ? "other programs, or clocks that differ"
                                     : "reading the clock between operators, or other programs");
  }

  double whole() const { return to_.profiled_seconds; }

  /// The largest saving joins the sentence that it is the answer to, where that is the first.
  void advise() {
    bool first = true;
    for (const Saving& one : to_.savings) {
      const std::string text = fmt::format("{} would save {} ({})", one.what,
                                           of_text(one.seconds, to_.whole_seconds), one.basis);
      // Computing is the same in all modes.
      const bool joins = first && !found_.empty() && found_.front().kind != Kind::compute;
      if (joins) {
        to_.sentences.front().pop_back();
        to_.sentences.front() += "; " + text + ".";
      } else {
        to_.sentences.push_back(
            fmt::format("{}{}.", char(std::toupper(text.front())), text.substr(1)));
      }
      first = false;
    }
  }

  const ProfiledNetwork& network_;
  Explanation& to_;
  const char* run_;
  std::vector<Found> found_;
};

}  // namespace

void find_sentences(const ProfiledNetwork& network, Explanation& to) {
  Sentences(network, to).find();
}

}  // namespace motley::analysis
