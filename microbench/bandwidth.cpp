// How many bytes per second move between a processor and its memory, at every size from inside the
// first cache to main memory? Bytes are counted as STREAM does: explicit loads and stores, without
// the lines that a cached store fetches first. Each thread (or compute unit) walks a share of its
// own, several times within one run where the set is small.
#include <fmt/format.h>

#include "microbench/bandwidth_walk.hpp"
#include "microbench/working_sets.hpp"

namespace motley::microbench {
namespace {

constexpr BandwidthQuestion questions[] = {
    {"read", StreamOperation::read, "XOR of b", 1, 0, 0},
    {"write", StreamOperation::write, "a = sequence", 0, 1, 0},
    {"copy", StreamOperation::copy, "a = b", 1, 1, 0},
    {"scale", StreamOperation::scale, "a = s * b", 1, 1, 1},
    {"add", StreamOperation::add, "a = b + c", 2, 1, 1},
    {"triad", StreamOperation::triad, "a = b + s * c", 2, 1, 2},
};

std::vector<schema::Value> implementations(const BandwidthQuestion& question, Processor& processor,
                                           Tier tier) {
  if (processor.members() > 0) {
    // The plain loop is a comparison, not an answer.
    if (tier == Tier::full && question.arrays() > 1) return {"simd", "stream_loop"};
    return {"simd"};
  }
  const bool chunked_first = processor.kind() == ProcessorKind::cpu;
  if (tier == Tier::full) return {"opencl/chunked", "opencl/strided"};
  return {chunked_first ? "opencl/chunked" : "opencl/strided"};
}

/// On a CPU device only explicit vectors of all lanes use the whole registers; GPUs differ.
std::vector<schema::Value> widths(Processor& processor, Tier tier) {
  using Values = std::vector<schema::Value>;
  if (processor.members() > 0) return {"widest"};
  const bool is_cpu = processor.kind() == ProcessorKind::cpu;
  if (tier == Tier::full) {
    return is_cpu ? Values{16, 8, 4, 2, 1} : Values{4, 1, 2, 8, 16};
  }
  return is_cpu ? Values{16} : Values{4, 1, 2};
}

/// read, write and triad give a curve each; the others show in standard runs only what differs.
std::vector<schema::Value> sizes(const BandwidthQuestion& question, Processor& processor,
                                 Tier tier) {
  const bool curve = question.arrays() != 2 && question.operation != StreamOperation::add;
  if (tier == Tier::full || curve) return working_sets(processor, tier);
  const std::int64_t largest = largest_working_set_bytes(processor, tier);
  if (question.operation != StreamOperation::copy) return {largest};
  return {smallest_working_set_bytes, std::int64_t{1} << 20, largest};
}

/// Around the caches makes sense beyond them; full runs show what it costs inside. Of the four that
/// read and write, copy and triad show it in standard runs.
bool is_kept(const BandwidthQuestion& question, const schema::Parameters& parameters, Tier tier) {
  const auto store = parameters.find("store");
  const auto bytes = parameters.find("bytes");
  if (tier == Tier::full || store == parameters.end() || bytes == parameters.end()) return true;
  const auto* size = std::get_if<std::int64_t>(&bytes->second);
  if (schema::to_string(store->second) == "cached") return true;
  if (question.operation == StreamOperation::scale || question.operation == StreamOperation::add) {
    return false;
  }
  return !size || *size >= 64 << 20;
}

Case make_case(const BandwidthQuestion& question) {
  Case result;
  result.name = std::string("bandwidth/") + question.name;
  result.summary = fmt::format(
      "Bytes per second of {} over floats, counted as STREAM does: {} read, "
      "{} written an element",
      question.formula, 4 * question.reads, 4 * question.writes);
  result.metric = schema::Metric::bytes_per_second;
  result.axes.push_back(
      {"bytes", "Working set: all arrays of the case together, shared out among the threads",
       [question](Processor& processor, Tier tier) { return sizes(question, processor, tier); },
       false});
  if (question.writes > 0) {
    result.axes.push_back(
        axis("store", "Stores through the caches or around them", {"cached", "non_temporal"}));
  }
  result.axes.push_back({"implementation",
                         "simd: widest vectors, several in flight; stream_loop: one vector a step; "
                         "opencl/chunked: a part for each work-item; opencl/strided: interleaved",
                         [question](Processor& processor, Tier tier) {
                           return implementations(question, processor, tier);
                         },
                         false});
  result.axes.push_back({"width", "Elements of an OpenCL vector", widths, true});
  result.keep = [question](const schema::Parameters& parameters, Tier tier) {
    return is_kept(question, parameters, tier);
  };
  result.prepare = [question](Workbench& bench) {
    const bool non_temporal = question.writes > 0 && bench.text("store") == "non_temporal";
    return bench.keep(std::make_unique<BandwidthWalk>(bench, question, non_temporal))->trial();
  };
  return result;
}

const Registration registration([] {
  std::vector<Case> all;
  for (const BandwidthQuestion& question : questions) all.push_back(make_case(question));
  return all;
});

}  // namespace
}  // namespace motley::microbench
