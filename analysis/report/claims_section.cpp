// Which published statements hold on this device? A claim about a GPU is judged on one only:
// elsewhere its figures are a rehearsal and no verdict.
#include <fmt/format.h>

#include "analysis/claims/claims.hpp"
#include "analysis/report/section.hpp"

namespace motley::analysis::report {
namespace {

using Judgement = ClaimVerdict::Judgement;

std::string verdict_text(const ClaimVerdict& one) {
  if (one.judgement != Judgement::cannot_be_measured || !one.rehearsal) {
    return to_string(one.judgement);
  }
  return fmt::format("rehearsal only: {}", *one.rehearsal ? "would hold" : "would not hold");
}

std::string figures_text(const ClaimVerdict& one) {
  std::string text;
  for (const ClaimFigure& figure : one.figures)
    text += (text.empty() ? "" : ", ") + to_text(figure);
  return text.empty() ? "-" : text;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

Table table_of(const std::vector<ClaimVerdict>& verdicts) {
  Table table;
  table.title = "Claims";
  table.columns = {{"claim", false, "claim"},          {"statement", false, "statement"},
                   {"verdict here", false, "verdict"}, {"figures", false, "figures"},
                   {"on", false, "processor"},         {"why, or what measures it", false, "why"},
                   {"source", false, "source"}};
  for (const ClaimVerdict& one : verdicts) {
    const bool lacks_figures = one.figures.empty() && !one.commands.empty();
    std::string why = one.why;
    if (lacks_figures) why += (why.empty() ? "" : " ") + ("Run: " + joined(one.commands));
    table.rows.push_back({one.id, one.statement, verdict_text(one), figures_text(one),
                          one.processor.empty() ? "-" : one.processor, why.empty() ? "-" : why,
                          one.source});
  }
  return table;
}

void add_parts(const Source& source, std::vector<Part>& parts) {
  const std::vector<ClaimVerdict> verdicts = judge_claims(source.log);
  std::size_t holds = 0, fails = 0, rehearsed = 0;
  for (const ClaimVerdict& one : verdicts) {
    holds += one.judgement == Judgement::holds ? 1 : 0;
    fails += one.judgement == Judgement::does_not_hold ? 1 : 0;
    rehearsed += one.rehearsal ? 1 : 0;
  }
  if (holds + fails + rehearsed == 0) return;
  Part part;
  part.sentences.push_back(
      {fmt::format("Of {} claims {} hold here, {} do not; {} are rehearsed without a verdict, and "
                   "what the others need was not measured.",
                   verdicts.size(), holds, fails, rehearsed),
       Sentence::Kind::plain});
  part.tables.push_back({"claims", table_of(verdicts)});
  parts.push_back(std::move(part));
}

Section make(const std::vector<Source>& sources) {
  Section section{"claims",
                  "Claims of papers",
                  {},
                  "Nothing that a claim needs was measured. Run: motley claims --run"};
  for_each_source(sources, section, add_parts);
  return section;
}

const SectionRegistration registration(120, make);

}  // namespace
}  // namespace motley::analysis::report
