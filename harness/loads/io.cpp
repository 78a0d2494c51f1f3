// io: writes to the machine's storage and waits until it is there, at a steady rate. Files of the
// system's memory (tmpfs) sync at once: then it is a load on the memory, not on the storage.
#include <algorithm>

#include "harness/loads/cores.hpp"
#include "harness/loads/kinds.hpp"
#include "harness/loads/paced_load.hpp"

namespace motley::loads {
namespace {

constexpr double piece_seconds = 0.02;
constexpr double most_piece_bytes = 4 << 20;  ///< so that it ends soon after it is told to
constexpr double most_file_bytes = 64 << 20;  ///< then it begins anew: the storage stays small

class WriteWork final : public Work {
 public:
  WriteWork(std::unique_ptr<ScratchFile> file, std::size_t piece_bytes)
      : file_(std::move(file)), bytes_(piece_bytes) {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {  // what does not compress
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      bytes_[i] = static_cast<std::byte>(state_ >> 56);
    }
  }

  std::array<double, 2> piece() override {
    const double bytes = static_cast<double>(bytes_.size());
    file_->write(bytes_);
    file_->sync();
    written_ += bytes;
    if (written_ >= most_file_bytes) {
      file_->rewind();
      written_ = 0;
    }
    return {bytes, 0};
  }

 private:
  std::unique_ptr<ScratchFile> file_;
  std::vector<std::byte> bytes_;
  std::uint64_t state_ = 1;
  double written_ = 0;
};

std::unique_ptr<Load> make(const Spec& spec, Machine& machine, Clock& clock,
                           const std::string& victim) {
  Cores cores = choose_cores(spec, machine, victim);
  const double rate = 1e6 * spec.number("mbps");
  const auto piece = static_cast<std::size_t>(std::min(most_piece_bytes, rate * piece_seconds));
  PacedPlan plan;
  plan.level.load = spec.canonical();
  plan.level.processor = cores.id;
  plan.level.quantities = {"write_bytes_per_second"};
  plan.level.asked = {{"write_bytes_per_second", rate}};
  plan.level.period_seconds = static_cast<double>(piece) / rate;
  plan.level.details = cores.details;
  plan.most_behind_seconds = 2 * piece_seconds;
  plan.try_unpaced = true;
  std::vector<LoadThread> threads;
  threads.push_back({std::move(cores.processors.front()),
                     std::make_unique<WriteWork>(machine.scratch_file(), piece)});
  return std::make_unique<PacedLoad>(machine, clock, std::move(plan), std::move(threads));
}

}  // namespace

LoadKind io_load() {
  std::vector<SpecParameter> parameters = one_core_parameters();
  parameters.push_back({"mbps", "10^6 bytes written and synced in a second", 50.0, 0.01, 1e4});
  return {"io", "writes to storage and syncs", std::move(parameters), make};
}

}  // namespace motley::loads
