#include "analysis/profiled_network.hpp"

#include <algorithm>
#include <map>

#include "analysis/network_names.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

std::set<std::string> placed_on_cpu(const schema::Block& block) {
  std::set<std::string> names;
  const auto found = block.details.find("placed_on_cpu");
  if (found == block.details.end()) return names;
  const auto* lines = std::get_if<std::vector<std::string>>(&found->second);
  if (!lines) return names;
  for (const std::string& line : *lines) names.insert(line.substr(0, line.find(": ")));
  return names;
}

std::optional<double> find(const schema::Block& block, const std::string& group,
                           const std::string& name) {
  const auto figures = block.timeline.find(group);
  if (figures == block.timeline.end()) return std::nullopt;
  const auto found = figures->second.find(name);
  if (found == figures->second.end() || !(found->second >= 0)) return std::nullopt;
  return found->second;
}

double at(const schema::Block& block, const std::string& group, const std::string& name) {
  return find(block, group, name).value_or(0);
}

ProfiledOperator with_shape(const schema::OperatorTime& time, const schema::Block& block) {
  ProfiledOperator one{time, 0, 0, {}, {}, {}, {}, {}};
  one.executed_flops = find(block, "operator_executed_flops", one.name).value_or(one.flops);
  one.executed_bytes = find(block, "operator_executed_bytes", one.name).value_or(one.bytes);
  one.launches = find(block, "operator_launches", one.name);
  one.members = find(block, "operator_members", one.name);
  one.work_groups = find(block, "operator_work_groups", one.name);
  one.rows = find(block, "operator_rows", one.name);
  one.columns = find(block, "operator_columns", one.name);
  return one;
}

/// Joined by name: blocks that chose other implementations may have them in another order.
std::vector<ProfiledOperator> median_operators(const std::vector<const schema::Block*>& blocks,
                                               const schema::Block& first) {
  std::map<std::string, std::vector<const schema::OperatorTime*>> by_name;
  for (const schema::Block* block : blocks) {
    for (const schema::OperatorTime& one : block->operators) by_name[one.name].push_back(&one);
  }
  std::vector<ProfiledOperator> result;
  for (const schema::OperatorTime& time : first.operators) {
    ProfiledOperator& one = result.emplace_back(with_shape(time, first));
    std::vector<double> seconds, copies;
    for (const schema::OperatorTime* other : by_name.at(one.name)) {
      seconds.push_back(other->seconds);
      copies.push_back(other->copy_seconds);
      if (other->implementation != one.implementation) one.implementation = "";
    }
    one.seconds = median(seconds);
    one.copy_seconds = median(copies);
  }
  return result;
}

ProfiledNetwork joined(std::vector<const schema::Block*> blocks) {
  std::stable_sort(blocks.begin(), blocks.end(), [](const auto* a, const auto* b) {
    return at(*a, "run", "profiled_seconds") < at(*b, "run", "profiled_seconds");
  });
  ProfiledNetwork result;
  result.block = blocks[blocks.size() / 2];
  result.operators = median_operators(blocks, *result.block);
  result.on_cpu = placed_on_cpu(*result.block);
  return result;
}

}  // namespace

double ProfiledNetwork::figure(const std::string& group, const std::string& name) const {
  return at(*block, group, name);
}

double ProfiledNetwork::flops() const {
  double all = 0;
  for (const ProfiledOperator& one : operators) all += one.executed_flops;
  return all;
}

double ProfiledNetwork::bytes() const {
  double all = 0;
  for (const ProfiledOperator& one : operators) all += one.executed_bytes;
  return all;
}

double ProfiledNetwork::memory_bytes() const {
  const auto planned = block->memory.find("planned");
  if (planned != block->memory.end()) return planned->second;
  double all = 0;
  for (const auto& [category, bytes] : block->memory) {
    const bool really = category == "live" || category == "process" || category == "staging";
    if (!really) all += bytes;
  }
  return all;
}

std::vector<ProfiledNetwork> profiled_networks(const schema::Log& log) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<const schema::Block*>> by_key;
  for (const schema::Block& block : log.blocks) {
    const bool counts = block.status == schema::Status::ok && block.key.load == "none" &&
                        is_network(block.key) && !block.operators.empty();
    if (!counts) continue;
    const std::string key = schema::to_string(block.key);
    auto& blocks = by_key[key];
    if (blocks.empty()) order.push_back(key);
    blocks.push_back(&block);
  }
  std::vector<ProfiledNetwork> result;
  for (const std::string& key : order) result.push_back(joined(by_key[key]));
  return result;
}

}  // namespace motley::analysis
