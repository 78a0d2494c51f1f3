// All blocks of one key are one measurement: what it says is the median of its blocks.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

struct BlockFigure {
  double value = 0;  ///< as the metric says, from the median run of the block
  int process = 0, round = 0;
  double within_spread = 0;  ///< relative robust deviation of its samples
  std::set<std::string> findings;
};

struct Measurement {
  schema::Key key;
  schema::Metric metric;
  std::vector<BlockFigure> blocks;  ///< ok ones, in the order of the file
  std::set<std::string> findings;   ///< of any block
  double share_of_ceiling = 0;      ///< median over the blocks that know one; 0: none does
  double clock_hertz = 0;           ///< median over the blocks that know it; 0: none does

  double value() const;  ///< median over the blocks
  std::vector<double> values() const;
  std::string family() const;  ///< flops of flops/fp32
};

/// A block's median run as its metric says; 0 where there are no samples or no work.
double figure(const schema::Block& block);
/// 1 where more is better, -1 where less is.
int direction(schema::Metric metric);

/// Measurements in the order in which their keys appear first. Suspect blocks are left out: they
/// are no figures to quote.
std::vector<Measurement> measurements(const schema::Log& log);

std::string family_of(const std::string& case_name);

}  // namespace motley::analysis
