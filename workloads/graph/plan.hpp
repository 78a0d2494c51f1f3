// A graph placed on processors: an ordered list of launches, copies, conversions and waits, with
// its memory planned before any is allocated. Who copies what and when is a rule over this list:
// the residency mode. All modes compute the same arithmetic; in R5 the updates are the host's own,
// whose rounding may differ.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "workloads/graph/choice.hpp"
#include "workloads/graph/graph.hpp"

namespace motley::workloads {

/// After `papers.md` 1.7: R0 to R5.
enum class Residency {
  staged,              ///< R0: each operator's inputs are uploaded and its outputs read back
  framework,           ///< R1: each update's gradient, decayed gradient, velocity and new parameter
                       ///< make a blocking, layout-converting round trip to the host
  framework_gradient,  ///< R1a: the gradient only
  resident,            ///< R2: everything stays; the loss is read back, blocking, in each run
  resident_async,      ///< R3: the loss is read back every 50 runs
  batched,             ///< R4: as R3, and the device is told to start (flush) once a run
  shared               ///< R5: parameters and gradients in memory of both sides; the host updates
};
std::string to_string(Residency residency);
/// Also R0 ... R5 and R1a. Throws UnknownName.
Residency residency_from(const std::string& name);
std::vector<std::string> residency_names();

/// state: what the network itself keeps between runs (key-value caches).
enum class Category { weights, gradients, optimizer_state, state, activations, workspace, staging };
std::string to_string(Category category);

/// One allocation on a processor (or in host memory, for staging), used by one or more tensors
/// whose lifetimes do not overlap.
struct Slot {
  std::size_t place = 0;
  Category category = Category::activations;
  std::size_t bytes = 0;
  /// shared where the host maps it; pinned where some operator is a library's, which knows no SVM.
  MemoryKind kind = MemoryKind::device;
  bool on_host = false;
  std::optional<ImageSize> image = {};  ///< workspace or kept memory
};

struct PlanStep {
  enum class Action {
    launch,       ///< an operator
    upload,       ///< host copy of a tensor -> its buffer
    download,     ///< buffer -> host copy
    convert_out,  ///< tensor -> staging buffer in another layout
    convert_in,   ///< and back
    upload_staging,
    download_staging,
    fetch,  ///< buffer of a device -> the buffer of the CPU places, without a copy between
    send,   ///< and back
    map,    ///< the host becomes the owner of a shared tensor
    unmap,
    flush
  };
  Action action = Action::launch;
  std::size_t place = 0;
  std::size_t op = 0;  ///< the operator, or the one that this step is for
  TensorId tensor = no_tensor;
  bool blocking = false;
  unsigned period = 1;  ///< only in every so many runs
  /// Earlier steps of other places that must have ended before this one begins; of each place the
  /// last: steps of one place run in order.
  std::vector<std::size_t> waits = {};
};

/// Where a tensor begins in the memory of another.
struct RangeOf {
  TensorId root = no_tensor;
  std::size_t offset_bytes = 0;
};

struct Plan {
  Graph graph;
  Residency residency = Residency::resident;
  /// Of each operator. A place is an index into the processors.
  std::vector<std::size_t> place_of;
  /// Of each place the first one whose memory it uses: CPU places all see the same.
  std::vector<std::size_t> memory_of;
  std::size_t host_memory = 0;   ///< that of the CPU places; where there is none nobody asks
  std::vector<Choice> choices;   ///< of each operator
  std::vector<Lowered> lowered;  ///< of each operator
  /// Roots that are computed, or packed by those who read them, once and not in each run.
  std::set<TensorId> constants;
  /// The first processor is a team of which one member computes all.
  bool on_one_core = false;
  /// Operators of the first processor that the second computes instead, and why.
  std::map<std::size_t, std::string> placed_on_host;
  /// Slices and concatenations that are nothing but addresses: they have no launch.
  std::set<std::size_t> elided;
  /// (memory, root tensor); of the host's copies too: a device that needs but a piece of an input
  /// is given that piece.
  std::map<std::pair<std::size_t, TensorId>, RangeOf> range_of;
  std::vector<PlanStep> steps;
  /// Roots with memory on several processors: where their content is behind a run; others:
  /// anywhere.
  std::map<TensorId, std::size_t> content_at;
  std::vector<Slot> slots;
  std::map<std::pair<std::size_t, TensorId>, std::size_t> slot_of;  ///< (memory, root tensor)
  std::map<TensorId, std::size_t> staging_slot_of;                  ///< host copies
  std::vector<std::size_t> round_trip_slots;  ///< converted copies: on the device, on the host
  std::vector<std::vector<std::size_t>> workspace_slots, kept_slots;  ///< of each operator

  /// It runs when constants were set, and has no step.
  bool is_constant(std::size_t op) const;
  std::size_t memory_of_operator(std::size_t op) const { return memory_of[place_of[op]]; }
  /// The host's copies, as if they were one more memory.
  std::size_t host_copies() const { return memory_of.size(); }
  /// A slice of an input whose piece is uploaded where it is used.
  bool is_uploaded(std::size_t op) const;
  /// Whose memory the root's is there, and from where in it.
  RangeOf memory_range(std::size_t memory, TensorId root) const;
  /// Peak bytes by category, over all processors and staging.
  std::map<std::string, double> memory() const;
  double memory_bytes() const;
};

struct PlanOptions {
  Residency residency = Residency::resident;
  /// What only depends on parameters may be computed and packed once: those of a graph that updates
  /// none.
  bool constant_parameters = false;
  unsigned loss_period = 50;  ///< of resident_async, batched and shared
  std::int64_t batch = 0;     ///< samples of the graph, to tell which would fit; 0: unknown
  bool fallback = false;      ///< what processors[0] cannot compute goes to processors[1]
  std::set<std::string> on_host = {};  ///< operators that go there in any case
  /// Several processors compute one run: the operators that are not processors[0]'s, by name.
  /// Residency::resident alone.
  std::map<std::string, std::size_t> places = {};
};

/// All operators on processors[0] but those that options place elsewhere; with Residency::shared
/// the updates on processors[1], which must be a CPU. Throws Unsupported where an operator has no
/// implementation, or the tensors do not fit (says which category takes what and which batch
/// would), DeviceError where a kernel cannot be built; both name the operator.
Plan make_plan(Graph graph, const std::vector<Processor*>& processors, const Chooser& chooser,
               const PlanOptions& options);

}  // namespace motley::workloads
