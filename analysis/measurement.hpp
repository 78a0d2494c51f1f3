// All blocks of one key are one measurement: what it says is the median of its blocks.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

struct BlockFigure {
  double value = 0;        ///< as the metric says, from the median run of the block
  double run_seconds = 0;  ///< median over its samples
  int process = 0, round = 0;
  double within_spread = 0;        ///< relative robust deviation of its samples
  std::set<std::string> findings;  ///< without those of the whole run: see is_of_the_run
  double share_of_ceiling = 0;     ///< 0: the block knows none
  double clock_hertz = 0;          ///< 0: the block does not know it
};

struct Measurement {
  schema::Key key;
  schema::Metric metric = schema::Metric::flops_per_second;
  std::vector<BlockFigure> blocks;   ///< ok ones, in the order of the file
  std::vector<BlockFigure> suspect;  ///< kept for those who ask; no part of any figure below
  std::set<std::string> findings;    ///< of any block
  std::set<std::string> searched;    ///< axes in which a search's candidates differ

  double value() const;  ///< median over the blocks
  double smallest() const;
  double largest() const;
  double share_of_ceiling() const;  ///< median over the blocks that know one; 0: none does
  double clock_hertz() const;       ///< median over the blocks that know it; 0: none does
  std::vector<double> values() const;
  /// One figure a process, the median of its blocks, in the order of the processes.
  std::vector<double> process_values() const;
  /// Relative deviation of the processes' figures; 0 for fewer than two processes.
  double between_processes() const;
  /// Relative deviation of the blocks of one process, over all processes with two blocks or more.
  double within_processes() const;
  /// Half of the blocks or more carry a finding or are suspect.
  bool disturbed() const;
  std::string family() const;  ///< flops of flops/fp32
};

/// A block's median run as its metric says; 0 where there are no samples, no work, or numbers that
/// give nothing finite above 0.
double figure(const schema::Block& block);
/// The same from its fastest sample.
double fastest_figure(const schema::Block& block);
/// 1 where more is better, -1 where less is.
int direction(schema::Metric metric);
/// Delays or failures were injected: no figure is the device's, so none may be compared.
bool is_emulated(const schema::Log& log);
/// A finding that every block of a run carries alike (build, governor): said once for the run and
/// of no use to tell blocks apart.
bool is_of_the_run(const std::string& finding_kind);

/// Measurements in the order in which their keys appear first; those without any ok block last.
std::vector<Measurement> measurements(const schema::Log& log);

/// Without what a load disturbed, a scenario held back or several processors did: that has tables
/// of its own.
schema::Log undisturbed(const schema::Log& log);

std::string family_of(const std::string& case_name);

}  // namespace motley::analysis
