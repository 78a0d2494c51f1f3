#include "microbench/bandwidth_walk.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string_view>

#include "harness/error.hpp"
#include "microbench/random_content.hpp"
#include "microbench/run_length.hpp"
#include "microbench/working_sets.hpp"

namespace motley::embedded {
extern const std::string_view bandwidth_cl, fold_cl;
}

namespace motley::microbench {
namespace {

/// 1 where any word is another one.
template <class Expected>
double differs(std::span<const std::uint32_t> found, Expected expected) {
  std::uint32_t difference = 0;
  for (std::uint32_t i = 0; i < found.size(); ++i) difference |= found[i] ^ expected(i);
  return difference == 0 ? 0 : 1;
}

/// Worst relative distance; not a number if any element is none.
template <class Expected>
double worst_of(std::span<const std::uint32_t> found, Expected expected) {
  double worst = 0, sum = 0;
  for (std::uint32_t i = 0; i < found.size(); ++i) {
    const double wanted = expected(i);
    const double distance = std::abs(double{std::bit_cast<float>(found[i])} - wanted) / wanted;
    worst = distance > worst ? distance : worst;
    sum += distance;  // keeps what is not a number, which a comparison would pass over
  }
  return std::isnan(sum) ? sum : worst;
}

}  // namespace

BandwidthWalk::BandwidthWalk(Workbench& bench, const BandwidthQuestion& question, bool non_temporal)
    : question_(question),
      count_(bench.integer("bytes") / question.arrays() / std::int64_t{sizeof(float)}),
      key_b_(content_key(bench, 1)),
      key_c_(content_key(bench, 2)) {
  if (count_ < 1 || count_ > std::int64_t{1} << 31) {
    throw Unsupported(
        fmt::format("bytes={} is {} elements an array (1 to 2^31 can be walked). "
                    "Set bytes between.",
                    bench.integer("bytes"), count_));
  }
  const std::int64_t more = question.writes > 0 ? odd_pass_offset : 0;
  if (question.reads > 0) b_ = &random_array(bench, count_ + more, key_b_);
  if (question.reads > 1) c_ = &random_array(bench, count_, key_c_);
  if (question.writes > 0) a_ = &bench.allocate(static_cast<std::size_t>(count_) * sizeof(float));
  load(bench, non_temporal);
  passes_ = repeats_for(bench, [&](std::uint32_t passes) { run(bench.queue(), passes); });
  details_["passes"] = std::int64_t{passes_};
  details_["elements"] = count_;
}

Kernel BandwidthWalk::cpu_kernel(const std::string& implementation, StoreKind store) const {
  const StreamOperation operation = question_.operation;
  const bool plain = implementation == "stream_loop";
  const auto share = [=](const CpuTask& task) {
    const auto [begin, end] = task.share(task.value<std::uint32_t>(4), 16);
    const Stretch stretch{task.buffer<float>(0) + begin,
                          task.buffer<float>(1) + begin,
                          task.buffer<float>(2) + begin,
                          begin,
                          end - begin,
                          task.value<std::uint32_t>(5),
                          task.value<std::uint32_t>(6)};
    if (plain) {
      run_stream_loop(operation, store, stretch);
    } else {
      task.buffer<std::uint32_t>(3)[16 * task.member] = run_simd_loop(operation, store, stretch);
    }
  };
  return {std::string("bandwidth_") + question_.name, share, {}, 0};
}

void BandwidthWalk::load(Workbench& bench, bool non_temporal) {
  const std::string implementation = bench.text("implementation");
  if (bench.processor().members() == 0) {
    load_opencl(bench, non_temporal);
    return;
  }
  if (implementation != "simd" && implementation != "stream_loop") {
    throw Unsupported("implementation=" + implementation + " is not for a CPU. Try simd.");
  }
  results_ = &bench.allocate(64 * bench.processor().members());
  kernel_ = &bench.load(
      cpu_kernel(implementation, non_temporal ? StoreKind::non_temporal : StoreKind::cached));
  details_["simd_target"] = std::string(simd_target());
}

void BandwidthWalk::load_opencl(Workbench& bench, bool non_temporal) {
  const std::int64_t width = bench.integer("width");
  const bool strided = bench.text("implementation") == "opencl/strided";
  const std::string suffix = width == 1 ? "" : std::to_string(width);
  std::string options =
      fmt::format("-DWIDTH={} -DFLOATS=float{} -DUINTS=uint{}", width, suffix, suffix);
  if (strided) options += " -DSTRIDED";
  if (non_temporal) options += " -DNON_TEMPORAL";
  const Kernel kernel{std::string("bandwidth_") + question_.name,
                      nullptr,
                      {std::string(embedded::fold_cl).append(embedded::bandwidth_cl),
                       std::string("bandwidth_") + question_.name, options},
                      0};
  try {
    kernel_ = &bench.load(kernel);
  } catch (const DeviceError& error) {
    if (!non_temporal || error.log().empty()) throw;
    throw Unsupported(
        "the OpenCL compiler does not build __builtin_nontemporal_store (the only "
        "way to ask for it). Measure store=cached.\n" +
        error.log());
  }
  // Strided: 8 groups a compute unit run at once, so that every pass walks the whole set. Chunked:
  // one group a unit, as more would each stay with a small part in the first cache; but several of
  // 8 MiB each for large sets: two groups were often seen to run on one of two threads.
  const std::size_t units = parallel_units(bench.processor());
  const std::size_t group = strided ? std::min<std::size_t>(128, kernel_->maximum_work_group()) : 1;
  const auto set_bytes = static_cast<std::size_t>(bench.integer("bytes"));
  const std::size_t pieces = std::clamp<std::size_t>(set_bytes / units >> 23, 1, 16);
  const std::size_t items = strided ? 8 * units * group : units * pieces;
  range_ = range(items, group);
  if (strided) result_step_ = 1;
  results_ = &bench.allocate(items * result_step_ * sizeof(std::uint32_t));
  details_["work_items"] = static_cast<std::int64_t>(items);
  details_["build_options"] = options;
}

schema::Work BandwidthWalk::work() const {
  const double elements = static_cast<double>(count_) * passes_;
  schema::Work work;
  work.flops = question_.flops * elements;
  work.bytes_read = question_.reads * elements * sizeof(float);
  work.bytes_written = question_.writes * elements * sizeof(float);
  return work;
}

void BandwidthWalk::run(Queue& queue, std::uint32_t passes) {
  // Arrays that the loop does not use are given as any that exists.
  Buffer* any = b_ ? b_ : a_;
  last_passes_ = passes;
  pattern_ += 0x10001u;
  queue.launch(*kernel_, range_,
               {a_ ? a_ : any, b_ ? b_ : any, c_ ? c_ : any, results_,
                scalar(static_cast<std::uint32_t>(count_)), scalar(passes), scalar(pattern_)});
}

void BandwidthWalk::reset(Queue& queue) {
  if (a_) queue.fill(*a_, 0xFFFFFFFFu);
  queue.fill(*results_, 0xFFFFFFFFu);
}

/// Worst distance of a piece of the result from what the last pass must have left. One loop an
/// operation, without a branch in it: hundreds of MiB are compared twice a visit.
double BandwidthWalk::piece_error(std::uint32_t begin, std::span<const std::uint32_t> found) const {
  const std::uint32_t pass = last_passes_ - 1;
  const std::uint32_t from = begin + static_cast<std::uint32_t>(offset_of(pass));
  const double factor = factor_of(pass);
  const auto b = [&](std::uint32_t i) { return double{random_float(key_b_, from + i)}; };
  const auto c = [&](std::uint32_t i) { return double{random_float(key_c_, begin + i)}; };
  switch (question_.operation) {
    case StreamOperation::write:
      return differs(found,
                     [&](std::uint32_t i) { return written_word(pattern_, pass, begin + i); });
    case StreamOperation::scale:
      return worst_of(found, [&](std::uint32_t i) { return factor * b(i); });
    case StreamOperation::add:
      return worst_of(found, [&](std::uint32_t i) { return b(i) + c(i); });
    case StreamOperation::triad:
      return worst_of(found, [&](std::uint32_t i) { return b(i) + factor * c(i); });
    case StreamOperation::copy:
    case StreamOperation::read:
      break;
  }
  return differs(found, [&](std::uint32_t i) { return random_float_bits(key_b_, from + i); });
}

double BandwidthWalk::word_error(Queue& queue) const {
  std::uint32_t expected = 0;
  for (std::uint32_t i = 0; i < count_; ++i) expected ^= random_float_bits(key_b_, i);
  expected = folded(expected, last_passes_);
  const auto results = download<std::uint32_t>(queue, *results_);
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < results.size(); i += result_step_) found ^= results[i];
  return found == expected ? 0 : 1;
}

double BandwidthWalk::error(Queue& queue) const {
  if (question_.operation == StreamOperation::read) return word_error(queue);
  constexpr std::int64_t piece = 1 << 18;  // fits into a second-level cache
  std::vector<std::uint32_t> values(static_cast<std::size_t>(std::min(count_, piece)));
  double worst = 0;
  for (std::int64_t begin = 0; begin < count_; begin += piece) {
    const std::int64_t length = std::min(piece, count_ - begin);
    queue.read(*a_, values.data(), static_cast<std::size_t>(length) * 4,
               static_cast<std::size_t>(begin) * 4);
    queue.finish();
    const double error = piece_error(static_cast<std::uint32_t>(begin),
                                     std::span(values).first(static_cast<std::size_t>(length)));
    if (std::isnan(error)) return error;
    worst = std::max(worst, error);
  }
  return worst;
}

Trial BandwidthWalk::trial() {
  Trial trial;
  trial.work = work();
  trial.run = [this](Queue& queue) { run(queue, passes_); };
  trial.run_multiple = [this](Queue& queue, unsigned multiple) { run(queue, passes_ * multiple); };
  trial.reset = [this](Queue& queue) { reset(queue); };
  trial.error = [this](Queue& queue) { return error(queue); };
  // Two roundings of positive floats at most, 2^-24 each (a device may or may not fuse the triad);
  // what is only moved has to be equal.
  trial.tolerance = question_.flops > 0 ? 1.2e-7 : 0;
  trial.details = details_;
  return trial;
}

}  // namespace motley::microbench
