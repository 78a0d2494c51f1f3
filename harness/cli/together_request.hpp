// What does a user of motley together ask for? One or many ways to divide a network, each a
// configuration: ranges (ratio=0..1+0.1) stand for one each of their values.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "harness/cli/options.hpp"
#include "workloads/together/together.hpp"

namespace motley::cli {

/// One way to divide a network over processors.
struct Division {
  enum class Way { operators, split, pipeline, training, training_pipeline };
  Way way = Way::operators;
  /// A placement rule, a split, the operators that end stages, or the ratio of a batch: the
  /// parameter of the key that is named as `axis()`.
  std::string text;
  workloads::Synchronisation synchronisation = workloads::Synchronisation::event_wait;

  std::string axis() const;
  bool trains() const { return way == Way::training || way == Way::training_pipeline; }
};

void add_together(CLI::App& app, Options& options);

/// Every combination of what was asked, in order. Throws BadArgument and UnknownName.
std::vector<Division> divisions(const Options& options);

/// a:x=1..3+1,y=2 -> a:x=1,y=2 a:x=2,y=2 a:x=3,y=2
std::vector<std::string> each_of_ranges(const std::string& text);

schema::Key key_of(const Options& options, const Division& division, const std::string& processors);
std::string repro_of(const Options& options, const Division& division);

}  // namespace motley::cli
