// The user's files: found in the folder that was named, read whole, gzip or not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace motley::workloads {

using Bytes = std::vector<std::uint8_t>;

/// Beyond this a file is refused: a data set lies in memory beside the network that learns it.
/// MNIST has 55 MB, CIFAR-10 184 MB.
constexpr std::uint64_t most_file_bytes = std::uint64_t{1} << 30;

/// Decompressed where it is gzip. Throws Error where it cannot be read, is damaged, cut short or
/// unpacks to more than `most_bytes`.
Bytes read_file(const std::string& path, std::uint64_t most_bytes = most_file_bytes);

/// Regular files of a folder whose names end in one of `endings`, sorted; of file and file.gz only
/// the first. Throws Error where there is no such folder.
std::vector<std::string> files_in(const std::string& folder, std::span<const std::string> endings);

/// Throws Error where a label is not in [0, classes).
void check_range(const std::string& path, std::span<const std::uint8_t> labels,
                 std::int64_t classes);
/// Throws Error where all labels of a training split are the same.
void check_several_classes(const std::string& path, std::span<const std::uint8_t> labels);

}  // namespace motley::workloads
