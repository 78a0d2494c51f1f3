// A prepared pointer chase: lines of memory linked into one random cycle, and the kernel that
// follows it with dependent loads only. Every run goes on where the last one stopped: starting anew
// would walk the same few lines, which are then cached however large the set is.
#pragma once

#include <string>
#include <vector>

#include "harness/workbench.hpp"

namespace motley::microbench {

enum class ChaseSpace { global, constant, local };
enum class HugePages { none, preferred, required };

struct ChaseOptions {
  std::int64_t bytes = 0;                  ///< of all lines together
  std::int64_t line_bytes = 64;            ///< one node a line
  unsigned chases = 1;                     ///< independent pointers, evenly apart on the cycle
  HugePages huge_pages = HugePages::none;  ///< CPU only
  ChaseSpace space = ChaseSpace::global;   ///< OpenCL only
  /// What the other members of a CPU team do meanwhile; nothing: only one member runs. `chase`
  /// follows the pointers, and is called by member 0.
  std::function<void(const CpuTask&, const std::function<void()>& chase)> company;
  Buffer* company_array = nullptr;  ///< argument 3 of the task that company gets
};

class Chase {
 public:
  Chase(Workbench& bench, ChaseOptions options);
  /// Of one run; valid as long as this object lives.
  Trial trial();

 private:
  void prepare_cpu(Workbench& bench);
  Buffer& allocate_cells(Workbench& bench) const;
  void confirm_huge_pages();
  void prepare_opencl(Workbench& bench);
  void place_on_opencl(Workbench& bench);
  std::string opencl_source() const;
  void run(Queue& queue, std::uint32_t trips);
  double error(Queue& queue) const;
  std::uint64_t expected_node(unsigned chase) const;

  ChaseOptions options_;
  bool on_cpu_;
  std::vector<std::uint32_t> order_;  ///< nodes in the order of visiting
  std::uint32_t trips_ = 1;           ///< of 64 loads in one run
  std::uint64_t done_ = 0;            ///< of each chase since preparation
  Buffer* cells_ = nullptr;
  Buffer* positions_ = nullptr;
  LoadedKernel* kernel_ = nullptr;
  Range range_;
  schema::Facts details_;
};

/// Lines of a cycle through `bytes`: one less where that is even, so that a run of 2^n loads never
/// ends where it began and one that is left out is noticed.
std::int64_t odd_lines(std::int64_t bytes, std::int64_t line_bytes);

/// Lines visited in uniformly random cyclic order, as Sattolo's algorithm links them; drawn as an
/// order of visiting, so that the place after any count of loads is known without walking.
std::vector<std::uint32_t> random_cycle(std::uint32_t nodes, std::uint64_t seed);

/// Follows `chases` pointers, `loads` times each (a multiple of 64). positions[8 * c] is chase c.
void follow_pointers(const void** positions, unsigned chases, std::uint64_t loads);

}  // namespace motley::microbench
