#include "workloads/graph/memory_plan.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

namespace motley::workloads {
namespace {

struct Lifetime {
  std::size_t first = std::numeric_limits<std::size_t>::max();
  std::size_t last = 0;
};
bool overlap(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

class MemoryPlan {
 public:
  explicit MemoryPlan(Plan& plan) : plan_(plan), graph_(plan.graph) {}

  void plan() {
    find_lifetimes();
    place_tensors();
    place_workspaces();
    place_staging();
  }

 private:
  /// Content that must survive between runs, or that is read after one.
  bool is_kept(TensorId root) const {
    const Role role = graph_.tensor(root).role;
    return (role != Role::activation && role != Role::gradient) || plan_.constants.contains(root);
  }
  Category category(TensorId root) const {
    if (plan_.constants.contains(root)) return Category::weights;
    switch (graph_.tensor(root).role) {
      case Role::parameter:
      case Role::statistic:
        return Category::weights;
      case Role::gradient:
        return Category::gradients;
      case Role::state:
        return updated_.contains(root) ? Category::optimizer_state : Category::state;
      default:
        return Category::activations;
    }
  }
  /// A mapped tensor lies where both sides see it. All lie in memory of one kind: a profile could
  /// not tell which of their maps are commands of the device.
  MemoryKind kind(std::size_t place, TensorId root) const {
    if (place != 0 || !mapped_.contains(root)) return MemoryKind::device;
    return calls_library_ ? MemoryKind::pinned : MemoryKind::shared;
  }
  static bool calls_library(const Lowered& lowered) {
    return std::any_of(lowered.launches.begin(), lowered.launches.end(),
                       [](const Launch& launch) { return bool(launch.kernel.opencl_call); });
  }

  void find_lifetimes() {
    for (const PlanStep& step : plan_.steps) {
      if (step.action == PlanStep::Action::map) mapped_.insert(step.tensor);
    }
    calls_library_ = std::any_of(plan_.lowered.begin(), plan_.lowered.end(), calls_library);
    const auto use = [&](std::size_t place, TensorId root, std::size_t op) {
      const std::size_t memory = plan_.memory_of[place];
      const TensorId whole = plan_.memory_range(memory, root).root;
      Lifetime& life = lives_[{memory, whole}];
      life.first = std::min(life.first, is_kept(whole) ? 0 : op);
      life.last = std::max(life.last, is_kept(whole) ? graph_.operators().size() : op);
      users_[{memory, whole}].insert(place);
    };
    for (std::size_t i = 0; i < graph_.operators().size(); ++i) {
      const Operator& op = graph_.operators()[i];
      for (const auto* ids : {&op.inputs, &op.outputs}) {
        if (ids == &op.inputs && plan_.is_uploaded(i)) continue;
        for (const TensorId id : *ids) {
          const TensorId root = graph_.root(id);
          if (op.phase == Phase::update) updated_.insert(root);
          // A mapped tensor lies where its device has it.
          use(mapped_.contains(root) ? 0 : plan_.place_of[i], root, i);
        }
      }
    }
    // What goes to another processor has to live until it left, or from when it came.
    for (const PlanStep& step : plan_.steps) {
      const bool is_direct =
          step.action == PlanStep::Action::fetch || step.action == PlanStep::Action::send;
      if (is_direct || is_copy_of_tensor(step)) use(step.place, step.tensor, step.op);
      if (!is_direct) continue;
      use(plan_.host_memory, step.tensor, step.op);
      users_[{plan_.host_memory, plan_.memory_range(plan_.host_memory, step.tensor).root}].insert(
          step.place);
    }
  }

  static bool is_copy_of_tensor(const PlanStep& step) {
    return step.action == PlanStep::Action::upload || step.action == PlanStep::Action::download;
  }

  void place_tensors() {
    std::vector<std::pair<std::size_t, TensorId>> order;
    for (const auto& [key, life] : lives_) order.push_back(key);
    const auto bytes = [&](const auto& key) { return graph_.tensor(key.second).type.bytes(); };
    std::stable_sort(order.begin(), order.end(),
                     [&](const auto& a, const auto& b) { return bytes(a) > bytes(b); });
    for (const auto& key : order) {
      const std::size_t slot = slot_for(key);
      plan_.slots[slot].bytes = std::max(plan_.slots[slot].bytes, bytes(key));
      plan_.slot_of[key] = slot;
      residents_[slot].push_back(lives_[key]);
    }
  }

  /// Lifetimes are counted in operators, which only those of one place run one after another:
  /// tensors share where one and the same place uses them.
  std::size_t slot_for(const std::pair<std::size_t, TensorId>& key) {
    Slot wanted{key.first, category(key.second), 0, kind(key.first, key.second), false};
    const std::set<std::size_t>& users = users_.at(key);
    if (!is_kept(key.second) && users.size() == 1) {
      for (auto& [slot, lives] : residents_) {
        const Slot& known = plan_.slots[slot];
        const bool fits = std::tie(known.place, known.category, known.kind) ==
                              std::tie(wanted.place, wanted.category, wanted.kind) &&
                          users_of_[slot] == users;
        const bool busy = std::any_of(lives.begin(), lives.end(), [&](const Lifetime& life) {
          return overlap(life, lives_[key]);
        });
        if (fits && !busy) return slot;
      }
    }
    plan_.slots.push_back(wanted);
    users_of_[plan_.slots.size() - 1] = users;
    return plan_.slots.size() - 1;
  }

  /// Operators run one after another: they share their workspaces (images only with those of the
  /// same size), but not what they keep.
  void place_workspaces() {
    using Key = std::tuple<std::size_t, std::size_t, std::size_t, std::size_t>;
    std::map<Key, std::size_t> shared;
    for (std::size_t op = 0; op < plan_.lowered.size(); ++op) {
      const std::size_t place = plan_.place_of[op];
      plan_.workspace_slots.emplace_back();
      plan_.kept_slots.emplace_back();
      for (std::size_t i = 0; i < plan_.lowered[op].workspaces.size(); ++i) {
        const MemoryNeed& need = plan_.lowered[op].workspaces[i];
        const ImageSize size = need.image.value_or(ImageSize{0, 0});
        const auto [slot, is_new] =
            shared.try_emplace({place, i, size.width, size.height}, plan_.slots.size());
        if (is_new) {
          plan_.slots.push_back(
              {place, Category::workspace, 0, MemoryKind::device, false, need.image});
        }
        Slot& known = plan_.slots[slot->second];
        known.bytes = std::max(known.bytes, need.bytes);
        plan_.workspace_slots[op].push_back(slot->second);
      }
      for (const MemoryNeed& need : plan_.lowered[op].kept) {
        plan_.kept_slots[op].push_back(plan_.slots.size());
        plan_.slots.push_back(
            {place, Category::weights, need.bytes, MemoryKind::device, false, need.image});
      }
    }
  }

  /// Host copies of what is moved, one for each tensor; converted copies share one on each side,
  /// since each round trip ends before the next begins.
  void place_staging() {
    std::size_t largest = 0, place = 0;
    for (const PlanStep& step : plan_.steps) {
      using Action = PlanStep::Action;
      if (is_copy_of_tensor(step)) {
        const TensorId whole = plan_.memory_range(plan_.host_copies(), step.tensor).root;
        if (!plan_.staging_slot_of.try_emplace(whole, plan_.slots.size()).second) continue;
        plan_.slots.push_back({step.place, Category::staging, graph_.tensor(whole).type.bytes(),
                               MemoryKind::device, true});
      } else if (step.action == Action::convert_out) {
        largest = std::max(largest, converted_type(graph_.tensor(step.tensor).type).bytes());
        place = step.place;
      }
    }
    if (largest == 0) return;
    plan_.round_trip_slots = {plan_.slots.size(), plan_.slots.size() + 1};
    plan_.slots.push_back({place, Category::staging, largest});
    plan_.slots.push_back({place, Category::staging, largest, MemoryKind::device, true});
  }

  Plan& plan_;
  const Graph& graph_;
  std::map<std::pair<std::size_t, TensorId>, Lifetime> lives_;
  std::map<std::size_t, std::vector<Lifetime>> residents_;
  std::map<std::pair<std::size_t, TensorId>, std::set<std::size_t>> users_;  ///< places
  std::map<std::size_t, std::set<std::size_t>> users_of_;                    ///< of slots
  std::set<TensorId> updated_;  ///< read or written by an optimizer
  std::set<TensorId> mapped_;
  bool calls_library_ = false;
};

}  // namespace

TensorType matrix_type(const TensorType& type) {
  const std::int64_t columns = type.shape.empty() ? 1 : type.shape.back();
  return {{1, 1, type.elements() / columns, columns}, type.dtype, Layout::plain};
}

TensorType converted_type(const TensorType& type) {
  TensorType result = matrix_type(type);
  result.layout = Layout::nc4hw4;
  return result;
}

void plan_memory(Plan& plan) {
  MemoryPlan(plan).plan();
}

}  // namespace motley::workloads
