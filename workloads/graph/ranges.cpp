#include "workloads/graph/ranges.hpp"

#include <algorithm>
#include <optional>

#include "workloads/ops/pad.hpp"

namespace motley::workloads {
namespace {

/// Part of a whole, in elements from its begin.
struct Part {
  TensorId part, whole;
  std::int64_t offset;
};

/// Where `inner`, cut from `outer` along some axes, is one piece of its memory: all axes before the
/// first that is cut have one element, all behind it are complete.
bool is_one_piece(const Shape& inner, const Shape& outer) {
  std::size_t axis = 0;
  while (axis < outer.size() && inner[axis] == outer[axis] && outer[axis] == 1) ++axis;
  for (++axis; axis < outer.size(); ++axis) {
    if (inner[axis] != outer[axis]) return false;
  }
  return true;
}

class Ranges {
 public:
  Ranges(Plan& plan, const std::vector<Processor*>& processors)
      : plan_(plan), graph_(plan.graph), processors_(processors) {
    for (std::size_t op = 0; op < graph_.operators().size(); ++op) note_uses(op);
  }

  void find() {
    for (std::size_t op = 0; op < graph_.operators().size(); ++op) {
      if (plan_.is_constant(op)) continue;
      const std::optional<std::vector<Part>> parts = parts_of(op);
      if (!parts || is_any_twice(*parts)) continue;
      const bool uploaded = is_piece_of_input(op, parts->front());
      const bool possible =
          uploaded || std::all_of(parts->begin(), parts->end(),
                                  [&](const Part& part) { return fits(op, part); });
      if (!possible) continue;
      const std::size_t memory = uploaded ? plan_.host_copies() : plan_.memory_of_operator(op);
      for (const Part& part : *parts) {
        plan_.range_of[{memory, part.part}] = {part.whole,
                                               std::size_t(part.offset) * bytes_of(DataType::f32)};
      }
      plan_.elided.insert(op);
      plan_.lowered[op] = {};
    }
  }

 private:
  void note_uses(std::size_t op) {
    const Operator& one = graph_.operators()[op];
    for (const auto* ids : {&one.inputs, &one.outputs}) {
      for (const TensorId id : *ids) {
        ++uses_[{plan_.memory_of_operator(op), graph_.root(id)}];
      }
    }
    for (const TensorId id : one.outputs) ++writers_[graph_.root(id)];
  }

  /// None where the operator is not of these kinds, or does not keep its elements together.
  std::optional<std::vector<Part>> parts_of(std::size_t op) const {
    const Operator& one = graph_.operators()[op];
    const TensorId out = graph_.root(one.outputs.front());
    const Shape& to = graph_.tensor(one.outputs.front()).type.shape;
    std::vector<Part> parts;
    if (one.kind == "slice") {
      const Shape& from = graph_.tensor(one.inputs.front()).type.shape;
      if (!is_one_piece(to, from)) return std::nullopt;
      return std::vector{
          Part{out, graph_.root(one.inputs.front()), first_element_of_slice(graph_.call(one))}};
    }
    if (one.kind != "concatenate") return std::nullopt;
    std::int64_t before = 0;
    for (const TensorId id : one.inputs) {
      if (!is_one_piece(graph_.tensor(id).type.shape, to)) return std::nullopt;
      parts.push_back({graph_.root(id), out, before});
      before += graph_.tensor(id).type.elements();
    }
    return parts;
  }

  /// On a device, where nothing reads more of the input than pieces, and nobody else this one.
  bool is_piece_of_input(std::size_t op, const Part& part) const {
    const std::size_t memory = plan_.memory_of_operator(op);
    const Operator& one = graph_.operators()[op];
    if (processors_[memory]->members() > 0 || one.kind != "slice" ||
        graph_.tensor(part.whole).role != Role::input || !is_plain(part.whole) ||
        graph_.tensor(part.part).role != Role::activation || plan_.residency == Residency::staged) {
      return false;
    }
    for (std::size_t i = 0; i < graph_.operators().size(); ++i) {
      const Operator& reader = graph_.operators()[i];
      const bool is_here = plan_.memory_of_operator(i) == memory;
      const bool cuts = reader.kind == "slice" && parts_of(i);
      if (is_here ? reads(reader, part.whole) && !cuts : reads(reader, part.part)) return false;
    }
    return true;
  }

  bool reads(const Operator& op, TensorId root) const {
    return std::any_of(op.inputs.begin(), op.inputs.end(),
                       [&](TensorId id) { return graph_.root(id) == root; });
  }

  bool is_plain(TensorId id) const {
    const TensorType& type = graph_.tensor(id).type;
    return type.dtype == DataType::f32 && type.layout == Layout::plain;
  }

  bool fits(std::size_t op, const Part& part) const {
    const std::size_t memory = plan_.memory_of_operator(op);
    const Tensor &whole = graph_.tensor(part.whole), &inner = graph_.tensor(part.part);
    const bool filled =
        whole.role == Role::activation || whole.role == Role::output || whole.role == Role::input;
    const bool written_once = writers(part.whole) <= 1 && writers(part.part) == 1;
    if (!is_plain(part.whole) || !filled || !written_once || inner.role != Role::activation ||
        plan_.constants.contains(part.whole) || plan_.constants.contains(part.part) ||
        plan_.range_of.contains({memory, part.part})) {
      return false;
    }
    const std::size_t offset = plan_.memory_range(memory, part.whole).offset_bytes;
    const bool begins = part.offset == 0 && offset == 0;
    const bool host = processors_[memory]->members() > 0;
    return host || begins || uses_.at({memory, part.part}) == 1;
  }

  static bool is_any_twice(const std::vector<Part>& parts) {
    std::set<TensorId> seen;
    return !std::all_of(parts.begin(), parts.end(),
                        [&](const Part& part) { return seen.insert(part.part).second; });
  }

  int writers(TensorId root) const {
    const auto found = writers_.find(root);
    return found == writers_.end() ? 0 : found->second;
  }

  Plan& plan_;
  const Graph& graph_;
  const std::vector<Processor*>& processors_;
  std::map<std::pair<std::size_t, TensorId>, int> uses_;  ///< by operators in a memory
  std::map<TensorId, int> writers_;
};

}  // namespace

void find_ranges(Plan& plan, const std::vector<Processor*>& processors) {
  Ranges(plan, processors).find();
}

}  // namespace motley::workloads
