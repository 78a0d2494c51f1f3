#include "workloads/graph/residency.hpp"

#include <algorithm>
#include <set>

namespace motley::workloads {
namespace {

using Action = PlanStep::Action;

class Rules {
 public:
  Rules(Plan& plan, const std::vector<Processor*>& processors, const PlanOptions& options)
      : plan_(plan), graph_(plan.graph), processors_(processors), options_(options) {}

  void add_all() {
    find_content_behind_a_run();
    if (plan_.residency != Residency::staged) upload_inputs();
    for (std::size_t op = 0; op < graph_.operators().size(); ++op) {
      if (plan_.is_constant(op)) continue;
      bring_inputs(op);
      before(op);
      add({Action::launch, plan_.place_of[op], op});
      const bool one_by_one = plan_.residency != Residency::batched;
      if (one_by_one && on_device(plan_.place_of[op])) add({Action::flush, plan_.place_of[op], op});
      after(op);
    }
    give_back_shared();
    if (plan_.residency == Residency::batched && on_device(0)) add({Action::flush, 0, last()});
    download_outputs();
  }

 private:
  std::size_t last() const { return graph_.operators().size() - 1; }
  bool on_device(std::size_t place) const { return processors_[place]->members() == 0; }
  bool is_update(std::size_t op) const { return graph_.operators()[op].phase == Phase::update; }
  Role role(TensorId root) const { return graph_.tensor(root).role; }
  void add(const PlanStep& step) { plan_.steps.push_back(step); }

  std::vector<TensorId> roots(const std::vector<TensorId>& ids) const {
    std::vector<TensorId> result;
    for (const TensorId id : ids) {
      const TensorId root = graph_.root(id);
      if (std::find(result.begin(), result.end(), root) == result.end()) result.push_back(root);
    }
    return result;
  }

  void upload_inputs() {
    std::set<std::pair<std::size_t, TensorId>> done;
    for (std::size_t op = 0; op < graph_.operators().size(); ++op) {
      for (const TensorId root : roots(graph_.operators()[op].inputs)) {
        const bool filled = role(root) == Role::input || role(root) == Role::label;
        if (filled && done.insert({plan_.place_of[op], root}).second) {
          add({Action::upload, plan_.place_of[op], op, root});
        }
      }
    }
  }

  /// Where each tensor's content will be when the next run begins: a first pass without steps. What
  /// a run does not write is everywhere.
  void find_content_behind_a_run() {
    if (plan_.placed_on_host.empty()) return;
    for (std::size_t op = 0; op < graph_.operators().size(); ++op) {
      if (plan_.is_constant(op)) continue;
      for (const TensorId root : roots(graph_.operators()[op].inputs)) {
        const auto found = content_at_.find(root);
        if (found != content_at_.end()) found->second.insert(plan_.place_of[op]);
      }
      note_outputs(op);
    }
    for (const auto& [root, places] : content_at_) plan_.content_at[root] = *places.begin();
  }

  void note_outputs(std::size_t op) {
    for (const TensorId root : roots(graph_.operators()[op].outputs)) {
      content_at_[root] = {plan_.place_of[op]};
    }
  }

  /// From the processor that has them, where that is another. Both copies wait: what the host reads
  /// must have come, and what it writes next must have been taken.
  void bring_inputs(std::size_t op) {
    if (plan_.placed_on_host.empty()) return;
    const std::size_t here = plan_.place_of[op];
    for (const TensorId root : roots(graph_.operators()[op].inputs)) {
      const auto found = content_at_.find(root);
      if (found == content_at_.end() || !found->second.insert(here).second) continue;
      if (plan_.residency == Residency::staged) continue;  // the host's copy is always the last
      const std::size_t there = here == 0 ? 1 : 0;
      add({Action::download, there, op, root, true});
      add({Action::upload, here, op, root, true});
    }
    note_outputs(op);
  }

  void before(std::size_t op) {
    const Operator& one = graph_.operators()[op];
    if (plan_.residency == Residency::staged) {
      for (const TensorId root : roots(one.inputs)) {
        add({Action::upload, plan_.place_of[op], op, root});
      }
    }
    if (!is_update(op)) return;
    const bool by_host = plan_.residency == Residency::shared && plan_.place_of[op] != 0;
    for (const TensorId root : roots(one.inputs)) {
      const bool first = role(root) == Role::gradient && moved_.insert(root).second;
      if (first && is_framework()) round_trip(op, root);
      if (!by_host || of_host_.contains(root) || !mapped_.insert(root).second) continue;
      if (role(root) != Role::state) add({Action::map, 0, op, root, true});
    }
    if (!by_host) return;
    for (const TensorId root : roots(one.outputs)) {
      if (!mapped_.contains(root)) of_host_.insert(root);
    }
  }

  void after(std::size_t op) {
    const std::vector<TensorId> outputs = roots(graph_.operators()[op].outputs);
    for (const TensorId root : outputs) {
      if (plan_.residency == Residency::staged) {
        add({Action::download, plan_.place_of[op], op, root, true});
      } else if (plan_.residency == Residency::framework && is_update(op)) {
        moved_.insert(root);
        round_trip(op, root);
      }
    }
  }

  bool is_framework() const {
    return plan_.residency == Residency::framework ||
           plan_.residency == Residency::framework_gradient;
  }

  void round_trip(std::size_t op, TensorId root) {
    const std::size_t place = plan_.place_of[op];
    if (place != 0) return;  // it is on the host already
    add({Action::convert_out, place, op, root});
    add({Action::download_staging, place, op, root, true});
    add({Action::upload_staging, place, op, root});
    add({Action::convert_in, place, op, root});
  }

  void give_back_shared() {
    for (const TensorId root : mapped_) {
      if (role(root) != Role::state) add({Action::unmap, 0, last(), root});
    }
  }

  void download_outputs() {
    if (plan_.residency == Residency::staged) return;
    const bool now = is_framework() || plan_.residency == Residency::resident;
    const unsigned period = now || options_.constant_parameters ? 1 : options_.loss_period;
    for (std::size_t op = 0; op < graph_.operators().size(); ++op) {
      for (const TensorId root : roots(graph_.operators()[op].outputs)) {
        if (role(root) != Role::output) continue;
        add({Action::download, plan_.place_of[op], op, root, now, period});
      }
    }
  }

  Plan& plan_;
  const Graph& graph_;
  const std::vector<Processor*>& processors_;
  const PlanOptions& options_;
  std::set<TensorId> moved_, mapped_;
  std::set<TensorId> of_host_;  ///< what only updates by the host write and read
  std::map<TensorId, std::set<std::size_t>> content_at_;  ///< of tensors that runs write
};

}  // namespace

void add_steps(Plan& plan, const std::vector<Processor*>& processors, const PlanOptions& options) {
  Rules(plan, processors, options).add_all();
}

}  // namespace motley::workloads
