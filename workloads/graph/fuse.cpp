#include "workloads/graph/fuse.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace motley::workloads {
namespace {

std::string activation(const Operator& op) {
  const auto found = op.attributes.find("activation");
  return found == op.attributes.end() ? "" : schema::to_string(found->second);
}

class Fusion {
 public:
  explicit Fusion(Graph& graph) : graph_(graph), operators_(graph.take_operators()) {
    for (std::size_t i = 0; i < operators_.size(); ++i) {
      for (const TensorId id : operators_[i].inputs) readers_[graph_.root(id)].push_back(i);
    }
  }

  void fuse() {
    std::vector<bool> absorbed(operators_.size());
    for (std::size_t i = 0; i < operators_.size(); ++i) {
      if (absorbed[i]) continue;
      Operator op = operators_[i];
      for (auto next = only_reader(op); next; next = only_reader(op)) {
        if (!fold_batch_norm(op, operators_[*next]) && !take_activation(op, operators_[*next])) {
          break;
        }
        absorbed[*next] = true;
      }
      graph_.append(std::move(op));
    }
  }

 private:
  /// Of output 0, as its first input and not through a view.
  std::optional<std::size_t> only_reader(const Operator& op) const {
    const TensorId between = op.outputs.front();
    const auto found = readers_.find(between);
    const bool once = found != readers_.end() && found->second.size() == 1;
    if (!once || graph_.tensor(between).role != Role::activation) return std::nullopt;
    const std::size_t reader = found->second.front();
    if (operators_[reader].inputs.front() != between) return std::nullopt;
    return reader;
  }

  bool are_given(std::vector<TensorId>::const_iterator begin,
                 std::vector<TensorId>::const_iterator end) const {
    return std::all_of(begin, end, [&](TensorId id) {
      const Role role = graph_.tensor(graph_.root(id)).role;
      return role == Role::parameter || role == Role::statistic;
    });
  }

  bool fold_batch_norm(Operator& op, const Operator& norm) {
    const bool linear = (op.kind == "conv2d" || op.kind == "dense") && activation(op) == "none";
    if (!linear || norm.kind != "batch_norm_inference") return false;
    if (!are_given(op.inputs.begin() + 1, op.inputs.end()) ||
        !are_given(norm.inputs.begin() + 1, norm.inputs.end())) {
      return false;
    }
    std::vector<TensorId> constants(op.inputs.begin() + 1, op.inputs.end());
    constants.insert(constants.end(), norm.inputs.begin() + 1, norm.inputs.end());
    const auto folded = graph_.add("fold_batch_norm", op.name + ".fold", constants,
                                   {{"epsilon", norm.attributes.at("epsilon")}});
    op.inputs = {op.inputs.front(), folded[0], folded[1]};
    op.attributes["activation"] = norm.attributes.at("activation");
    op.outputs = norm.outputs;
    return true;
  }

  bool take_activation(Operator& op, const Operator& next) const {
    if (activation(op) != "none" || (next.kind != "relu" && next.kind != "relu6")) return false;
    op.attributes["activation"] = next.kind;
    op.outputs.front() = next.outputs.front();
    return true;
  }

  Graph& graph_;
  std::vector<Operator> operators_;
  std::map<TensorId, std::vector<std::size_t>> readers_;  ///< of each root
};

}  // namespace

void fuse(Graph& graph) {
  Fusion(graph).fuse();
}

}  // namespace motley::workloads
