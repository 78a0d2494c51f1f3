// Verdicts for a person at a terminal and for a program.
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analysis/claims/claims.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

using Json = nlohmann::ordered_json;

std::string figures_text(const ClaimVerdict& verdict) {
  std::string text;
  for (const ClaimFigure& one : verdict.figures) text += (text.empty() ? "" : "; ") + to_text(one);
  return text;
}

Json json_of(const ClaimVerdict& verdict) {
  Json json{{"id", verdict.id},
            {"statement", verdict.statement},
            {"source", verdict.source},
            {"verdict", to_string(verdict.judgement)}};
  if (!verdict.why.empty()) json["why"] = verdict.why;
  if (!verdict.processor.empty()) json["processor"] = verdict.processor;
  if (verdict.rehearsal) json["rehearsal_would_hold"] = *verdict.rehearsal;
  json["figures"] = Json::array();
  for (const ClaimFigure& one : verdict.figures) {
    if (!std::isfinite(one.value)) continue;
    json["figures"].push_back({{"of", one.of}, {"name", one.name}, {"value", one.value}});
  }
  json["commands"] = verdict.commands;
  return json;
}

}  // namespace

std::string to_text(const ClaimFigure& figure) {
  const double value = figure.value;
  std::string shown;
  if (figure.name.ends_with("share")) {
    shown = fmt::format("{:.0f} %", value * 100);
  } else if (figure.name == "ratio" || figure.name == "gain" || figure.name == "speedup") {
    shown = three_digits(value) + "x";
  } else if (figure.name.ends_with("_seconds")) {
    shown = seconds_text(value);
  } else if (figure.name == "bytes") {
    shown = bytes_text(value);
  } else if (figure.name.ends_with("_per_second")) {
    shown = quantity_text(figure.name, value);
  } else {
    shown = three_digits(value);
  }
  return figure.of + ": " + shown;
}

std::string claims_text(const std::vector<ClaimVerdict>& verdicts) {
  std::string text;
  for (const ClaimVerdict& one : verdicts) {
    std::string head = fmt::format("{}  {}", one.id, to_string(one.judgement));
    if (!one.processor.empty()) head += " (" + one.processor + ")";
    text += wrapped(head, 80, 5) + wrapped("     " + one.statement, 80, 5);
    text += wrapped("     [" + one.source + "]", 80, 5);
    if (!one.why.empty()) text += wrapped("     Why: " + one_line(one.why) + ".", 80, 5);
    if (one.rehearsal) {
      text += fmt::format("     Of a GPU these figures would say: {}.\n",
                          *one.rehearsal ? "it holds" : "it does not hold");
    }
    if (!one.figures.empty()) {
      text += wrapped("     Figures: " + one_line(figures_text(one)) + ".", 80, 5);
    }
    for (const std::string& command : one.commands) text += wrapped("     " + command, 80, 9);
    text += "\n";
  }
  return text;
}

std::string claims_json(const std::vector<ClaimVerdict>& verdicts) {
  Json all = Json::array();
  for (const ClaimVerdict& one : verdicts) all.push_back(json_of(one));
  return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace motley::analysis
