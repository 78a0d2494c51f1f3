#include "microbench/latency_chase.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "harness/error.hpp"
#include "harness/random.hpp"
#include "microbench/run_length.hpp"

namespace motley::microbench {
namespace {

/// OpenCL local memory has no lines: a node is a word.
constexpr std::int64_t word_bytes = 4;
constexpr std::size_t local_group = 64;
constexpr std::size_t huge_page_bytes = 2 << 20;

/// Loads of all chases between two looks at the loop's end.
constexpr std::uint64_t loads_a_trip = 64;

void place_pointers(std::byte* cells, const std::vector<std::uint32_t>& order,
                    std::int64_t line_bytes) {
  const auto line = [&](std::size_t visit) { return cells + order[visit] * line_bytes; };
  for (std::size_t visit = 0; visit < order.size(); ++visit) {
    const std::size_t next = visit + 1 < order.size() ? visit + 1 : 0;
    *reinterpret_cast<const void**>(line(visit)) = line(next);
  }
}

constexpr const char* place_source = R"(
__kernel void place(__global uint* cells, __global const uint* order, uint nodes, uint words) {
  const uint visit = get_global_id(0);
  if (visit < nodes) {
    cells[order[visit] * words] = order[visit + 1 < nodes ? visit + 1 : 0] * words;
  }
}
)";

}  // namespace

std::int64_t odd_lines(std::int64_t bytes, std::int64_t line_bytes) {
  const std::int64_t lines = bytes / line_bytes;
  return lines > 0 && lines % 2 == 0 ? lines - 1 : lines;
}

std::vector<std::uint32_t> random_cycle(std::uint32_t nodes, std::uint64_t seed) {
  std::vector<std::uint32_t> order(nodes);
  std::iota(order.begin(), order.end(), 0u);
  for (std::uint32_t last = nodes; last > 1; --last) {
    const std::uint64_t draw = random_bits(seed, 0, last) >> 32;
    std::swap(order[last - 1], order[draw * last >> 32]);
  }
  return order;
}

Chase::Chase(Workbench& bench, ChaseOptions options)
    : options_(std::move(options)), on_cpu_(bench.processor().members() > 0) {
  if (options_.space == ChaseSpace::local) options_.line_bytes = word_bytes;
  const std::int64_t nodes = odd_lines(options_.bytes, options_.line_bytes);
  if (nodes < 1 || options_.bytes / word_bytes > std::int64_t{1} << 32) {
    throw Unsupported(
        fmt::format("{} bytes hold {} lines of {} bytes (a cycle needs 1, and 16 GiB is the "
                    "most). Set bytes between.",
                    options_.bytes, nodes, options_.line_bytes));
  }
  if (options_.chases < 1 || loads_a_trip % options_.chases != 0) {
    throw Unsupported(fmt::format(
        "chases={} does not divide the {} loads of the unrolled loop. Use 1, 2, 4 ... 32.",
        options_.chases, loads_a_trip));
  }
  order_ = random_cycle(static_cast<std::uint32_t>(nodes), bench.seed());
  if (on_cpu_) {
    prepare_cpu(bench);
  } else {
    prepare_opencl(bench);
  }
  trips_ = repeats_for(bench, [&](std::uint32_t trips) { run(bench.queue(), trips); });
}

Buffer& Chase::allocate_cells(Workbench& bench) const {
  const auto bytes = static_cast<std::size_t>(options_.bytes);
  BufferOptions cells;
  cells.untouched = true;  // the thread that will chase touches them first
  if (options_.huge_pages == HugePages::none) return bench.allocate(bytes, cells);
  cells.huge_pages = true;
  try {
    // Whole huge pages, or a small set would lie on base pages whatever is asked for.
    return bench.allocate((bytes + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes, cells);
  } catch (const Unsupported&) {
    if (options_.huge_pages == HugePages::required) throw;
  }
  cells.huge_pages = false;
  return bench.allocate(bytes, cells);
}

/// After the pages were touched: asking for huge ones promises nothing.
void Chase::confirm_huge_pages() {
  if (options_.huge_pages == HugePages::none) return;
  const double share = cells_->huge_share();
  details_["huge_share"] = share;
  if (options_.huge_pages == HugePages::required && share < 0.9) {
    throw Unsupported(
        fmt::format("the system put {:.0f} % of the set into huge pages (90 % are needed for an "
                    "answer). Free memory or measure pages=4k.",
                    100 * share));
  }
}

void Chase::prepare_cpu(Workbench& bench) {
  cells_ = &allocate_cells(bench);
  // Behind the positions: the address of the first line.
  positions_ = &bench.allocate(64 * (options_.chases + 1));
  const Kernel place{"chase_place",
                     [this](const CpuTask& task) {
                       auto* lines = task.buffer<std::byte>(0);
                       auto* positions = task.buffer<const void*>(1);
                       place_pointers(lines, order_, options_.line_bytes);
                       for (unsigned c = 0; c < options_.chases; ++c) {
                         const std::size_t visit = order_.size() * c / options_.chases;
                         positions[8 * c] = lines + order_[visit] * options_.line_bytes;
                       }
                       positions[8 * options_.chases] = lines;
                     },
                     {},
                     1};
  bench.queue().launch(bench.load(place), {}, {cells_, positions_});
  bench.queue().finish();
  confirm_huge_pages();
  const auto chase = [this](const CpuTask& task) {
    const auto follow = [&] {
      follow_pointers(task.buffer<const void*>(1), options_.chases, task.value<std::uint64_t>(2));
    };
    if (options_.company) {
      options_.company(task, follow);
    } else {
      follow();
    }
  };
  kernel_ = &bench.load({"chase", chase, {}, options_.company ? 0u : 1u});
}

void Chase::place_on_opencl(Workbench& bench) {
  cells_ = &bench.allocate(static_cast<std::size_t>(options_.bytes));
  Buffer& order = bench.upload(std::span<const std::uint32_t>(order_));
  const auto nodes = static_cast<std::uint32_t>(order_.size());
  const auto words = static_cast<std::uint32_t>(options_.line_bytes / word_bytes);
  LoadedKernel& place = bench.load({"chase_place", nullptr, {place_source, "place", ""}, 0});
  const std::size_t group = std::min<std::size_t>(64, place.maximum_work_group());
  bench.queue().launch(place, range((nodes + group - 1) / group * group, group),
                       {cells_, &order, scalar(nodes), scalar(words)});
  std::vector<std::uint32_t> positions(16 * options_.chases);
  for (unsigned c = 0; c < options_.chases; ++c) {
    positions[16 * c] = order_[std::size_t{nodes} * c / options_.chases] * words;
  }
  positions_ = &bench.upload(std::span<const std::uint32_t>(positions));
}

std::string Chase::opencl_source() const {
  const bool local = options_.space == ChaseSpace::local;
  const char* space = options_.space == ChaseSpace::constant ? "__constant" : "__global const";
  std::string text = fmt::format(
      "__kernel void chase({} uint* cells, __global uint* positions, uint "
      "trips{}) {{\n",
      space, local ? ", __local uint* copy, uint nodes" : "");
  if (local) {
    text +=
        R"(  for (uint i = get_local_id(0); i < nodes; i += get_local_size(0)) copy[i] = cells[i];
  barrier(CLK_LOCAL_MEM_FENCE);
  if (get_local_id(0) != 0) return;
)";
  }
  const char* from = local ? "copy" : "cells";
  for (unsigned c = 0; c < options_.chases; ++c) {
    text += fmt::format("  uint p{0} = positions[{1}];\n", c, 16 * c);
  }
  text += "  for (; trips > 0; --trips) {\n";
  for (unsigned load = 0; load < loads_a_trip; ++load) {
    text += fmt::format("    p{0} = {1}[p{0}];\n", load % options_.chases, from);
  }
  text += "  }\n";
  for (unsigned c = 0; c < options_.chases; ++c) {
    text += fmt::format("  positions[{1}] = p{0};\n", c, 16 * c);
  }
  return text + "}\n";
}

void Chase::prepare_opencl(Workbench& bench) {
  place_on_opencl(bench);
  kernel_ = &bench.load({"chase", nullptr, {opencl_source(), "chase", ""}, 0});
  const bool local = options_.space == ChaseSpace::local;
  const std::size_t group = local ? std::min(local_group, kernel_->maximum_work_group()) : 1;
  range_ = range(group, group);
}

void Chase::run(Queue& queue, std::uint32_t trips) {
  const std::uint64_t loads = trips * loads_a_trip / options_.chases;
  done_ += loads;
  if (on_cpu_) {
    Buffer* array = options_.company_array ? options_.company_array : cells_;
    queue.launch(*kernel_, range_, {cells_, positions_, scalar(loads), array});
    return;
  }
  const Argument count = scalar(trips);
  if (options_.space == ChaseSpace::local) {
    queue.launch(*kernel_, range_,
                 {cells_, positions_, count, LocalMemory{order_.size() * word_bytes},
                  scalar(static_cast<std::uint32_t>(order_.size()))});
  } else {
    queue.launch(*kernel_, range_, {cells_, positions_, count});
  }
}

std::uint64_t Chase::expected_node(unsigned chase) const {
  const std::size_t nodes = order_.size();
  return order_[(nodes * chase / options_.chases + done_) % nodes];
}

double Chase::error(Queue& queue) const {
  const auto positions = download<std::uint64_t>(queue, *positions_);
  double wrong = 0;
  for (unsigned c = 0; c < options_.chases; ++c) {
    // OpenCL: the low word is the index of a word; CPU: an address.
    const std::uint64_t offset = on_cpu_ ? positions[8 * c] - positions[8 * options_.chases]
                                         : (positions[8 * c] & 0xFFFFFFFFu) * word_bytes;
    wrong += offset != expected_node(c) * static_cast<std::uint64_t>(options_.line_bytes);
  }
  return wrong;
}

Trial Chase::trial() {
  Trial trial;
  trial.work.operations = static_cast<double>(trips_ * loads_a_trip);
  trial.work.bytes_read = trial.work.operations * (on_cpu_ ? sizeof(void*) : word_bytes);
  trial.run = [this](Queue& queue) { run(queue, trips_); };
  trial.run_multiple = [this](Queue& queue, unsigned multiple) { run(queue, trips_ * multiple); };
  trial.error = [this](Queue& queue) { return error(queue); };
  trial.tolerance = 0;  // chases that ended elsewhere than the cycle says
  trial.details = details_;
  trial.details["lines"] = static_cast<std::int64_t>(order_.size());
  return trial;
}

}  // namespace motley::microbench
