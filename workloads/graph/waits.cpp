#include "workloads/graph/waits.hpp"

#include <algorithm>

namespace motley::workloads {

using Action = PlanStep::Action;

Waits::Waits(Plan& plan, std::size_t places)
    : plan_(plan), staging_(places), known_(places, std::vector<std::size_t>(places, 0)) {}

void Waits::read(std::size_t step, const Key& key) {
  Content& content = contents_[key];
  wait(step, content.writers);
  content.readers.push_back(step);
}

void Waits::write(std::size_t step, const Key& key) {
  Content& content = contents_[key];
  wait(step, content.writers);
  wait(step, content.readers);
  content = {{step}, {}};
}

void Waits::wait(std::size_t step, const std::vector<std::size_t>& others) {
  PlanStep& one = plan_.steps[step];
  for (const std::size_t other : others) {
    const std::size_t place = plan_.steps[other].place;
    std::size_t& known = known_[one.place][place];
    if (place == one.place || other < known) continue;
    known = other + 1;
    std::erase_if(one.waits, [&](std::size_t i) { return plan_.steps[i].place == place; });
    one.waits.push_back(other);
  }
}

void Waits::find(std::size_t step) {
  const PlanStep one = plan_.steps[step];
  const Key own{plan_.memory_of[one.place], one.tensor}, of_host{plan_.host_memory, one.tensor},
      staging{staging_, one.tensor};
  switch (one.action) {
    case Action::launch: {
      const Operator& op = plan_.graph.operators()[one.op];
      for (const TensorId id : op.inputs) read(step, {own.first, plan_.graph.root(id)});
      for (const TensorId id : op.outputs) write(step, {own.first, plan_.graph.root(id)});
      break;
    }
    case Action::upload:
      read(step, staging);
      write(step, own);
      break;
    case Action::download:
      read(step, own);
      write(step, staging);
      break;
    case Action::fetch:
      read(step, own);
      write(step, of_host);
      break;
    case Action::send:
      read(step, of_host);
      write(step, own);
      break;
    default:  // of modes for one processor, whose steps run one after another
      break;
  }
}

void Waits::pass_on(std::size_t op) {
  const Operator& one = plan_.graph.operators()[op];
  const std::size_t memory = plan_.memory_of_operator(op);
  std::vector<std::size_t> writers;
  for (const TensorId id : one.inputs) {
    const std::vector<std::size_t>& all = contents_[{memory, plan_.graph.root(id)}].writers;
    writers.insert(writers.end(), all.begin(), all.end());
  }
  for (const TensorId id : one.outputs) {
    contents_[{memory, plan_.graph.root(id)}].writers = writers;
  }
}

}  // namespace motley::workloads
