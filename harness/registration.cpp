// The list of cases: registrations only store functions, the list is made on first use.
#include <algorithm>

#include "harness/case.hpp"
#include "harness/named.hpp"

namespace motley {
namespace {

using Makers = std::vector<std::function<std::vector<Case>()>>;

Makers& makers() {
  static Makers all;  // constructed on first use: registrations run before main in any order
  return all;
}

std::vector<Case> make_cases() {
  std::vector<Case> all;
  for (const auto& make : makers()) {
    for (Case& one : make()) all.push_back(std::move(one));
  }
  std::sort(all.begin(), all.end(), [](const Case& a, const Case& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(
      all.begin(), all.end(), [](const Case& a, const Case& b) { return a.name == b.name; });
  if (twice != all.end()) {
    throw Error("two cases are named '" + twice->name +
                "' (a name must say which one is meant). Rename one.");
  }
  return all;
}

}  // namespace

Registration::Registration(std::function<Case()> make) {
  makers().push_back([make = std::move(make)] { return std::vector<Case>{make()}; });
}

Registration::Registration(std::function<std::vector<Case>()> make) {
  makers().push_back(std::move(make));
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = make_cases();
  return all;
}

const Case& find_case(const std::string& name) {
  return find_named("case", name, cases());
}

Axis axis(std::string name, std::string summary, std::vector<schema::Value> values) {
  return {std::move(name), std::move(summary),
          [values = std::move(values)](Processor&, Tier) { return values; }, false};
}

Axis searched_axis(std::string name, std::string summary, std::vector<schema::Value> values) {
  Axis result = axis(std::move(name), std::move(summary), std::move(values));
  result.searched = true;
  return result;
}

}  // namespace motley
