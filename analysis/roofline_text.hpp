// The roofline as tables: ceilings of each processor, then what lies below them.
#pragma once

#include <string>
#include <vector>

#include "analysis/roofline.hpp"
#include "analysis/table.hpp"

namespace motley::analysis {

enum class Shown {
  main,  ///< the fastest implementation of each case; of networks what makes 90 % of a run
  all
};

Table ceiling_table(const Roofline& roofline);
/// `processor`: of one alone, without naming it; empty: of all.
Table point_table(const Roofline& roofline, Shown shown, const std::string& processor = "");
/// Ceilings, a table for each processor, and what is missing, with the command that measures it; at
/// most 80 columns.
std::string roofline_text(const Roofline& roofline, Shown shown);

/// `f32 vector`; for labels of ceilings.
std::string name_of(const ArithmeticCeiling& one);
/// `16 KiB - 64 KiB`, `main memory`.
std::string name_of(const MemoryCeiling& one);

}  // namespace motley::analysis
