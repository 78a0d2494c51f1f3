// Claims about networks that are divided over processors.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "analysis/claims/claim_rules.hpp"
#include "analysis/network_names.hpp"
#include "analysis/together_text.hpp"

namespace motley::analysis {
namespace {

double gain_of(const schema::Block& block) {
  const auto found = block.figures.find("gain");
  return found == block.figures.end() ? 0 : found->second;
}

/// Divisions between the host's cores and this processor, that were computed rightly.
std::vector<const schema::Block*> divisions_with(const Evidence& evidence,
                                                 const std::string& processor) {
  std::vector<const schema::Block*> all;
  for (const schema::Block& block : evidence.log.blocks) {
    const std::string& where = block.key.processor;
    const auto plus = where.find('+');
    if (block.status != schema::Status::ok || !is_division(block) || plus == std::string::npos) {
      continue;
    }
    const std::string first = where.substr(0, plus), second = where.substr(plus + 1);
    const bool fits =
        (is_host(first) && second == processor) || (is_host(second) && first == processor);
    if (fits && gain_of(block) > 0) all.push_back(&block);
  }
  return all;
}

/// split, placement branches, cut: the way, without its numbers.
std::string way_of(const schema::Block& block) {
  const std::string placement = parameter(block.key, "placement");
  if (!placement.empty()) return "placement " + placement.substr(0, placement.find(':'));
  for (const char* axis : {"split", "cut", "batch_ratio"}) {
    if (!parameter(block.key, axis).empty()) return axis;
  }
  return "other";
}

std::string best_alone(const schema::Block& block) {
  const auto found = block.details.find("best_alone");
  const auto* text =
      found == block.details.end() ? nullptr : std::get_if<std::string>(&found->second);
  return text ? *text + " alone" : "one alone";
}

}  // namespace

Ruling no_winner_everywhere(const Claim& claim, const Evidence& evidence,
                            const std::string& processor) {
  std::map<std::string, const schema::Block*> best;  // by network
  for (const schema::Block* block : divisions_with(evidence, processor)) {
    const schema::Block*& known =
        best[parameter(block->key, "model") + " batch " + parameter(block->key, "batch")];
    if (!known || gain_of(*block) > gain_of(*known)) known = block;
  }
  if (static_cast<double>(best.size()) < claim.limit("least_networks")) {
    return {{},
            fmt::format("{} networks divided between the CPU and {} are in these records, {} at "
                        "least are needed",
                        best.size(), processor, claim.limit("least_networks")),
            {}};
  }
  Ruling ruling;
  std::set<std::string> winners;
  for (const auto& [network, block] : best) {
    const bool worth_it = gain_of(*block) >= claim.limit("least_gain");
    const std::string winner = worth_it ? way_of(*block) : best_alone(*block);
    winners.insert(winner);
    ruling.figures.push_back({network + ", best: " + winner, "gain", gain_of(*block)});
  }
  ruling.holds = static_cast<double>(winners.size()) >= claim.limit("least_winners");
  return ruling;
}

Ruling division_loses(const Claim& claim, const Evidence& evidence, const std::string& processor) {
  Ruling ruling;
  double best = 0;
  std::size_t divisions = 0;
  for (const schema::Block* block : divisions_with(evidence, processor)) {
    if (parameter(block->key, "model").find(claim.model) == std::string::npos) continue;
    // Shares of 0 and 1 leave all to one of them.
    const std::string split = parameter(block->key, "split");
    if (split.ends_with("ratio=0") || split.ends_with("ratio=1")) continue;
    ++divisions;
    best = std::max(best, gain_of(*block));
  }
  if (divisions == 0) {
    return {{},
            fmt::format("no division of {} between the CPU and {} is in these records", claim.model,
                        processor),
            {}};
  }
  ruling.figures = {{"divisions", "count", static_cast<double>(divisions)},
                    {"best of them, to the better processor alone", "gain", best}};
  ruling.holds = best < claim.limit("most_gain");
  return ruling;
}

}  // namespace motley::analysis
