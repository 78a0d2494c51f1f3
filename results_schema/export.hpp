// Other people's formats, each a pure function of the records.
#pragma once

#include <iosfwd>

#include "results_schema/record.hpp"

namespace motley::schema {

/// One JSON document: {"schema", "runs": [...], "blocks": [...], "ends": [...]}; a block's "run" is
/// the index of its run.
void export_json(const Log& log, std::ostream& out);
/// Long form: one row a sample, RFC 4180 quoting, a header row.
void export_csv(const Log& log, std::ostream& out);
/// What Google Benchmark's JSON reporter writes (json_schema_version 1): one entry an ok block, the
/// blocks of a key being its repetitions. Others are only counted (motley_left_out): compare.py
/// does not know error_occurred and would take their times of 0 into its U test and mean.
void export_google_benchmark(const Log& log, std::ostream& out);

}  // namespace motley::schema
