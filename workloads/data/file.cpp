#include "workloads/data/file.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <zlib.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

struct Close {
  void operator()(gzFile file) const { gzclose(file); }
};
using Handle = std::unique_ptr<gzFile_s, Close>;

/// Appends up to `most` bytes; false at the file's end.
bool read_some(gzFile file, const std::string& path, Bytes& bytes, std::size_t most) {
  const std::size_t before = bytes.size();
  bytes.resize(before + most);
  const int got = gzread(file, bytes.data() + before, static_cast<unsigned>(most));
  if (got < 0) {
    int code = 0;
    throw Error(
        fmt::format("{} cannot be read: {} (its contents are damaged or no file's). Fetch "
                    "it again.",
                    path, gzerror(file, &code)));
  }
  bytes.resize(before + static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace

Bytes read_file(const std::string& path, std::uint64_t most_bytes) {
  Handle file(gzopen(path.c_str(), "rb"));
  if (!file) {
    throw Error(
        fmt::format("{} cannot be opened (no data without it). Check that it exists and "
                    "may be read.",
                    path));
  }
  Bytes bytes;
  // No header decides how much memory is taken: only bytes that are really there do.
  while (read_some(file.get(), path, bytes, std::size_t{1} << 20)) {
    if (bytes.size() > most_bytes) {
      throw Error(
          fmt::format("{} has more than {} bytes (data sets are held in memory whole). "
                      "Take a part of it.",
                      path, most_bytes));
    }
  }
  // zlib tells that a gzip stream ended early only now.
  if (gzclose_r(file.release()) == Z_BUF_ERROR) {
    throw Error(
        fmt::format("{} ends within its gzip stream (the rest of the data is missing). "
                    "Fetch it again.",
                    path));
  }
  return bytes;
}

std::vector<std::string> files_in(const std::string& folder, std::span<const std::string> endings) {
  namespace fs = std::filesystem;
  std::error_code failure;
  std::vector<std::string> found;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end;
       it.increment(failure)) {
    const std::string path = it->path().string();
    const bool wanted = std::any_of(endings.begin(), endings.end(), [&](const std::string& ending) {
      return path.ends_with(ending) || path.ends_with(ending + ".gz");
    });
    std::error_code ignored;
    if (wanted && it->is_regular_file(ignored)) found.push_back(path);
  }
  if (failure) {
    throw Error(
        fmt::format("the folder {} cannot be read: {} (no data without it). Name the "
                    "folder that holds the files with --data.",
                    folder, failure.message()));
  }
  std::sort(found.begin(), found.end());
  const auto unpacked_too = [&](const std::string& path) {
    return path.ends_with(".gz") &&
           std::binary_search(found.begin(), found.end(), path.substr(0, path.size() - 3));
  };
  std::vector<std::string> result;
  std::copy_if(found.begin(), found.end(), std::back_inserter(result),
               [&](const std::string& path) { return !unpacked_too(path); });
  return result;
}

void check_range(const std::string& path, std::span<const std::uint8_t> labels,
                 std::int64_t classes) {
  const auto wrong = std::find_if(labels.begin(), labels.end(),
                                  [&](std::uint8_t label) { return label >= classes; });
  if (wrong == labels.end()) return;
  throw Error(
      fmt::format("sample {} of {} has the label {} (there are {} classes, from 0 to {}). "
                  "Check that it is the file of this data set.",
                  wrong - labels.begin(), path, *wrong, classes, classes - 1));
}

void check_several_classes(const std::string& path, std::span<const std::uint8_t> labels) {
  const auto differing = std::adjacent_find(labels.begin(), labels.end(), std::not_equal_to<>());
  if (differing != labels.end()) return;
  throw Error(
      fmt::format("all {} training samples in {} have the same label (from one class "
                  "nothing can be learnt). Add samples of other classes.",
                  labels.size(), path));
}

}  // namespace motley::workloads
