#include "workloads/graph/placement.hpp"

#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/bound_operator.hpp"
#include "workloads/graph/one_member.hpp"

namespace motley::workloads {
namespace {

struct Placed {
  Choice choice;
  Lowered lowered;
};

class Placement {
 public:
  Placement(Plan& plan, const std::vector<Processor*>& processors, const Chooser& chooser,
            const PlanOptions& options)
      : plan_(plan), processors_(processors), chooser_(chooser), options_(options) {
    has_host_ = processors.size() > 1;
    plan.on_one_core = processors.front()->members() > 1 && trains_best_on_one_core(plan.graph);
    if (options.residency == Residency::shared && has_host_ && falls_back()) {
      throw BadArgument(
          "residency shared with operators on the CPU (its tensors are where both sides see them, "
          "and who may touch them is the mode's own rule). Choose another mode.");
    }
    for (const std::string& name : options.on_host) refuse_unknown(name);
    refuse_impossible_places();
    find_memories();
  }

  void place(std::size_t op) {
    const Operator& one = plan_.graph.operators()[op];
    Call call = plan_.graph.call(one);
    for (const TensorId id : one.inputs) {
      call.constant_inputs.push_back(plan_.constants.contains(plan_.graph.root(id)));
    }
    const bool updates = options_.residency == Residency::shared && one.phase == Phase::update;
    std::size_t place = has_host_ && updates ? 1 : 0;
    if (has_host_ && options_.on_host.contains(one.name)) {
      plan_.placed_on_host[op] = "as asked";
      place = 1;
    }
    const auto wanted = options_.places.find(one.name);
    if (wanted != options_.places.end()) place = wanted->second;
    Placed placed;
    try {
      placed = on(place, one, call);
    } catch (const Error& error) {
      if (place != 0 || !has_host_ || !options_.fallback) throw;
      plan_.placed_on_host[op] = error.what();
      place = 1;
      placed = on(place, one, call);
    }
    plan_.place_of.push_back(place);
    plan_.choices.push_back(std::move(placed.choice));
    plan_.lowered.push_back(std::move(placed.lowered));
  }

 private:
  bool falls_back() const { return options_.fallback || !options_.on_host.empty(); }

  void refuse_impossible_places() const {
    for (const auto& [name, place] : options_.places) {
      refuse_unknown(name);
      if (place < processors_.size()) continue;
      throw BadArgument(
          fmt::format("{} is placed on processor {} of {} (counted from 0). Name {} "
                      "more, or place it on another.",
                      name, place, processors_.size(), place + 1 - processors_.size()));
    }
    if (options_.places.empty() || options_.residency == Residency::resident) return;
    throw BadArgument(
        fmt::format("residency {} with several processors (who copies what is the "
                    "mode's own rule). Use resident.",
                    to_string(options_.residency)));
  }

  void find_memories() {
    std::optional<std::size_t> cpu;
    for (std::size_t place = 0; place < processors_.size(); ++place) {
      const bool on_cpu = processors_[place]->members() > 0;
      if (on_cpu && !cpu) cpu = place;
      plan_.memory_of.push_back(on_cpu ? *cpu : place);
    }
    plan_.host_memory = cpu.value_or(0);
  }

  void refuse_unknown(const std::string& name) const {
    std::vector<std::string> known;
    for (const Operator& op : plan_.graph.operators()) {
      if (op.name == name) return;
      known.push_back(op.name);
    }
    throw UnknownName("operator", name, known);
  }

  Placed on(std::size_t place, const Operator& op, const Call& call) const {
    Processor& processor = *processors_.at(place);
    const bool device = processor.members() == 0;
    const std::string what =
        fmt::format("{} ({}) cannot run on {}", op.name, op.kind, processor.description().id);
    try {
      Placed placed;
      placed.choice = chooser_(op.kind, call, processor);
      OneMember lone(processor);
      const bool alone = plan_.on_one_core && place == 0;
      placed.lowered = placed.choice.implementation->lower(
          call, alone ? static_cast<Processor&>(lone) : processor, placed.choice.tuning);
      for (Launch& launch : placed.lowered.launches) {
        if (alone) launch.kernel.cpu_members = 1;
      }
      // A device keeps its programs: binding them later builds nothing anew.
      for (const Launch& launch : placed.lowered.launches) {
        if (device) load(processor, launch);
      }
      return placed;
    } catch (const Unsupported& error) {
      if (!device) throw;
      throw Unsupported(
          fmt::format("{}: {} Or compute it on the CPU with --fallback cpu.", what, error.what()));
    } catch (const DeviceError& error) {
      if (!device) throw;
      throw DeviceError(error.call(), error.status(),
                        what + ": compute it on the CPU with --fallback cpu, or update the driver.",
                        error.log());
    }
  }

  Plan& plan_;
  const std::vector<Processor*>& processors_;
  const Chooser& chooser_;
  const PlanOptions& options_;
  bool has_host_;
};

}  // namespace

void place_operators(Plan& plan, const std::vector<Processor*>& processors, const Chooser& chooser,
                     const PlanOptions& options) {
  Placement placement(plan, processors, chooser, options);
  for (std::size_t op = 0; op < plan.graph.operators().size(); ++op) placement.place(op);
}

}  // namespace motley::workloads
