#include "harness/error.hpp"

#include <algorithm>
#include <numeric>

namespace motley {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest(const std::string& name, std::vector<std::string> known) {
  if (known.empty()) return "There is none here.";
  std::stable_sort(known.begin(), known.end(), [&](const auto& a, const auto& b) {
    return edit_distance(name, a) < edit_distance(name, b);
  });
  std::string text = "Nearest: " + known[0];
  for (std::size_t i = 1; i < std::min<std::size_t>(3, known.size()); ++i) text += ", " + known[i];
  return text + ".";
}

}  // namespace

DeviceError::DeviceError(std::string call, std::string status, std::string advice, std::string log)
    : Error(call + " failed with " + status + ". " + advice),
      call_(std::move(call)),
      status_(std::move(status)),
      log_(std::move(log)) {}

UnknownName::UnknownName(const std::string& kind, const std::string& name,
                         const std::vector<std::string>& known)
    : BadArgument("unknown " + kind + " '" + name + "' (nothing has that name). " +
                  nearest(name, known)) {}

}  // namespace motley
