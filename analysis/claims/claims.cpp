#include "analysis/claims/claims.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "analysis/claims/claim_rules.hpp"
#include "analysis/statistics.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::embedded {
extern const std::string_view claims_json;
}

namespace motley::analysis {
namespace {

using Json = nlohmann::json;

template <class T>
void read(const Json& object, const char* key, T& to) {
  if (object.contains(key)) object.at(key).get_to(to);
}

Claim claim_of(const Json& json) {
  Claim claim;
  json.at("id").get_to(claim.id);
  json.at("statement").get_to(claim.statement);
  json.at("source").get_to(claim.source);
  claim.needs_gpu = json.at("needs") == "gpu";
  read(json, "rule", claim.rule);
  read(json, "missing", claim.missing);
  read(json, "cases", claim.cases);
  read(json, "networks", claim.networks);
  read(json, "residency", claim.residency);
  read(json, "model", claim.model);
  read(json, "implementations", claim.implementations);
  read(json, "limits", claim.limits);
  read(json, "commands", claim.commands);
  return claim;
}

std::vector<std::string> words(const std::string& command) {
  std::istringstream in(command);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

/// As a shell takes it.
std::string quoted(const std::string& word) {
  const bool plain = word.find_first_of("^$()|*&;<>?[]{}'\" ") == std::string::npos;
  return plain ? word : "'" + word + "'";
}

/// Whom a claim may be asked about: GPUs; else, and for claims about any processor, all others.
struct Candidates {
  std::vector<std::string> gpus, others;
  std::string host = "cpu";
};

Candidates candidates_of(const schema::Log& log) {
  Candidates all;
  std::set<std::string> known;
  for (const schema::Run& run : log.runs) {
    for (const schema::Processor& one : run.processors) {
      if (!known.insert(one.id).second) continue;
      (one.kind == "gpu" ? all.gpus : all.others).push_back(one.id);
    }
  }
  return all;
}

std::vector<std::string> asked(const Claim& claim, const Candidates& all) {
  std::vector<std::string> order = all.gpus;
  for (const std::string& one : all.others) {
    if (!claim.needs_gpu || (all.gpus.empty() && !is_host(one))) order.push_back(one);
  }
  return order;
}

ClaimVerdict verdict_without_figures(const Claim& claim, const Candidates& all) {
  ClaimVerdict verdict;
  verdict.id = claim.id;
  verdict.statement = claim.statement;
  verdict.source = claim.source;
  const std::vector<std::string> order = asked(claim, all);
  const std::string device = order.empty() ? "opencl:0" : order.front();
  for (const auto& arguments : arguments_of(claim, all.host, device)) {
    std::string command = "motley";
    for (const std::string& word : arguments) command += " " + quoted(word);
    verdict.commands.push_back(std::move(command));
  }
  return verdict;
}

void apply(Ruling ruling, const Claim& claim, bool is_gpu, ClaimVerdict& verdict) {
  using Judgement = ClaimVerdict::Judgement;
  verdict.figures = std::move(ruling.figures);
  verdict.why = std::move(ruling.why);
  if (!ruling.holds) return;
  if (claim.needs_gpu && !is_gpu) {
    verdict.rehearsal = ruling.holds;
    verdict.why = verdict.processor + " is no GPU: its figures are a rehearsal";
    return;
  }
  verdict.judgement = *ruling.holds ? Judgement::holds : Judgement::does_not_hold;
}

ClaimVerdict judge(const Claim& claim, const Evidence& evidence, const Candidates& all) {
  ClaimVerdict verdict = verdict_without_figures(claim, all);
  if (is_emulated(evidence.log)) {
    verdict.why = "the records are of an emulated device";
    return verdict;
  }
  if (!claim.missing.empty()) {
    verdict.why = claim.missing;
    return verdict;
  }
  const ClaimRule rule = claim_rule(claim.rule);
  if (!rule) {
    verdict.why = "this program has no rule " + claim.rule;
    return verdict;
  }
  const std::vector<std::string> order = asked(claim, all);
  if (order.empty())
    verdict.why = "these records have no GPU, and no OpenCL device to rehearse with";
  for (const std::string& processor : order) {
    Ruling ruling = rule(claim, evidence, processor);
    const bool decides = ruling.holds.has_value();
    if (!decides && !verdict.why.empty()) continue;
    verdict.processor = processor;
    const bool is_gpu = std::find(all.gpus.begin(), all.gpus.end(), processor) != all.gpus.end();
    apply(std::move(ruling), claim, is_gpu, verdict);
    if (decides) break;
  }
  return verdict;
}

}  // namespace

std::vector<Claim> parse_claims(std::string_view json) {
  try {
    std::vector<Claim> all;
    const Json document = Json::parse(json);
    for (const Json& one : document.at("claims")) all.push_back(claim_of(one));
    return all;
  } catch (const Json::exception& error) {
    throw schema::BadRecord(fmt::format(
        "claims cannot be read ({}). Each has id, statement, source and needs.", error.what()));
  }
}

const std::vector<Claim>& claims() {
  static const std::vector<Claim> all = parse_claims(embedded::claims_json);
  return all;
}

std::string to_string(ClaimVerdict::Judgement judgement) {
  switch (judgement) {
    case ClaimVerdict::Judgement::holds:
      return "holds here";
    case ClaimVerdict::Judgement::does_not_hold:
      return "does not hold here";
    case ClaimVerdict::Judgement::cannot_be_measured:
      return "cannot be measured here";
  }
  return "unknown";
}

std::vector<ClaimVerdict> judge_claims(const schema::Log& log, const std::vector<Claim>& all) {
  const Evidence evidence(log);
  const Candidates candidates = candidates_of(log);
  std::vector<ClaimVerdict> verdicts;
  for (const Claim& claim : all) verdicts.push_back(judge(claim, evidence, candidates));
  return verdicts;
}

std::vector<std::vector<std::string>> arguments_of(const Claim& claim, const std::string& cpu,
                                                   const std::string& device) {
  std::vector<std::vector<std::string>> all;
  for (const std::string& command : claim.commands) {
    all.push_back(words(command));
    for (std::string& word : all.back()) {
      if (word == "{cpu}") word = cpu;
      if (word == "{device}") word = device;
    }
  }
  return all;
}

Evidence::Evidence(const schema::Log& all) : log(all) {
  for (Measurement& one : measurements(all)) {
    const bool several = one.key.processor.find('+') != std::string::npos;
    if (!one.blocks.empty() && one.key.load == "none" && !several) alone.push_back(std::move(one));
  }
}

ClaimRule claim_rule(const std::string& name) {
  static const std::map<std::string, ClaimRule> rules = {
      {"best_ratio", best_ratio},
      {"training_slower", training_slower},
      {"movement_share", movement_share},
      {"ratio_falls", ratio_falls},
      {"bandwidth_is_the_cause", bandwidth_is_the_cause},
      {"residency_removes", residency_removes},
      {"no_winner_everywhere", no_winner_everywhere},
      {"division_loses", division_loses},
      {"clear_preference", clear_preference},
      {"flops_mislead", flops_mislead},
      {"cpu_beats_gpu", cpu_beats_gpu},
      {"macs_mislead", macs_mislead}};
  const auto found = rules.find(name);
  return found == rules.end() ? nullptr : found->second;
}

bool is_host(const std::string& processor) {
  return processor == "cpu" || processor.starts_with("cpu:");
}

double seconds_of(const Measurement& one) {
  if (one.metric == schema::Metric::seconds_per_operation) return one.value();
  std::vector<double> seconds;
  for (const BlockFigure& block : one.blocks) seconds.push_back(block.run_seconds);
  return median(seconds);
}

const schema::Block* last_block(const schema::Log& log, const schema::Key& key) {
  const schema::Block* last = nullptr;
  for (const schema::Block& block : log.blocks) {
    if (block.status == schema::Status::ok && block.key == key) last = &block;
  }
  return last;
}

}  // namespace motley::analysis
