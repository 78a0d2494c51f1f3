// Which trials does a selection mean on one processor? Measurable ones become Begin records
// (searched axes left open), the others Block records that say why not.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "harness/axis_values.hpp"
#include "harness/case.hpp"
#include "results_schema/record.hpp"

namespace motley {

struct Selection {
  std::string filter;  ///< regular expression over case names; empty: all
  std::vector<AxisValues> set;
  Tier tier = Tier::standard;
  std::vector<std::string> scenarios{"throughput"};  ///< as they key records
  std::vector<std::string> loads{"none"};            ///< likewise; each with each scenario
  std::string resources = {};  ///< that the run asked of the system, as they key records
};

/// Cases that the filter selects. Throws Error on a bad expression, UnknownName if none matches or
/// if an axis in `set` belongs to none of them.
std::vector<const Case*> selected_cases(const Selection& selection);

/// One row for each of them: the processor cannot be used at all.
std::vector<schema::Block> unmeasured_cases(const Selection& selection,
                                            const std::string& processor, schema::Status status,
                                            const std::string& reason);

/// A case that knows a value in `set` not at all has one row, unsupported, that says so.
std::vector<schema::Record> plan(Processor& processor, const Selection& selection);
/// A value that no processor knows is a typing error: throws BadArgument if a row says so of a case
/// that is planned for none.
void refuse_unknown_value(const schema::Block& row, const std::set<std::string>& planned_cases);

/// A command line that visits this key alone again.
/// Quoted where a shell would not take it for one word.
std::string shell_word(const std::string& text);
std::string repro(const schema::Key& key, Tier tier, std::uint64_t seed);

/// True if `measured` (searched axes resolved) is a visit to `planned`.
bool is_visit_to(const schema::Key& measured, const schema::Key& planned);

}  // namespace motley
