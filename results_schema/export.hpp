// Other people's formats, each a pure function of the records.
#pragma once

#include <iosfwd>

#include "results_schema/record.hpp"

namespace motley::schema {

/// One JSON document: {"schema", "runs": [...], "blocks": [...], "ends": [...]}.
void export_json(const Log& log, std::ostream& out);
/// Long form: one row a sample, RFC 4180 quoting, a header row.
void export_csv(const Log& log, std::ostream& out);
/// What Google Benchmark's JSON reporter writes (json_schema_version 1): one entry a sample with
/// run_type iteration, so that its compare.py can test the distributions.
void export_google_benchmark(const Log& log, std::ostream& out);

}  // namespace motley::schema
