#include "workloads/graph/residency.hpp"

#include <algorithm>
#include <set>

#include "workloads/graph/waits.hpp"

namespace motley::workloads {
namespace {

using Action = PlanStep::Action;

class Rules {
 public:
  Rules(Plan& plan, const std::vector<Processor*>& processors, const PlanOptions& options)
      : plan_(plan),
        graph_(plan.graph),
        processors_(processors),
        options_(options),
        waits_(plan, processors.size()),
        several_(!plan.placed_on_host.empty() || !options.places.empty()) {}

  void add_all() {
    find_content_behind_a_run();
    if (plan_.residency != Residency::staged) upload_inputs();
    for (std::size_t op = 0; op < graph_.operators().size(); ++op) {
      if (plan_.is_constant(op)) continue;
      bring_inputs(op);
      if (plan_.elided.contains(op)) {
        if (plan_.is_uploaded(op)) {
          upload_piece(op);
        } else {
          waits_.pass_on(op);
        }
        continue;
      }
      before(op);
      add({Action::launch, plan_.place_of[op], op});
      give_outputs(op);
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
  void add(const PlanStep& step) {
    plan_.steps.push_back(step);
    if (several_) waits_.find(plan_.steps.size() - 1);
  }

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
      if (plan_.is_uploaded(op)) continue;
      for (const TensorId root : roots(graph_.operators()[op].inputs)) {
        const bool filled = role(root) == Role::input || role(root) == Role::label;
        const std::size_t memory = plan_.memory_of_operator(op);
        if (filled && done.insert({memory, root}).second) {
          add({Action::upload, memory, op, root});
        }
      }
    }
  }

  /// Only now: before, its memory may be another's.
  void upload_piece(std::size_t op) {
    add({Action::upload, plan_.memory_of_operator(op), op,
         graph_.root(graph_.operators()[op].outputs.front())});
  }

  /// Where each tensor's content will be when the next run begins: a first pass without steps. What
  /// a run does not write is everywhere.
  void find_content_behind_a_run() {
    if (!several_) return;
    for (std::size_t op = 0; op < graph_.operators().size(); ++op) {
      if (plan_.is_constant(op)) continue;
      for (const TensorId root : roots(graph_.operators()[op].inputs)) {
        const auto found = content_at_.find(root);
        if (found != content_at_.end()) found->second.insert(plan_.memory_of_operator(op));
      }
      note_outputs(op);
    }
    for (const auto& [root, memories] : content_at_) plan_.content_at[root] = *memories.begin();
  }

  void note_outputs(std::size_t op) {
    for (const TensorId root : roots(graph_.operators()[op].outputs)) {
      content_at_[root] = {plan_.memory_of_operator(op)};
    }
  }

  /// From the memory that has them, where that is another.
  void bring_inputs(std::size_t op) {
    if (!several_) return;
    const std::size_t here = plan_.memory_of_operator(op);
    for (const TensorId root : roots(graph_.operators()[op].inputs)) {
      const auto found = content_at_.find(root);
      if (found == content_at_.end() || found->second.contains(here)) continue;
      const std::size_t host = plan_.host_memory;
      const bool on_host = !on_device(host) && found->second.contains(host);
      const std::size_t there = on_host ? host : *found->second.begin();
      if (plan_.residency != Residency::staged) bring(op, root, there, here);
      found->second.insert(here);  // staged: the host's copy is always the last
    }
    note_outputs(op);
  }

  /// On a device's queue, where it has to wait for nothing that the queue did not wait for before:
  /// what a CPU or the host's copy needs leaves a device as soon as it is there, and comes to one
  /// just before it is used. One after another (Execution::run) both copies wait: what the host
  /// reads must have come, and what it writes next must have been taken.
  void bring(std::size_t op, TensorId root, std::size_t from, std::size_t to) {
    if (!on_device(to)) {
      add({Action::fetch, from, op, root, true});
    } else if (!on_device(from)) {
      add({Action::send, to, op, root, true});
    } else {
      if (downloaded_.insert(root).second) add({Action::download, from, op, root, true});
      add({Action::upload, to, op, root, true});
    }
  }

  void give_outputs(std::size_t op) {
    const std::size_t here = plan_.memory_of_operator(op);
    if (!several_ || plan_.residency == Residency::staged || !on_device(here)) return;
    for (const TensorId root : roots(graph_.operators()[op].outputs)) {
      for (const std::size_t reader : readers_behind(op, root)) {
        const std::size_t there = plan_.memory_of_operator(reader);
        if (there == here) continue;
        if (on_device(there)) {
          if (downloaded_.insert(root).second) add({Action::download, here, op, root, true});
        } else if (content_at_.at(root).insert(there).second) {
          bring(op, root, here, there);
        }
      }
    }
  }

  /// Operators that read what `op` wrote, before another writes it.
  std::vector<std::size_t> readers_behind(std::size_t op, TensorId root) const {
    const auto has = [&](const std::vector<TensorId>& ids) {
      const std::vector<TensorId> all = roots(ids);
      return std::find(all.begin(), all.end(), root) != all.end();
    };
    std::vector<std::size_t> readers;
    for (std::size_t i = op + 1; i < graph_.operators().size(); ++i) {
      if (has(graph_.operators()[i].inputs)) readers.push_back(i);
      if (has(graph_.operators()[i].outputs)) break;
    }
    return readers;
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
  Waits waits_;
  bool several_;                   ///< processors compute
  std::set<TensorId> downloaded_;  ///< for another device: the host's copy is the last
  std::map<TensorId, std::set<std::size_t>>
      content_at_;  ///< memories with the last content of tensors that runs write
};

}  // namespace

void add_steps(Plan& plan, const std::vector<Processor*>& processors, const PlanOptions& options) {
  Rules(plan, processors, options).add_all();
}

}  // namespace motley::workloads
