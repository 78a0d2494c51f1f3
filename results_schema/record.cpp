#include "results_schema/record.hpp"

#include <fmt/format.h>

namespace motley::schema {

std::string to_string(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return std::get<std::string>(value);
}

std::string to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::suspect:
      return "suspect";
    case Status::unsupported:
      return "unsupported";
    case Status::wrong:
      return "wrong";
    case Status::failed:
      return "failed";
    case Status::skipped:
      return "skipped";
  }
  return "unknown";
}

std::string to_string(Metric metric) {
  switch (metric) {
    case Metric::flops_per_second:
      return "flops_per_second";
    case Metric::bytes_per_second:
      return "bytes_per_second";
    case Metric::seconds_per_operation:
      return "seconds_per_operation";
    case Metric::operations_per_second:
      return "operations_per_second";
  }
  return "unknown";
}

std::string to_string(const Key& key) {
  std::string text =
      fmt::format("{}/revision={}/processor={}", key.case_name, key.revision, key.processor);
  for (const auto& [name, value] : key.parameters) text += "/" + name + "=" + to_string(value);
  if (key.engine != "motley") text += "/engine=" + key.engine;
  if (key.scenario != "throughput") text += "/scenario=" + key.scenario;
  if (key.load != "none") text += "/load=" + key.load;
  return text;
}

}  // namespace motley::schema
