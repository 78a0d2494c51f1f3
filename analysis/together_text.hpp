// What a person reads of a network on several processors, at 80 columns.
#pragma once

#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

/// A block of one way to divide a network over processors.
bool is_division(const schema::Block& block);

std::string division_heading(const schema::Block& block);
std::string division_row(const schema::Block& block);
/// The best of them: its gain, and what each processor did with its time. Empty where none is ok.
std::string best_division(const std::vector<schema::Block>& blocks);

/// All divisions of a log, by model and processors.
std::string division_tables(const schema::Log& log);

}  // namespace motley::analysis
