#include "workloads/together/stages.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

class Cutting {
 public:
  explicit Cutting(const Model& model)
      : model_(model), graph_(model.graph), constants_(constant_tensors(graph_)) {
    for (std::size_t op = 0; op < operators(); ++op) {
      for (const TensorId id : graph_.operators()[op].outputs) producer_[graph_.root(id)] = op;
    }
  }

  std::size_t operators() const { return graph_.operators().size(); }
  bool is_constant(std::size_t op) const {
    return constants_.contains(graph_.root(graph_.operators()[op].outputs.front()));
  }

  /// `ends[k]`: one past the last operator of stage k.
  std::vector<Stage> stages(const std::vector<std::size_t>& ends) {
    find_stage_of(ends);
    refuse_shared_states();
    std::vector<Stage> result(ends.size());
    for (std::size_t k = 0; k < ends.size(); ++k) {
      stage_ = &result[k];
      made_.clear();
      stage_->graph.name = graph_.name;
      stage_->graph.scalars = graph_.scalars;
      for (std::size_t op = 0; op < operators(); ++op) {
        if (is_constant(op) ? is_read_in(op, k) : stage_of_[op] == k) append(op, k);
      }
    }
    return result;
  }

  double bytes_across(std::size_t end) const {
    double bytes = 0;
    for (const auto& [root, op] : producer_) {
      if (op < end && !is_constant(op) && is_read_from(root, end)) {
        bytes += double(graph_.tensor(root).type.bytes());
      }
    }
    return bytes;
  }

 private:
  void find_stage_of(const std::vector<std::size_t>& ends) {
    stage_of_.clear();
    for (std::size_t op = 0; op < operators(); ++op) {
      stage_of_.push_back(
          std::size_t(std::upper_bound(ends.begin(), ends.end(), op) - ends.begin()));
    }
  }

  bool reads(std::size_t op, TensorId root) const {
    const auto& inputs = graph_.operators()[op].inputs;
    return std::any_of(inputs.begin(), inputs.end(),
                       [&](TensorId id) { return graph_.root(id) == root; });
  }
  bool is_read_from(TensorId root, std::size_t first) const {
    for (std::size_t op = first; op < operators(); ++op) {
      if (reads(op, root)) return true;
    }
    return false;
  }
  bool is_read_in(std::size_t constant, std::size_t k) const {
    for (const TensorId id : graph_.operators()[constant].outputs) {
      for (std::size_t op = 0; op < operators(); ++op) {
        if (!reads(op, graph_.root(id))) continue;
        if (is_constant(op) ? is_read_in(op, k) : stage_of_[op] == k) return true;
      }
    }
    return false;
  }

  void refuse_shared_states() const {
    std::map<TensorId, std::size_t> owner;
    for (std::size_t op = 0; op < operators(); ++op) {
      for (const TensorId id : graph_.operators()[op].inputs) {
        const TensorId root = graph_.root(id);
        if (graph_.tensor(root).role != Role::state) continue;
        if (owner.try_emplace(root, stage_of_[op]).first->second == stage_of_[op]) continue;
        throw Unsupported(graph_.tensor(root).name +
                          " would be the state of two stages (one of them would not see what the "
                          "other wrote). Cut elsewhere.");
      }
    }
  }

  void append(std::size_t index, std::size_t k) {
    Operator op = graph_.operators()[index];
    for (TensorId& id : op.inputs) id = tensor(id, k);
    for (TensorId& id : op.outputs) id = tensor(id, k);
    stage_->graph.append(std::move(op));
  }

  TensorId tensor(TensorId id, std::size_t k) {
    const auto found = made_.find(id);
    if (found != made_.end()) return found->second;
    Tensor copy = graph_.tensor(id);
    if (copy.view_of != no_tensor) {
      copy.view_of = tensor(copy.view_of, k);
      return made_[id] = stage_->graph.add_tensor(std::move(copy));
    }
    const auto produced = producer_.find(id);
    const bool of_run =
        produced != producer_.end() && !is_constant(produced->second) && copy.role != Role::state;
    const bool comes = of_run ? stage_of_[produced->second] < k : copy.role == Role::input;
    const bool goes = of_run && stage_of_[produced->second] == k &&
                      (leaves(id, k) || graph_.root(model_.output) == id);
    if (comes) copy.role = Role::input;
    if (goes) copy.role = Role::output;
    if (!goes && copy.role == Role::output) copy.role = comes ? Role::input : Role::activation;
    made_[id] = stage_->graph.add_tensor(std::move(copy));
    if (comes) stage_->inputs[id] = made_[id];
    if (goes) stage_->outputs[id] = made_[id];
    return made_[id];
  }

  bool leaves(TensorId root, std::size_t k) const {
    for (std::size_t op = 0; op < operators(); ++op) {
      if (stage_of_[op] > k && !is_constant(op) && reads(op, root)) return true;
    }
    return false;
  }

  const Model& model_;
  const Graph& graph_;
  std::set<TensorId> constants_;
  std::map<TensorId, std::size_t> producer_;  ///< of roots
  std::vector<std::size_t> stage_of_;
  Stage* stage_ = nullptr;
  std::map<TensorId, TensorId> made_;
};

}  // namespace

std::vector<CutPoint> cut_points(const Model& model) {
  const Cutting cutting(model);
  std::vector<CutPoint> points;
  double macs = 0;
  for (std::size_t op = 0; op + 1 < cutting.operators(); ++op) {
    if (cutting.is_constant(op)) continue;
    const Operator& one = model.graph.operators()[op];
    const OperatorKind& kind = operator_kind(one.kind);
    if (kind.macs) macs += kind.macs(model.graph.call(one));
    points.push_back({one.name, cutting.bytes_across(op + 1), macs});
  }
  return points;
}

std::vector<Stage> stages_of(const Model& model, const std::vector<std::string>& cuts) {
  Cutting cutting(model);
  std::vector<std::string> known;
  for (const CutPoint& point : cut_points(model)) known.push_back(point.name);
  std::vector<std::size_t> ends;
  for (const std::string& cut : cuts) {
    if (std::find(known.begin(), known.end(), cut) == known.end()) {
      throw UnknownName("cut behind operator", cut, known);
    }
    const auto& operators = model.graph.operators();
    const auto at = std::find_if(operators.begin(), operators.end(),
                                 [&](const Operator& op) { return op.name == cut; });
    ends.push_back(std::size_t(at - operators.begin()) + 1);
    if (ends.size() > 1 && ends.back() <= ends[ends.size() - 2]) {
      throw BadArgument(
          fmt::format("cut behind {} after {} (a stage would be empty). Give cuts in "
                      "the order of the network.",
                      cut, cuts[ends.size() - 2]));
    }
  }
  ends.push_back(cutting.operators());
  return cutting.stages(ends);
}

}  // namespace motley::workloads
