// How many atomic operations per second complete, all on one word or each thread on a line of its
// own, in global memory and in OpenCL's local memory? The totals are exact, so every lost or
// skipped operation is seen.
#include <algorithm>
#include <atomic>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "microbench/run_length.hpp"
#include "microbench/working_sets.hpp"

namespace motley::microbench {
namespace {

struct AtomicQuestion {
  const char* name;
  const char* summary;
  bool compares;  ///< adds by compare-exchange until it succeeds, else by one fetch-and-add
  bool local;     ///< OpenCL's local memory, else global
};

constexpr AtomicQuestion questions[] = {
    {"global_add", "Atomic additions to global memory", false, false},
    {"global_compare_exchange", "Additions to global memory by compare-exchange, tried until done",
     true, false},
    {"local_add", "Atomic additions to OpenCL local memory", false, true},
    {"local_compare_exchange",
     "Additions to OpenCL local memory by compare-exchange, tried until done", true, true},
};

/// Words between the slots of two threads: two lines, as some processors fetch lines in pairs.
constexpr std::uint32_t slot_words = 32;

// Slots of `totals` are SLOT_WORDS apart, one for each item. CONTENDED: all items use the first
// slot of their scope (the launch, or the group for local words). Local words start from zero in
// every launch; one item a group adds them to `totals`.
constexpr const char* source = R"(
// A compare-exchange begins with what this thread left: a plain read would race with the others.
void increment(volatile SPACE uint* word, uint times) {
  uint seen = 0;
  for (uint i = 0; i < times; ++i) {
#ifdef COMPARES
    uint found;
    while ((found = atomic_cmpxchg(word, seen, seen + 1)) != seen) seen = found;
    ++seen;
#else
    atomic_inc(word);
#endif
  }
}

#ifdef LOCAL
__kernel void atomics(__global uint* totals, uint rounds, __local uint* words) {
  const uint me = get_local_id(0), size = get_local_size(0);
  words[me] = 0;
  barrier(CLK_LOCAL_MEM_FENCE);
  increment(words + (CONTENDED ? 0 : me), rounds);
  barrier(CLK_LOCAL_MEM_FENCE);
  if (me == 0) {
    for (uint i = 0; i < size; ++i) {
      totals[(get_group_id(0) * size + i) * SLOT_WORDS] += words[i];
    }
  }
}
#else
__kernel void atomics(__global uint* totals, uint rounds) {
  volatile __global uint* word = totals + (CONTENDED ? 0 : get_global_id(0) * SLOT_WORDS);
  increment(word, rounds);
}
#endif
)";

void increment(std::atomic_ref<std::uint32_t> word, bool compares, std::uint32_t times) {
  std::uint32_t seen = 0;
  for (std::uint32_t i = 0; i < times; ++i) {
    if (compares) {
      while (!word.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) continue;
      ++seen;
    } else {
      word.fetch_add(1, std::memory_order_relaxed);
    }
  }
}

/// A prepared trial: the words, the kernel and what the words must hold after all runs so far.
class AtomicTrial {
 public:
  AtomicTrial(Workbench& bench, const AtomicQuestion& question);
  Trial trial();

 private:
  void shape(Workbench& bench);
  Kernel cpu_kernel() const;
  Kernel opencl_kernel() const;
  void run(Queue& queue, std::uint32_t rounds);
  std::uint64_t expected(std::size_t slot) const;
  double error(Queue& queue) const;

  AtomicQuestion question_;
  bool contended_, on_cpu_;
  std::uint32_t items_ = 0, group_ = 1, rounds_ = 1;
  std::uint64_t done_ = 0;  ///< rounds of each item since preparation
  Buffer* totals_ = nullptr;
  LoadedKernel* kernel_ = nullptr;
};

AtomicTrial::AtomicTrial(Workbench& bench, const AtomicQuestion& question)
    : question_(question),
      contended_(bench.text("words") == "one"),
      on_cpu_(bench.processor().members() > 0) {
  if (on_cpu_ && question.local) {
    throw Unsupported("a CPU has no local memory. Measure atomics/global_add.");
  }
  kernel_ = &bench.load(on_cpu_ ? cpu_kernel() : opencl_kernel());
  shape(bench);
  totals_ = &bench.allocate(std::size_t{items_} * slot_words * sizeof(std::uint32_t));
  bench.queue().fill(*totals_, 0);
  bench.queue().finish();
  rounds_ = repeats_for(bench, [&](std::uint32_t rounds) { run(bench.queue(), rounds); });
}

/// As many items as run at once. A CPU device runs the items of a group one after the other.
void AtomicTrial::shape(Workbench& bench) {
  const unsigned units = parallel_units(bench.processor());
  if (bench.processor().kind() == ProcessorKind::cpu) {
    group_ = question_.local ? 16 : 1;
    items_ = units * group_;
  } else {
    group_ = static_cast<std::uint32_t>(std::min<std::size_t>(64, kernel_->maximum_work_group()));
    items_ = 8 * units * group_;
  }
}

Kernel AtomicTrial::cpu_kernel() const {
  const auto form = [contended = contended_, compares = question_.compares](const CpuTask& task) {
    std::uint32_t* word =
        task.buffer<std::uint32_t>(0) + (contended ? 0 : slot_words * task.member);
    increment(std::atomic_ref<std::uint32_t>(*word), compares, task.value<std::uint32_t>(1));
  };
  return {"atomics", form, {}, 0};
}

Kernel AtomicTrial::opencl_kernel() const {
  const std::string options =
      fmt::format("-DSPACE={} -DCONTENDED={} -DSLOT_WORDS={}{}{}",
                  question_.local ? "__local" : "__global", contended_ ? 1 : 0, slot_words,
                  question_.local ? " -DLOCAL" : "", question_.compares ? " -DCOMPARES" : "");
  return {"atomics", nullptr, {source, "atomics", options}, 0};
}

void AtomicTrial::run(Queue& queue, std::uint32_t rounds) {
  done_ += rounds;
  const Range items = range(items_, group_);
  if (question_.local) {
    queue.launch(*kernel_, items,
                 {totals_, scalar(rounds), LocalMemory{group_ * sizeof(std::uint32_t)}});
  } else {
    queue.launch(*kernel_, items, {totals_, scalar(rounds)});
  }
}

std::uint64_t AtomicTrial::expected(std::size_t slot) const {
  if (!contended_) return done_;
  const std::uint32_t sharing = question_.local ? group_ : items_;
  return slot % sharing == 0 ? done_ * sharing : 0;
}

double AtomicTrial::error(Queue& queue) const {
  const auto totals = download<std::uint32_t>(queue, *totals_);
  double wrong = 0;
  for (std::size_t slot = 0; slot < items_; ++slot) {
    // Counters wrap at 2^32 on every processor alike.
    wrong += totals[slot * slot_words] != static_cast<std::uint32_t>(expected(slot));
  }
  return wrong;
}

Trial AtomicTrial::trial() {
  Trial trial;
  trial.work.operations = static_cast<double>(rounds_) * items_;
  trial.run = [this](Queue& queue) { run(queue, rounds_); };
  trial.run_multiple = [this](Queue& queue, unsigned multiple) { run(queue, rounds_ * multiple); };
  trial.error = [this](Queue& queue) { return error(queue); };
  trial.tolerance = 0;  // words with a wrong total
  trial.details["items"] = std::int64_t{items_};
  trial.details["work_group"] = std::int64_t{group_};
  return trial;
}

Case atomics_case(const AtomicQuestion& question) {
  Case result;
  result.name = std::string("atomics/") + question.name;
  result.summary = question.summary;
  result.metric = schema::Metric::operations_per_second;
  result.axes = {axis(
      "words", "one: all threads use the same word; own: each has a word to itself, lines apart",
      {"one", "own"})};
  if (question.local) {
    result.unsupported = [](Processor& processor) -> std::string {
      return processor.members() > 0 ? "a CPU has no local memory: see atomics/global_add" : "";
    };
  }
  result.prepare = [question](Workbench& bench) {
    return bench.keep(std::make_unique<AtomicTrial>(bench, question))->trial();
  };
  return result;
}

const Registration registration([] {
  std::vector<Case> all;
  for (const AtomicQuestion& question : questions) all.push_back(atomics_case(question));
  return all;
});

}  // namespace
}  // namespace motley::microbench
