#include "workloads/graph/capacity.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

constexpr double mebibyte = 1048576;
/// The system's own memory changes while we count.
constexpr double share_to_plan_with = 0.95;

class Capacity {
 public:
  Capacity(const Plan& plan, const std::vector<Processor*>& processors, std::int64_t batch)
      : plan_(plan), processors_(processors), batch_(batch) {
    find_slots_that_grow();
  }

  void check(std::size_t place) const {
    Processor& processor = *processors_[place];
    double growing = 0, fixed = 0, workspace = 0;
    std::map<std::string, double> categories;
    for (std::size_t i = 0; i < plan_.slots.size(); ++i) {
      const Slot& slot = plan_.slots[i];
      if (!is_at(slot, place)) continue;
      const auto bytes = double(slot.bytes);
      categories[to_string(slot.category)] += bytes;
      const bool scratch = slot.category == Category::workspace;
      (scratch ? workspace : grows_[i] ? growing : fixed) += bytes;
    }
    const double all = growing + fixed + workspace;
    const auto available = double(processor.available_bytes());
    if (all <= available) return check_buffers(place);
    std::vector<std::pair<double, std::string>> parts;
    for (const auto& [name, bytes] : categories) parts.emplace_back(bytes, name);
    std::sort(parts.rbegin(), parts.rend());
    std::string text;
    for (const auto& [bytes, name] : parts) {
      text += fmt::format("{}{} {:.0f}", text.empty() ? "" : ", ", name, bytes / mebibyte);
    }
    throw Unsupported(fmt::format(
        "{} needs {:.0f} MiB on {}, of which {:.0f} are free ({}: it would not fit). {}",
        plan_.graph.name, all / mebibyte, processor.description().id, available / mebibyte, text,
        advice(share_that_fits(share_to_plan_with * available - fixed, growing, workspace))));
  }

 private:
  /// On a CPU the host's copies are memory of the same kind.
  bool is_at(const Slot& slot, std::size_t place) const {
    return slot.place == place && (!slot.on_host || processors_[place]->members() > 0);
  }

  void check_buffers(std::size_t place) const {
    Processor& processor = *processors_[place];
    const auto most = double(processor.maximum_buffer_bytes());
    for (std::size_t i = 0; i < plan_.slots.size(); ++i) {
      const Slot& slot = plan_.slots[i];
      const auto bytes = double(slot.bytes);
      if (!is_at(slot, place) || bytes <= most) continue;
      const bool scratch = slot.category == Category::workspace;
      throw Unsupported(
          fmt::format("{} needs a buffer of {:.0f} MiB for {} on {}, which gives {:.0f} at most in "
                      "one (it would "
                      "not fit). {}",
                      plan_.graph.name, bytes / mebibyte, to_string(slot.category),
                      processor.description().id, most / mebibyte,
                      scratch ? "Use a smaller batch or another implementation."
                              : advice(grows_[i] ? most / bytes : 0)));
    }
  }

  /// Of the batch. Some workspaces grow with it, others hold one piece of the work: the worse of
  /// both, unless that leaves nothing.
  static double share_that_fits(double available, double growing, double workspace) {
    const double all_grow = available / (growing + workspace);
    return available > workspace ? std::min(all_grow, (available - workspace) / growing) : all_grow;
  }

  std::string advice(double share) const {
    if (batch_ == 0 && share > 0) {
      return fmt::format("Use a batch of about {:.2g} times this one.", share);
    }
    const double samples = std::floor(share * double(batch_));
    if (samples < 1) return "Not even one sample would: use a smaller model or another processor.";
    return fmt::format("A batch of about {:.0f} would.", samples);
  }

  /// Whose size depends on the batch: all but parameters and what an optimizer keeps for each.
  void find_slots_that_grow() {
    std::set<TensorId> fixed = plan_.constants;
    const Graph& graph = plan_.graph;
    for (const Operator& op : graph.operators()) {
      for (const auto* ids : {&op.inputs, &op.outputs}) {
        for (const TensorId id : *ids) {
          const Role role = graph.tensor(graph.root(id)).role;
          const bool kept = role == Role::parameter || role == Role::statistic;
          if (kept || op.phase == Phase::update) fixed.insert(graph.root(id));
        }
      }
    }
    grows_.assign(plan_.slots.size(), false);
    for (const auto& [key, slot] : plan_.slot_of) {
      // Of a slot that several tensors share the largest tells.
      const bool largest = graph.tensor(key.second).type.bytes() == plan_.slots[slot].bytes;
      if (largest && !fixed.contains(key.second)) grows_[slot] = true;
    }
    for (const auto& [root, slot] : plan_.staging_slot_of) {
      if (!fixed.contains(root)) grows_[slot] = true;
    }
  }

  const Plan& plan_;
  const std::vector<Processor*>& processors_;
  std::int64_t batch_;
  std::vector<bool> grows_;
};

}  // namespace

void refuse_what_does_not_fit(const Plan& plan, const std::vector<Processor*>& processors,
                              std::int64_t batch) {
  const Capacity capacity(plan, processors, batch);
  for (std::size_t place = 0; place < processors.size(); ++place) capacity.check(place);
}

}  // namespace motley::workloads
