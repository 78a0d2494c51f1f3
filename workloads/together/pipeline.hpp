// A stream of inferences through stages on several processors, each computing another inference:
// more of them in the same time, none of them sooner.
#pragma once

#include "workloads/together/stages.hpp"
#include "workloads/together/together.hpp"

namespace motley::workloads {

struct PipelineOptions {
  std::string model = "lenet5";
  std::int64_t batch = 1;
  std::uint64_t seed = 1;
  std::vector<std::string> cuts = {};  ///< operators that end a stage; one fewer than processors
  std::size_t depth = 2;               ///< inferences that wait between two stages, at most
};

struct StageTimes {
  std::string processor;
  double service = 0;                         ///< of one inference, the median
  double busy = 0, starved = 0, blocked = 0;  ///< of the whole stream, seconds
};
struct PipelineTimes {
  double makespan = 0;  ///< of the whole stream
  double fill = 0;      ///< until the first inference is done
  double drain = 0;     ///< from the first stage's last inference to the end
  /// 1 / throughput: time an inference of the stage that takes longest, from its first to its last.
  /// Not from end to end of inferences: some of a short stream wait, half done, for the first.
  double period = 0;
  double balance = 0;           ///< the shortest service over the longest
  std::vector<double> latency;  ///< of each inference, from its first stage's begin
  std::vector<StageTimes> stages;
};

class Pipeline {
 public:
  /// The processors must be parked. Throws as Together, and as stages_of.
  Pipeline(const PipelineOptions& options, const std::vector<Partner>& partners);

  const Model& model() const { return model_; }
  std::size_t stages() const { return stages_.size(); }
  /// Bytes that pass from one stage to later ones, of one inference.
  double bytes_between() const;
  void set_input(std::span<const double> values);
  /// So many inferences of this input as a stream. Throws what a stage threw; the others have ended
  /// then.
  PipelineTimes run(std::size_t inferences);
  /// Of the last inference.
  Values output() const;

 private:
  struct Running;
  struct Item;
  void work(std::size_t stage, Running& running);
  void compute(std::size_t stage, Item& item);
  static PipelineTimes times_of(const Running& running);

  PipelineOptions options_;
  Model model_;
  std::vector<Stage> stages_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::vector<std::unique_ptr<Execution>> executions_;
  std::vector<std::byte> input_, output_;
};

}  // namespace motley::workloads
