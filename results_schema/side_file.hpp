// Samples that are too many for a line lie in a file beside it, of which the line keeps the name,
// the hash and histograms.
#pragma once

#include <filesystem>
#include <span>

#include "results_schema/record.hpp"

namespace motley::schema {

/// Log-linear: 32 buckets to a doubling, so that each holds values within 3 % of each other.
Histogram histogram(std::span<const double> values);

/// Where the line of `block` would be too long: writes its samples to `<log>.<hash>.samples` and
/// names that file instead. Throws BadRecord where it cannot be written, or it is not the samples
/// that are too long.
void move_long_samples(Block& block, const std::filesystem::path& log);

/// Reads the samples of a block's side file, which lies in `folder`; does nothing where it has
/// none. Throws BadRecord where the file is missing, cut or altered.
void fetch_samples(Block& block, const std::filesystem::path& folder);

}  // namespace motley::schema
