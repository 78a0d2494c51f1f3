// On what was this measured, in which state, and how far can its figures be trusted?
#include <fmt/format.h>
#include <map>

#include "analysis/report/section.hpp"
#include "analysis/summary.hpp"
#include "analysis/trust.hpp"

namespace motley::analysis::report {
namespace {

std::string fact_text(const schema::Fact& fact) {
  if (const auto* flag = std::get_if<bool>(&fact)) return *flag ? "yes" : "no";
  if (const auto* count = std::get_if<std::int64_t>(&fact)) return fmt::format("{}", *count);
  if (const auto* number = std::get_if<double>(&fact)) return fmt::format("{:.6g}", *number);
  if (const auto* text = std::get_if<std::string>(&fact)) return *text;
  std::string all;
  for (const std::string& one : std::get<std::vector<std::string>>(fact)) {
    all += (all.empty() ? "" : ", ") + one;
  }
  return all;
}

Table facts_table(const std::string& title, const schema::Facts& facts) {
  Table table;
  table.title = title;
  table.columns = {{"fact", false, "fact"}, {"value", false, "value"}};
  for (const auto& [name, fact] : facts) table.rows.push_back({name, fact_text(fact)});
  return table;
}

Table run_table(const schema::Log& log) {
  Table table;
  table.title = "Runs";
  table.columns = {{"started", false, "started"},   {"motley", false, "version"},
                   {"commit", false, "commit"},     {"build", false, "build"},
                   {"compiler", false, "compiler"}, {"context", false, "context"},
                   {"command", false, "command"}};
  for (const schema::Run& run : log.runs) {
    std::string command;
    for (std::size_t i = 0; i < run.argv.size(); ++i) {
      const std::string& word = run.argv[i];
      command += (i == 0 ? "" : " ") + (i == 0 ? word.substr(word.rfind('/') + 1) : word);
    }
    table.rows.push_back({run.started, run.motley_version,
                          run.commit.substr(0, 10) + (run.dirty ? " + changes" : ""), run.build,
                          run.compiler, run.exec_context + (run.emulated ? ", emulated" : ""),
                          command});
  }
  return table;
}

Table processor_table(const Source& source) {
  Table table;
  table.title = "Processors";
  table.columns = {{"id", false, "id"},
                   {"kind", false, "kind"},
                   {"name", false, "name"},
                   {"stable id", false, "stable_id"}};
  for (const schema::Processor& one : source.described_processors()) {
    table.rows.push_back({one.id, one.kind, one.name, one.stable_id});
  }
  return table;
}

Table cache_table(const schema::Run& run) {
  Table table;
  table.title = "Caches, as the system says";
  table.note = "What the curves show may differ: see the memory hierarchy.";
  table.columns = {{"level", true, "level"},     {"type", false, "type"},
                   {"size", true, "bytes"},      {"line", true, "line_bytes"},
                   {"shared by", true, "cores"}, {"confirmed", false, "confirmed"}};
  for (const schema::Cache& one : run.device.caches) {
    const auto count = [](double value) { return Cell(fmt::format("{}", value), value); };
    table.rows.push_back(
        {count(one.level), one.type, unit_cell(Unit::bytes, static_cast<double>(one.bytes)),
         unit_cell(Unit::bytes, static_cast<double>(one.line_bytes)),
         count(static_cast<double>(one.shared_by.size())), one.confirmed ? "yes" : "no"});
  }
  return table;
}

Table counts_table(const schema::Log& log) {
  std::map<std::pair<std::string, std::string>, std::size_t> counts;
  for (const schema::Block& block : log.blocks) {
    ++counts[{"status", to_string(block.status)}];
    for (const schema::Finding& finding : block.findings) ++counts[{"finding", finding.kind}];
  }
  Table table;
  table.title = "Blocks by status and finding";
  table.columns = {{"what", false, "what"}, {"kind", false, "kind"}, {"blocks", true, "blocks"}};
  for (const auto& [what, count] : counts) {
    table.rows.push_back(
        {what.first, what.second, Cell(fmt::format("{}", count), static_cast<double>(count))});
  }
  return table;
}

void add_table(const std::string& name, Table table, Part& part) {
  if (!table.rows.empty()) part.tables.push_back({name, std::move(table)});
}

void add_parts(const Source& source, std::vector<Part>& parts) {
  if (source.log.runs.empty()) return;
  const schema::Run& run = source.log.runs.back();
  Part device;
  for (const std::string& warning : warnings(source.log)) {
    device.sentences.push_back({warning, Sentence::Kind::warning});
  }
  add_table("runs", run_table(source.log), device);
  add_table("processors", processor_table(source), device);
  add_table("caches", cache_table(run), device);
  add_table("device", facts_table("Device", run.device.facts), device);
  add_table("conditions", facts_table("Conditions at the start", run.conditions), device);
  add_table("blocks", counts_table(source.log), device);
  parts.push_back(std::move(device));
  Part trusted;
  trusted.title = "How far can these figures be trusted?";
  trusted.sentences.push_back({trust(source.log), Sentence::Kind::preformatted});
  parts.push_back(std::move(trusted));
}

Section make(const std::vector<Source>& sources) {
  Section section{
      "devices", "Device, conditions, trust", {}, "The records name no device. Run: motley run"};
  for_each_source(sources, section, add_parts);
  return section;
}

const SectionRegistration registration(20, make);

}  // namespace
}  // namespace motley::analysis::report
