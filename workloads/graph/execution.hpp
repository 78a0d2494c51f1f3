// A plan bound to processors: buffers allocated, kernels loaded, ready to run again and again,
// whole or with each step timed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "harness/clock.hpp"
#include "workloads/graph/bound_operator.hpp"
#include "workloads/graph/plan.hpp"
#include "workloads/graph/values.hpp"

namespace motley::workloads {

/// When one step of a profiled run began and ended, in seconds.
struct StepTime {
  double host_started = 0, host_ended = 0;
  /// Of a device's commands, moved to the host's clock: an operator may need several, and between
  /// them the device may wait. Empty where the processor has no clock of its own.
  struct Command {
    double started = 0, ended = 0;
  };
  std::vector<Command> commands;
  bool ran = false;    ///< steps with a period are skipped in between
  bool copied = true;  ///< of a copy: not where a CPU has the bytes already
};

class Execution {
 public:
  /// One queue for each processor, in order, with profiling for run_profiled. Processors and queues
  /// must outlive it. Throws what allocating and loading throw.
  Execution(Plan plan, std::vector<Processor*> processors, std::vector<Queue*> queues);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  const Plan& plan() const { return plan_; }
  const Graph& graph() const { return plan_.graph; }
  /// The first processor is an OpenCL device, which has a clock of its own.
  bool device_at_0() const { return processors_.front()->members() == 0; }

  /// Parameters, statistics and states get their first content, constants are packed; waits.
  void initialize(std::uint64_t seed);
  /// Where the next runs take an input from, in the tensor's own bytes; must live until finish().
  /// Null: what set_values gave, which a CPU's buffer holds itself: no copy (but staged).
  void set_input(TensorId input, const std::byte* from);
  /// As set_input: where the next runs put what a step downloads. Null: to where downloaded()
  /// looks.
  void set_output(TensorId output, std::byte* to);
  /// Waits. Of a view: the memory that it is.
  void set_values(TensorId tensor, std::span<const double> values);
  Values values(TensorId tensor);
  /// As values and set_values, in the tensor's own bytes.
  void read(TensorId tensor, std::vector<std::byte>& into);
  void write(TensorId tensor, std::span<const std::byte> bytes);

  /// Gives one run; waits only where a step does. `run` counts from 0: steps with a period run in
  /// the last of every so many.
  void run(const RunScalars& scalars, std::uint64_t run);
  void finish();
  /// Gives one step to its queue, without regard to what it waits for: for who has each place's
  /// steps given by a thread of its own.
  void give(std::size_t step, const RunScalars& scalars) { give_step(plan_.steps[step], scalars); }
  Queue& queue(std::size_t place) { return *queues_[place]; }
  Processor& processor(std::size_t place) { return *processors_[place]; }
  bool on_device(std::size_t place) const { return processors_[place]->members() == 0; }
  const std::string& processor_id(std::size_t place) const {
    return processors_[place]->description().id;
  }
  /// Whether it moves bytes: of an upload or download on a CPU, only where set_input or set_output
  /// gave a place (or staged).
  bool copies(const PlanStep& step) const;
  /// How many of the device's intervals are one step's; 0 on a CPU.
  std::size_t commands(const PlanStep& step) const;
  /// So many runs with each step timed, one after another; waits before the first and behind the
  /// last, which is one more entry.
  std::vector<StepTime> run_profiled(const RunScalars& scalars, std::uint64_t first_run,
                                     std::uint64_t runs, Clock& clock);
  /// An output as the last download left it, or as a CPU has it; finish() first.
  Values downloaded(TensorId output) const;

  /// Runs operator by operator and compares each with its reference on its own inputs; returns the
  /// largest error over tolerance, and says in `worst` where. Leaves the state after one run.
  double check(const RunScalars& scalars, std::string& worst);

  /// Runs operator by operator and returns the name of the first with an output that is not finite;
  /// empty: none.
  std::string first_not_finite(const RunScalars& scalars);
  /// Parameters and statistics of the same names, and constants packed again; waits.
  void copy_state(Execution& from);
  /// In the last of how many runs this output is read back.
  unsigned period_of_download(TensorId output) const;

 private:
  struct RoundTrip;
  struct Location {
    Buffer* buffer;
    std::size_t offset_bytes;
  };
  /// Who has it; Plan::host_copies() where only the host has.
  std::size_t place_of(TensorId root) const;
  Values values(std::size_t place, TensorId tensor);
  void read(std::size_t place, TensorId tensor, std::vector<std::byte>& into);
  /// What one processor computed goes to the others that have memory for it; waits.
  void spread(std::size_t from, TensorId tensor);
  /// A CPU's memory is the host's: what nobody gives or wants elsewhere is not copied.
  bool needs_copies(std::size_t place) const;
  /// None where the tensor has no memory there.
  std::optional<Location> find(std::size_t place, TensorId id) const;
  Location location(std::size_t place, TensorId id) const;
  /// As kernels take it.
  Buffer* operand(std::size_t place, TensorId id);
  std::byte* host_copy(TensorId root);
  /// What set_input gave; null: nothing.
  const std::byte* lent_input(TensorId root) const;
  std::byte* lent_output(TensorId root) const;
  /// Of what the CPU places have.
  std::byte* host_address(TensorId root) const;
  void allocate();
  void bind();
  void bind_round_trips();
  Operands operands(std::size_t op);
  void do_step(const PlanStep& step, const RunScalars& scalars);
  void give_step(const PlanStep& step, const RunScalars& scalars);
  void copy_tensor(const PlanStep& step);
  std::size_t round_trip_launches(TensorId root, bool out) const;
  /// All steps of one operator; `launching` is called before its launch.
  void run_operator(std::size_t op, const RunScalars& scalars,
                    const std::function<void()>& launching = {});
  double check_operator(std::size_t op, const RunScalars& scalars);
  void pack_constants();
  /// What a run that was left in its middle had mapped.
  void give_back_mapped();

  Plan plan_;
  std::vector<Processor*> processors_;
  std::vector<Queue*> queues_;
  std::vector<std::unique_ptr<Buffer>> slots_;      ///< null where the slot is the host's
  std::vector<std::vector<std::byte>> host_slots_;  ///< empty where it is not
  std::vector<std::unique_ptr<Buffer>> ranges_;     ///< what kernels take of larger buffers
  std::vector<std::unique_ptr<BoundOperator>> operators_;
  std::map<TensorId, std::unique_ptr<RoundTrip>> round_trips_;
  std::map<TensorId, const std::byte*> inputs_;
  std::map<TensorId, std::byte*> outputs_;
};

}  // namespace motley::workloads
