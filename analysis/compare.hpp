// Did figures change between two runs? Rows are paired by what was asked and of which processor;
// what Motley chose itself (a searched axis, the implementation of `auto`) is part of the answer,
// so that another choice is a difference to be told and no other row. Every figure is taken as a
// speed (a time as its reciprocal): a ratio above 1 is faster, whatever was measured.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "analysis/change.hpp"
#include "analysis/context.hpp"
#include "analysis/run_figures.hpp"

namespace motley::analysis {

enum class Change { faster, slower, same, inconclusive };
std::string to_string(Change change);

struct ComparedSide {
  double median = 0;  ///< of all blocks, in the quantity's unit
  std::size_t processes = 0, blocks = 0;
  std::map<schema::Status, int> not_ok;
  std::string reason;             ///< of the first that was not ok
  std::set<std::string> choices;  ///< implementation=simd
};

struct ComparedRow {
  schema::Key key;           ///< of the first side, without what was chosen
  std::string name;          ///< what was asked, as short as tells rows apart: op/matmul m=64
  std::string processor_id;  ///< stable
  std::string quantity;      ///< flops_per_second ...
  int direction = 1;         ///< of the quantity; ratios below are of speeds
  ComparedSide first, second;
  std::optional<TestedRatio> tested;        ///< by processes; none with fewer than two a side
  std::optional<TestedRatio> undisturbed;   ///< of pairs: see undisturbed_ratio
  std::optional<ResampledRatio> resampled;  ///< ratio of medians; none without figures on a side
  Judged judged;                            ///< of what deciding() says
  bool by_undisturbed = false;
  Change change = Change::inconclusive;
  std::set<std::string> findings;  ///< of either side

  const std::optional<TestedRatio>& deciding() const;
  /// Second over first, as speeds: of medians, or what the test says where pairs were compared.
  double ratio() const;
  /// Both sides were measured, and nothing of it failed or is suspect.
  bool sound() const;
};

/// A row that one side alone has.
struct Unpaired {
  schema::Key key;
  std::string name;
  bool measured = false;  ///< has figures, and nothing of it failed
  std::string reason;     ///< revision 1 is not revision 2; empty: it is not there
};

/// Mean of the logarithms of a group's rows. Its interval is of the processes: figures of one
/// process rise and fall together, so that rows are no replicates.
struct GroupMean {
  std::string group;  ///< a processor, or "all"
  std::size_t rows = 0;
  double ratio = 1;
  std::optional<Interval> interval;
};

struct Comparison {
  std::vector<ContextDifference> differences;
  std::vector<ComparedRow> rows;  ///< in the order of the first side
  std::vector<Unpaired> only_first, only_second;
  std::vector<GroupMean> means;
  Limits limits;
  bool paired = false;  ///< measured in turns: see compare_pairs

  std::size_t count(Change change) const;
};

struct CompareOptions {
  Limits limits;
  std::string filter;  ///< regular expression that a name contains
  std::set<std::string>
      across;  ///< what may differ though figures then mean other things: device ...
  std::size_t resamples = 2000;
  std::uint64_t seed = 1;
  /// Least change that matters, of a row; none: limits.margin.
  std::function<std::optional<double>(const ComparedRow&)> margin;
};

/// Throws Incomparable: emulated, or another device, execution context or build without consent.
class Incomparable : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

Comparison compare(const RunFigures& first, const RunFigures& second,
                   const CompareOptions& options = {});

/// Of runs that alternate: each pair was measured in close succession, and only ratios within pairs
/// count, so that a machine that drifts costs nothing. Rows are judged by their medians and by
/// their undisturbed speeds, each with half the share of false verdicts: a change is what one of
/// them shows and the other does not contradict; "same" is what one of them says while medians show
/// no difference.
using RunPair = std::pair<RunFigures, RunFigures>;
Comparison compare_pairs(const std::vector<RunPair>& pairs, const CompareOptions& options = {});

}  // namespace motley::analysis
