#include "workloads/graph/one_member.hpp"

#include <algorithm>

#include "workloads/graph/operator.hpp"

namespace motley::workloads {

bool trains_best_on_one_core(const Graph& graph) {
  // Two server cores with 2 MiB of cache each took no less time than one up to 10 to 17 million
  // flops (LeNet-5 at batch 4, DS-CNN at 1, MLP 784-256-128-10 at 16), but 0.7 of it where 1
  // million weights moved 33 MB. About half of both: slower cores gain from a team earlier.
  constexpr double most_flops = 8e6, most_bytes = 16e6;
  double flops = 0, bytes = 0;
  bool updates = false;
  for (const Operator& op : graph.operators()) {
    const schema::Work work = operator_kind(op.kind).work(graph.call(op));
    flops += work.flops;
    bytes += work.bytes_read + work.bytes_written;
    updates |= op.phase == Phase::update;
  }
  return updates && flops < most_flops && bytes < most_bytes;
}

}  // namespace motley::workloads
