// Explanations for people: the sentences first, then tables of causes, operators and predictors.
#pragma once

#include <string>

#include "analysis/explain.hpp"
#include "analysis/table.hpp"

namespace motley::analysis {

Table cause_table(const Explanation& one);
/// The costliest operators, measured and as each model has them.
Table operator_table(const Explanation& one, std::size_t most);
/// What each model says of each step.
Table step_table(const Explanations& all);
/// Errors of each model; `families`: also by kind of operator.
Table accuracy_table(const std::vector<Accuracy>& accuracies, bool families);

/// At most 80 columns; `details`: all operators and errors by kind.
std::string explain_text(const Explanations& all, bool details);

}  // namespace motley::analysis
