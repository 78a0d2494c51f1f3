// How long do map and unmap take alone, and with the host touching what was mapped? Where both
// sides share memory the calls move nothing: such rows say zero_copy and count no bytes.
#include "harness/error.hpp"
#include "microbench/opencl_transfer.hpp"

namespace motley::microbench {
namespace {

enum class Part { map, unmap, all };

struct Question {
  Part part;
  const char* name;
  const char* summary;
};

constexpr Question questions[] = {
    {Part::map, "transfer/map", "Seconds to map a buffer; data untouched while timed"},
    {Part::unmap, "transfer/unmap", "Seconds to unmap a buffer; data untouched while timed"},
    {Part::all, "transfer/map_touch",
     "Seconds to map a buffer, read or write all of it on the host, and unmap it"},
};

/// One load of every word; four sums, as a single one would wait for its own additions.
std::uint64_t checksum(std::span<const std::byte> data) {
  std::uint64_t sums[4] = {};
  std::size_t i = 0;
  for (; i + 32 <= data.size(); i += 32) {
    std::uint64_t words[4];
    std::memcpy(words, data.data() + i, sizeof(words));
    for (int k = 0; k < 4; ++k) sums[k] += words[k];
  }
  for (; i + 4 <= data.size(); i += 4) {
    std::uint32_t word;
    std::memcpy(&word, data.data() + i, sizeof(word));
    sums[0] += word;
  }
  return sums[0] + sums[1] + sums[2] + sums[3];
}

class MapTrial {
 public:
  MapTrial(Workbench& bench, Part part)
      : part_(part),
        writes_(bench.text("access") == "write"),
        waits_(part == Part::unmap || bench.text("blocking") == "yes"),
        used_(bench.text("allocation") == "use_host_ptr"),
        bytes_(transfer_bytes(bench)),
        expected_(bytes_, 4096),
        found_(bytes_, 4096),
        calls_(bench.processor()),
        buffer_(calls_, bytes_, bench.text("allocation"),
                static_cast<std::size_t>(bench.integer("alignment"))) {
    fill_random(expected_, bench.seed(), 0);
    zero_copy_ = moves_nothing();
  }

  Trial trial() {
    Trial trial;
    trial.work.operations = 1;
    if (part_ == Part::all || (!zero_copy_ && writes_ == (part_ == Part::unmap))) {
      (writes_ ? trial.work.bytes_written : trial.work.bytes_read) = double(bytes_);
    }
    trial.details["zero_copy"] = zero_copy_;
    trial.time = [this](Queue&, Stopwatch& watch) { time(watch); };
    trial.reset = [this](Queue&) { reset(); };
    trial.error = [this](Queue&) { return error(); };
    return trial;
  }

 private:
  std::byte* map() {
    cl_int status = CL_SUCCESS;
    void* address =
        calls_.api().clEnqueueMapBuffer(calls_.queue(), buffer_.memory.get(), waits_,
                                        writes_ ? CL_MAP_WRITE_INVALIDATE_REGION : CL_MAP_READ, 0,
                                        bytes_, 0, nullptr, nullptr, &status);
    opencl::check(status, "clEnqueueMapBuffer");
    if (!waits_) calls_.finish();
    return static_cast<std::byte*>(address);
  }
  void unmap(std::byte* address) {
    opencl::check(calls_.api().clEnqueueUnmapMemObject(calls_.queue(), buffer_.memory.get(),
                                                       address, 0, nullptr, nullptr),
                  "clEnqueueUnmapMemObject");
    calls_.finish();
  }

  /// The address alone does not tell: a driver must return the program's own one under
  /// use_host_ptr even if it copies. There we look whether the program sees without a map what the
  /// device wrote; else the device must share its memory and map the same address twice.
  bool moves_nothing() {
    std::byte* const first = map();
    if (writes_) std::memset(first, 0, bytes_);  // it was declared to be written
    unmap(first);
    if (used_) {
      if (first != buffer_.host.data()) return false;
      buffer_.host.fill(nothing);
      calls_.fill(buffer_.memory.get(), bytes_, std::byte{0x5A});
      const auto seen = buffer_.host.span();
      return seen.front() == std::byte{0x5A} && seen.back() == std::byte{0x5A};
    }
    std::byte* const second = map();
    if (writes_) std::memset(second, 0, bytes_);
    unmap(second);
    return first == second &&
           calls_.device().info<cl_bool>(CL_DEVICE_HOST_UNIFIED_MEMORY) != CL_FALSE;
  }

  void time(Stopwatch& watch) {
    if (part_ != Part::unmap) watch.start();
    std::byte* const address = map();
    if (part_ == Part::map) watch.stop();
    if (part_ == Part::all) {
      touch(address);
    } else if (checking_) {
      writes_ ? void(std::memcpy(address, expected_.data(), bytes_))
              : void(std::memcpy(found_.data(), address, bytes_));
    }
    if (part_ == Part::unmap) watch.start();
    unmap(address);
    if (part_ != Part::map) watch.stop();
    checking_ = false;
  }

  void touch(std::byte* address) {
    if (writes_) {
      std::memcpy(address, expected_.data(), bytes_);
    } else {
      sum_ = checksum({address, bytes_});
    }
  }

  void reset() {
    renew(expected_);
    found_.fill(nothing);
    sum_ = ~checksum(expected_.span());
    if (!writes_) calls_.write(buffer_.memory.get(), expected_.span());
    checking_ = true;
  }

  double error() {
    if (!writes_ && part_ == Part::all) return sum_ == checksum(expected_.span()) ? 0 : 1;
    if (writes_) calls_.read(buffer_.memory.get(), found_.span());
    return wrong_bytes(expected_.span(), found_.span());
  }

  Part part_;
  bool writes_;
  cl_bool waits_;
  bool used_;
  std::size_t bytes_;
  HostArray expected_, found_;
  OpenclCalls calls_;
  AllocatedBuffer buffer_;
  bool zero_copy_ = false;
  bool checking_ = false;  ///< the next run moves content, outside the timed part
  std::uint64_t sum_ = 0;
};

Case map_case(const Question& question) {
  Case result;
  result.name = question.name;
  result.summary = question.summary;
  result.metric = schema::Metric::seconds_per_operation;
  // What was written must be moved by unmap, what shall be read by map.
  const char* usual_access = question.part == Part::unmap ? "write" : "read";
  result.axes = {bytes_axis(question.part == Part::all ? Sizes::x16 : Sizes::x64),
                 allocation_axis(), alignment_axis(), access_axis(usual_access)};
  if (question.part != Part::unmap) result.axes.push_back(blocking_axis());
  schema::Parameters defaults = transfer_defaults();
  defaults["access"] = usual_access;
  result.keep = [one_factor = one_factor_at_a_time(defaults)](const schema::Parameters& unset,
                                                              Tier tier) {
    // Only under use_host_ptr is there memory of the program to be aligned.
    const auto alignment = unset.find("alignment"), allocation = unset.find("allocation");
    const bool nothing_to_align =
        allocation != unset.end() && allocation->second != schema::Value("use_host_ptr") &&
        alignment != unset.end() && alignment->second != schema::Value(std::int64_t{4096});
    return !nothing_to_align && one_factor(unset, tier);
  };
  result.unsupported =
      opencl_only("a CPU's buffers are the program's own memory: there is nothing to map");
  result.prepare = [part = question.part](Workbench& bench) {
    return bench.keep(std::make_unique<MapTrial>(bench, part))->trial();
  };
  return result;
}

const Registration registration([] {
  std::vector<Case> all;
  for (const Question& question : questions) all.push_back(map_case(question));
  return all;
});

}  // namespace
}  // namespace motley::microbench
