#include "harness/plan.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fmt/format.h>
#include <regex>
#include <string_view>

#include "harness/error.hpp"
#include "harness/scenarios/trace.hpp"
#include "harness/visit.hpp"

namespace motley {
namespace {

const std::vector<schema::Value>* set_values(const Selection& selection, const std::string& axis) {
  for (const AxisValues& one : selection.set) {
    if (one.axis == axis) return &one.values;
  }
  return nullptr;
}

/// Names among an axis' values are checked: a typing error must not become an unsupported row.
void check_names(const Axis& axis, const std::vector<schema::Value>& wanted, Processor& processor) {
  std::vector<std::string> known;
  bool has_numbers = false;
  for (const schema::Value& value : axis.values(processor, Tier::full)) {
    known.push_back(schema::to_string(value));
    has_numbers |= !std::holds_alternative<std::string>(value);
  }
  for (const schema::Value& value : wanted) {
    const std::string text = schema::to_string(value);
    if (has_numbers && !std::holds_alternative<std::string>(value)) continue;
    if (!known.empty() && std::find(known.begin(), known.end(), text) == known.end()) {
      throw UnknownName("value of axis " + axis.name, text, known);
    }
  }
}

void expand(const Case& one, Processor& processor, const Selection& selection, std::size_t axis,
            schema::Key& key, std::vector<schema::Record>& planned) {
  if (axis == one.axes.size()) {
    schema::Parameters unset = key.parameters;
    for (const AxisValues& set : selection.set) unset.erase(set.axis);
    if (one.keep && !one.keep(unset, selection.tier)) return;
    for (const std::string& scenario : selection.scenarios) {
      for (const std::string& load : selection.loads) {
        schema::Begin begin{key};
        begin.key.scenario = scenario;
        begin.key.load = load;
        planned.push_back(std::move(begin));
      }
    }
    return;
  }
  const Axis& current = one.axes[axis];
  const auto* given = set_values(selection, current.name);
  if (given && !current.open) check_names(current, *given, processor);
  if (!given && current.searched) {
    expand(one, processor, selection, axis + 1, key, planned);
    return;
  }
  const std::vector<schema::Value> own = current.values(processor, selection.tier);
  for (const schema::Value& value : given ? *given : own) {
    // A 0 that was written for the axis' 0.0 is the same measurement: it gets the same key.
    const auto same = std::find_if(own.begin(), own.end(), [&](const schema::Value& its) {
      return schema::to_string(its) == schema::to_string(value);
    });
    key.parameters[current.name] = same == own.end() ? value : *same;
    expand(one, processor, selection, axis + 1, key, planned);
  }
  key.parameters.erase(current.name);
}

/// Before any axis has a value; of several scenarios and loads the first.
schema::Key first_key(const Case& one, const std::string& processor, const Selection& selection) {
  schema::Key key;
  key.case_name = one.name;
  key.revision = one.revision;
  key.processor = processor;
  key.scenario = selection.scenarios.front();
  key.load = selection.loads.front();
  if (!selection.resources.empty()) key.parameters["resources"] = selection.resources;
  return key;
}

}  // namespace

std::vector<const Case*> selected_cases(const Selection& selection) {
  std::vector<const Case*> selected;
  std::vector<std::string> known, axes;
  std::regex expression;
  try {
    expression = std::regex(selection.filter);
  } catch (const std::regex_error& error) {
    throw BadArgument("--filter " + selection.filter + " is no regular expression (" +
                      error.what() + "). Quote it, and escape ( [ * + ? with a backslash.");
  }
  for (const Case& one : cases()) {
    known.push_back(one.name);
    if (!std::regex_search(one.name, expression)) continue;
    if (selection.filter.empty() && one.tier > selection.tier) continue;
    selected.push_back(&one);
    for (const Axis& axis : one.axes) axes.push_back(axis.name);
  }
  if (selected.empty()) throw UnknownName("case", selection.filter, known);
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  for (const AxisValues& set : selection.set) {
    if (!std::binary_search(axes.begin(), axes.end(), set.axis)) {
      throw UnknownName("axis", set.axis, axes);
    }
  }
  return selected;
}

std::vector<schema::Block> unmeasured_cases(const Selection& selection,
                                            const std::string& processor, schema::Status status,
                                            const std::string& reason) {
  std::vector<schema::Block> rows;
  for (const Case* one : selected_cases(selection)) {
    rows.push_back(unmeasured(first_key(*one, processor, selection), one->metric, status, reason));
  }
  return rows;
}

std::vector<schema::Record> plan(Processor& processor, const Selection& selection) {
  std::vector<schema::Record> planned;
  for (const Case* one : selected_cases(selection)) {
    schema::Key key = first_key(*one, processor.description().id, selection);
    std::string reason = one->unsupported ? one->unsupported(processor) : "";
    const std::size_t before = planned.size();
    try {
      if (reason.empty()) expand(*one, processor, selection, 0, key, planned);
    } catch (const UnknownName& error) {
      reason = error.what();
      planned.resize(before);
    }
    if (planned.size() == before) {
      planned.push_back(
          unmeasured(key, one->metric, schema::Status::unsupported,
                     reason.empty() ? "no value of its axes suits this processor" : reason));
    }
  }
  return planned;
}

void refuse_unknown_value(const schema::Block& row, const std::set<std::string>& planned_cases) {
  const bool unknown = row.reason.starts_with("unknown value of axis ");
  if (unknown && !planned_cases.contains(row.key.case_name)) throw BadArgument(row.reason);
}

std::string shell_word(const std::string& text) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("-_=:,./+").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string repro(const schema::Key& key, Tier tier, std::uint64_t seed) {
  std::string text;
  for (const char* name : {"MOTLEY_EMULATE", "MOTLEY_FAULT"}) {
    if (const char* value = std::getenv(name)) text += fmt::format("{}={} ", name, value);
  }
  const bool micro = key.engine == "google_benchmark";
  text += fmt::format("motley {} --filter '^{}$' --on {}", micro ? "micro" : "run", key.case_name,
                      key.processor);
  for (const auto& [name, value] : key.parameters) {
    const std::string is = schema::to_string(value);
    text += name == "resources" ? " --resources " + shell_word(is)
                                : " --set " + shell_word(name + "=" + is);
  }
  text += fmt::format(" --scenario {}", shell_word(with_trace_files(key.scenario)));
  if (key.load != "none") text += fmt::format(" --load {}", shell_word(key.load));
  text += fmt::format(" --tier {} --seed {}", to_string(tier), seed);
  return micro ? text : text + " --processes 1 --rounds 1";
}

bool is_visit_to(const schema::Key& measured, const schema::Key& planned) {
  if (measured.case_name != planned.case_name || measured.revision != planned.revision ||
      measured.processor != planned.processor || measured.engine != planned.engine ||
      measured.scenario != planned.scenario || measured.load != planned.load) {
    return false;
  }
  return std::all_of(planned.parameters.begin(), planned.parameters.end(), [&](const auto& one) {
    const auto found = measured.parameters.find(one.first);
    return found != measured.parameters.end() && found->second == one.second;
  });
}

}  // namespace motley
