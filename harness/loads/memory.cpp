// memory: reads and writes more than most caches hold (details say so), at a steady rate, in pieces
// of about a quarter of a millisecond. Bytes are those of explicit loads and stores, as STREAM
// counts: a cached store also reads its line, so that a written byte moves two; one around the
// caches moves one, and waits for nothing: the heaviest traffic that a core makes.
#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/loads/cores.hpp"
#include "harness/loads/kinds.hpp"
#include "harness/loads/loops.hpp"
#include "harness/loads/paced_load.hpp"

namespace motley::loads {
namespace {

constexpr double piece_seconds = 250e-6;
constexpr std::size_t line = 1024, least_piece = std::size_t{16} << 10,
                      most_piece = std::size_t{2} << 20;

/// What one thread reads and writes in a piece; changed while it rests.
struct PieceBytes {
  std::size_t read = 0, written = 0;
  bool non_temporal = false;
};

/// Huge pages where there are some: a load is about the memory, not about page tables.
std::unique_ptr<Buffer> allocate(Processor& processor, std::size_t bytes) {
  BufferOptions options;
  options.untouched = true;  // the load's own thread touches it
  options.huge_pages = true;
  try {
    return processor.allocate(bytes, options);
  } catch (const Unsupported&) {
    options.huge_pages = false;
    return processor.allocate(bytes, options);
  }
}

class MemoryWork final : public Work {
 public:
  MemoryWork(Processor& processor, std::size_t footprint, std::shared_ptr<const PieceBytes> piece)
      : buffer_(allocate(processor, footprint)), piece_(std::move(piece)) {}

  void prepare() override { write_bytes(buffer_->host_address(), buffer_->bytes(), 1); }
  std::array<double, 2> piece() override {
    if (piece_->read > 0) read_bytes(next(piece_->read), piece_->read);
    if (piece_->written > 0) {
      const auto write = piece_->non_temporal ? stream_bytes : write_bytes;
      write(next(piece_->written), piece_->written, ++word_);
    }
    return {static_cast<double>(piece_->read), static_cast<double>(piece_->written)};
  }

 private:
  std::byte* next(std::size_t bytes) {
    if (at_ + bytes > buffer_->bytes()) at_ = 0;
    std::byte* place = static_cast<std::byte*>(buffer_->host_address()) + at_;
    at_ += bytes;
    return place;
  }
  std::unique_ptr<Buffer> buffer_;
  std::shared_ptr<const PieceBytes> piece_;
  std::size_t at_ = 0;
  std::uint32_t word_ = 0;
};

std::size_t whole_lines(double bytes) {
  return static_cast<std::size_t>(bytes) / line * line;
}

/// Pieces and their period for these rates of one thread.
void set_pace(PacedPlan& plan, PieceBytes& piece, double read_rate, double write_rate) {
  const double rate = read_rate + write_rate;
  const double bytes = std::clamp(rate * piece_seconds, static_cast<double>(least_piece),
                                  static_cast<double>(most_piece));
  piece.read = whole_lines(bytes * read_rate / rate);
  piece.written = whole_lines(bytes * write_rate / rate);
  plan.level.period_seconds = static_cast<double>(piece.read + piece.written) / rate;
}

std::size_t footprint_of(const Spec& spec, Processor& core) {
  std::int64_t bytes = spec.integer("footprint");
  if (bytes == 0) {
    bytes = std::clamp(2 * static_cast<std::int64_t>(core.last_level_cache_bytes()),
                       std::int64_t{64} << 20, std::int64_t{1} << 30);
  }
  return static_cast<std::size_t>(bytes) / line * line;
}

void check_fit(const Spec& spec, double bytes, Processor& core) {
  const double available = static_cast<double>(core.available_bytes());
  if (bytes <= 0.9 * available) return;
  throw Error(
      fmt::format("{}: {:.0f} MiB do not fit ({:.0f} MiB of memory are available). Give less.",
                  spec.canonical(), bytes / (1 << 20), available / (1 << 20)));
}

PacedPlan plan_of(const Spec& spec, const Cores& cores, const std::shared_ptr<PieceBytes>& piece) {
  const double threads = static_cast<double>(cores.processors.size());
  piece->non_temporal = spec.text("store") == "non_temporal";
  PacedPlan plan;
  plan.level.load = spec.canonical();
  plan.level.processor = cores.id;
  plan.level.quantities = {"read_bytes_per_second", "write_bytes_per_second"};
  plan.level.details = cores.details;
  plan.try_unpaced = true;
  if (const double share = spec.number("share"); share > 0) {
    if (spec.given("read_gbps") || spec.given("write_gbps")) {
      throw BadArgument("memory: share and a rate both say how much. Give one of them.");
    }
    const bool writes = piece->non_temporal;
    (writes ? piece->written : piece->read) = std::size_t{1} << 20;
    plan.settle = [share, piece, threads, writes](PacedPlan& settled, const auto& unpaced) {
      const char* quantity = writes ? "write_bytes_per_second" : "read_bytes_per_second";
      const double rate = share * unpaced.at(quantity), each = rate / threads;
      if (share < 1) settled.level.asked[quantity] = rate;  // else all there is
      set_pace(settled, *piece, writes ? 0 : each, writes ? each : 0);
      if (share == 1) settled.level.period_seconds = 0;
    };
    return plan;
  }
  const double read = 1e9 * spec.number("read_gbps"), written = 1e9 * spec.number("write_gbps");
  if (read + written <= 0) throw BadArgument("memory: nothing to read or write. Give a rate.");
  if (piece->non_temporal && written <= 0) {
    throw BadArgument("memory: store says how it writes, and it only reads. Give write_gbps.");
  }
  if (read > 0) plan.level.asked["read_bytes_per_second"] = read;
  if (written > 0) plan.level.asked["write_bytes_per_second"] = written;
  set_pace(plan, *piece, read / threads, written / threads);
  return plan;
}

std::unique_ptr<Load> make(const Spec& spec, Machine& machine, Clock& clock,
                           const std::string& victim) {
  Cores cores = choose_cores(spec, machine, victim, spec.integer("threads"));
  const auto piece = std::make_shared<PieceBytes>();
  PacedPlan plan = plan_of(spec, cores, piece);
  Processor& first = *cores.processors.front();
  const std::size_t footprint = footprint_of(spec, first);
  const std::size_t largest =
      spec.number("share") > 0 ? most_piece : std::max(piece->read, piece->written);
  if (footprint < largest) {
    throw BadArgument(
        fmt::format("memory: footprint = {} is less than a piece of its work, {} bytes. Give more.",
                    footprint, largest));
  }
  const double all = static_cast<double>(footprint * cores.processors.size());
  check_fit(spec, all, first);
  plan.level.details["footprint_bytes"] = all;
  plan.level.details["beyond_reported_last_level_cache"] =
      all > static_cast<double>(first.last_level_cache_bytes());
  std::vector<LoadThread> threads;
  for (auto& core : cores.processors) {
    auto work = std::make_unique<MemoryWork>(*core, footprint, piece);
    threads.push_back({std::move(core), std::move(work)});
  }
  return std::make_unique<PacedLoad>(machine, clock, std::move(plan), std::move(threads));
}

}  // namespace

LoadKind memory_load() {
  std::vector<SpecParameter> parameters = core_parameters(0);
  parameters.push_back({"read_gbps", "10^9 bytes read in a second, all threads together", 5.0, 0});
  parameters.push_back({"write_gbps", "10^9 bytes written in a second", 0.0, 0});
  parameters.push_back({"share",
                        "instead of rates: share of what it reads (store=non_temporal: writes) "
                        "alone without pauses (1: as fast as it goes); 0: rates",
                        0.0, 0, 1});
  parameters.push_back({"store", "cached, or non_temporal: writes go around the caches", "cached",
                        0, 0, one_of("store", {"cached", "non_temporal"})});
  parameters.push_back({"footprint",
                        "bytes that each thread walks; 0: twice the last-level cache, 64M to 1G",
                        std::int64_t{0}, 0});
  return {"memory", "streams through memory beyond the caches", std::move(parameters), make};
}

}  // namespace motley::loads
