#include "analysis/operator_peak.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace motley::analysis {
namespace {

std::vector<std::string> cases_of(const std::string& dtype) {
  static const std::map<std::string, std::vector<std::string>> cases = {
      {"i8", {"flops/int8_dot", "flops/matrix_int8"}},
      {"i32", {"flops/int32"}},
      {"f16", {"flops/fp16", "flops/matrix_fp16"}},
      {"bf16", {"flops/bf16", "flops/matrix_bf16"}}};
  const auto found = cases.find(dtype);
  return found == cases.end() ? std::vector<std::string>{"flops/fp32"} : found->second;
}

}  // namespace

Peak operator_peak(const std::vector<Measurement>& all, const std::string& processor,
                   const std::string& dtype) {
  const std::vector<std::string> cases = cases_of(dtype);
  Peak peak{0, fmt::format("{}", fmt::join(cases, " or "))};
  for (const Measurement& one : all) {
    const bool counts = one.key.processor == processor && one.key.load == "none" &&
                        !one.blocks.empty() &&
                        std::find(cases.begin(), cases.end(), one.key.case_name) != cases.end();
    if (counts && one.value() > peak.per_second) peak = {one.value(), one.key.case_name};
  }
  return peak;
}

}  // namespace motley::analysis
