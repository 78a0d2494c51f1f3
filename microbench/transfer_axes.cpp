#include "microbench/transfer_axes.hpp"

#include <algorithm>
#include <set>

namespace motley::microbench {
namespace {

constexpr std::int64_t largest_bytes = 64 << 20;
constexpr std::int64_t largest_alpha_bytes = 64;  // alpha is the median of all blocks up to here

std::vector<schema::Value> sizes_of(Sizes sizes, std::int64_t smallest, Tier tier,
                                    bool through_a_driver) {
  // Smoke runs take both ends of the affine law: the cost of a call and that of moving data.
  if (tier == Tier::smoke) return {smallest, default_transfer_bytes};
  const std::int64_t step = tier == Tier::full ? 2 : static_cast<std::int64_t>(sizes);
  std::set<std::int64_t> values = {default_transfer_bytes};
  for (std::int64_t bytes = smallest; bytes <= largest_bytes; bytes *= step) {
    values.insert(bytes);
  }
  // The cost of a driver's call differs from visit to visit by more than one visit can see (13 % on
  // PoCL), that of a function call does not.
  for (std::int64_t bytes = smallest; through_a_driver && bytes <= largest_alpha_bytes;
       bytes *= 2) {
    values.insert(bytes);
  }
  return {values.begin(), values.end()};
}

std::vector<schema::Value> unless_smoke(Tier tier, std::vector<schema::Value> values) {
  if (tier == Tier::smoke) values.resize(1);
  return values;
}

}  // namespace

Axis bytes_axis(Sizes sizes, std::int64_t smallest) {
  return {"bytes", "Size of one transfer",
          [sizes, smallest](Processor& processor, Tier tier) {
            return sizes_of(sizes, smallest, tier, processor.members() == 0);
          },
          false};
}

Axis allocation_axis() {
  return {"allocation",
          "Flags of the buffer: none; alloc_host_ptr: host memory that the driver allocates; "
          "use_host_ptr: memory of the program",
          [](Processor& processor, Tier tier) -> std::vector<schema::Value> {
            if (processor.members() > 0) return {"none"};
            return unless_smoke(tier, {"none", "alloc_host_ptr", "use_host_ptr"});
          },
          false};
}

Axis alignment_axis() {
  return {"alignment", "Bytes to which the program's own memory is aligned, and not better",
          [](Processor&, Tier tier) -> std::vector<schema::Value> {
            return unless_smoke(tier, {std::int64_t{4096}, std::int64_t{64}, std::int64_t{1}});
          },
          false};
}

Axis blocking_axis() {
  return {"blocking", "yes: the call itself waits; no: the call, then a wait for the queue",
          [](Processor& processor, Tier tier) -> std::vector<schema::Value> {
            if (processor.members() > 0) return {"yes"};
            return unless_smoke(tier, {"yes", "no"});
          },
          false};
}

Axis access_axis(const std::string& usual) {
  return {"access", "What the host does: read what is there, or write all of it anew",
          [usual](Processor&, Tier tier) -> std::vector<schema::Value> {
            return unless_smoke(tier, {usual, usual == "read" ? "write" : "read"});
          },
          false};
}

std::function<bool(const schema::Parameters&, Tier)> one_factor_at_a_time(
    schema::Parameters defaults) {
  return [defaults = std::move(defaults)](const schema::Parameters& unset, Tier tier) {
    if (tier == Tier::full) return true;
    // Smoke: sizes vary, everything else has one value.
    return std::count_if(unset.begin(), unset.end(), [&](const auto& one) {
             const auto standard = defaults.find(one.first);
             return standard != defaults.end() && one.second != standard->second;
           }) <= 1;
  };
}

schema::Parameters transfer_defaults() {
  return {{"bytes", default_transfer_bytes},
          {"allocation", "none"},
          {"alignment", std::int64_t{4096}},
          {"blocking", "yes"},
          {"access", "read"}};
}

}  // namespace motley::microbench
