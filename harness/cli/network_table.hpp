// What a person reads of a network's block, at 80 columns.
#pragma once

#include <string>
#include <vector>

#include "results_schema/record.hpp"
#include "workloads/learning.hpp"

namespace motley::cli {

/// One line rewritten in place, where standard error is a terminal.
void show_progress(const std::string& processor, const workloads::Learning& learning,
                   const schema::Block& block);

void print_training(const schema::Block& block);
void print_inference(const schema::Block& block);
/// What ran beside.
void print_loads(const schema::Block& block);
/// Each processor's median against the first one's.
void print_ratios(const std::vector<schema::Block>& blocks);

}  // namespace motley::cli
