// motley together: one network on several processors at once, against each of them alone. Every way
// to divide it is a block; turns of all are interleaved, since a machine drifts.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <thread>

#include "analysis/together_text.hpp"
#include "devices/linux/process.hpp"
#include "devices/machine.hpp"
#include "harness/cli/network_request.hpp"
#include "harness/cli/network_run.hpp"
#include "harness/cli/overlap.hpp"
#include "harness/cli/together_request.hpp"
#include "harness/error.hpp"
#include "harness/statistics.hpp"
#include "harness/visit.hpp"
#include "workloads/together/comparison.hpp"
#include "workloads/together/divided_training.hpp"
#include "workloads/together/one_layer.hpp"
#include "workloads/together/pipeline.hpp"
#include "workloads/tuner.hpp"

namespace motley::cli {
namespace {

using namespace workloads;

constexpr double most_error = 1e-4;  // normalised; sums in another order, over a whole network

/// All processors of the command, parked, and each one's own network alone.
class Party {
 public:
  Party(const Options& options, Machine& machine) : options_(options), machine_(machine) {
    for (const std::string& id : options.on) processors_.push_back(machine.open(id));
  }
  /// For one network: a CPU is its own.
  Partner partner(std::size_t place) {
    const bool on_device = processors_[place]->members() == 0;
    if (!on_device) own_.push_back(machine_.open(options_.on[place]));
    Processor& processor = on_device ? *processors_[place] : *own_.back();
    return {processor,
            chooser_named(options_.implementation, processor, Tier::standard, options_.seed)};
  }
  std::vector<Partner> partners() {
    std::vector<Partner> all;
    for (std::size_t place = 0; place < processors_.size(); ++place) all.push_back(partner(place));
    return all;
  }
  /// The networks of the last division are gone: so may their CPUs be.
  void begin_division() { own_.resize(kept_); }
  /// Made once: every division is compared with the same.
  std::vector<Together*> alone() {
    if (alone_.empty()) {
      std::vector<std::unique_ptr<Together>> made;  // all or none: one may be unsupported
      for (std::size_t place = 0; place < processors_.size(); ++place) {
        made.push_back(std::make_unique<Together>(network_options(), std::vector{partner(place)}));
        check(*made.back());
      }
      alone_ = std::move(made);
      kept_ = own_.size();
    }
    std::vector<Together*> all;
    for (const auto& one : alone_) all.push_back(one.get());
    return all;
  }
  TogetherOptions network_options() const {
    TogetherOptions network;
    network.model = options_.model;
    network.batch = options_.batch.value_or(1);
    network.seed = options_.seed;
    return network;
  }
  /// Each operator of each processor's own network against its double-precision reference, in units
  /// of what is tolerated; what is divided is then compared with that network.
  double worst_error() const { return worst_error_; }
  const std::string& worst() const { return worst_; }
  const Options& options() const { return options_; }
  int rounds() const { return options_.rounds.value_or(default_rounds); }

 private:
  void check(Together& one) {
    std::string worst;
    const double error = one.execution().check(one.model().graph.scalars, worst);
    if (error <= worst_error_) return;
    worst_error_ = std::isfinite(error) ? error : 1e300;
    worst_ = worst;
  }
  const Options& options_;
  Machine& machine_;
  std::vector<std::unique_ptr<Processor>> processors_, own_;
  std::size_t kept_ = 0;  ///< of own_: all up to the last that a network alone has
  std::vector<std::unique_ptr<Together>> alone_;
  double worst_error_ = 0;
  std::string worst_;
};

/// Runs a second of each processor, all of them busy with a network of their own at the same time:
/// what sharing memory and clock leaves of each.
std::vector<double> concurrent_rates(const std::vector<Together*>& alone) {
  constexpr double seconds = 0.5;
  Clock& clock = steady_clock();
  const double end = clock.seconds() + seconds;
  std::vector<double> rates(alone.size());
  std::vector<std::exception_ptr> troubles(alone.size());
  const auto work = [&](std::size_t i) {
    try {
      const double begin = clock.seconds();
      double runs = 0, now = begin;
      alone[i]->repeat([&](double) {
        ++runs;
        now = clock.seconds();
        return now < end;
      });
      rates[i] = runs / (now - begin);
    } catch (...) {
      troubles[i] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < alone.size(); ++i) threads.emplace_back(work, i);
  work(0);
  for (std::thread& one : threads) one.join();
  for (const std::exception_ptr& one : troubles) {
    if (one) std::rethrow_exception(one);
  }
  return rates;
}

void say(const TogetherTimes& times, schema::Block& block) {
  block.figures["overlap_share"] = times.overlap_share;
  block.figures["crossings"] = times.crossings;
  block.figures["profiled_makespan_seconds"] = times.makespan;
  for (const PlaceTimes& one : times.places) {
    block.timeline[one.processor] = {{"compute", one.compute},
                                     {"transfer", one.transfer},
                                     {"conversion", one.conversion},
                                     {"synchronisation", one.synchronisation},
                                     {"other", one.other}};
    block.timeline["counts"][one.processor + " operators"] = one.operators;
    block.timeline["counts"][one.processor + " transfers"] = one.transfers;
    block.timeline["counts"][one.processor + " transferred_bytes"] = one.transferred_bytes;
  }
}

/// The worse of all comparisons stays. False where it is wrong.
bool judge(double error, double tolerance, schema::Block& block) {
  const double known = block.check ? block.check->error : 0;
  block.check = schema::Check{std::max(known, std::isfinite(error) ? error : 1e300), tolerance};
  if (error <= tolerance) return true;
  block.status = schema::Status::wrong;
  block.reason = fmt::format(
      "results differ by {:.3g} from those of one processor (a wrong result has no speed)", error);
  return false;
}

/// Operators against their references, in units of what is tolerated.
bool is_right(double error, const std::string& worst, schema::Block& block) {
  block.details["worst_operator"] = worst;
  if (error <= 1) return true;
  block.check = schema::Check{std::isfinite(error) ? error : 1e300, 1};
  block.status = schema::Status::wrong;
  block.reason = fmt::format(
      "{} lies {:.3g} times as far from its reference as it may (a wrong "
      "result has no speed)",
      worst, error);
  return false;
}

/// What they are compared with must be right itself.
bool alone_is_right(const Party& party, schema::Block& block) {
  return is_right(party.worst_error(), party.worst(), block);
}

/// Both with an input that neither has seen: what is left of an earlier run would not do.
double difference(Together& one, Together& other, std::uint64_t seed) {
  for (Together* each : {&one, &other}) {
    each->execution().set_values(each->model().input, random_input(each->model(), seed));
    each->run();
  }
  return normalised_error(one.output(), other.output());
}

void say_alone(const Party& party, const std::vector<std::vector<double>>& alone,
               schema::Block& block) {
  for (std::size_t i = 0; i < alone.size(); ++i) {
    block.series["alone_seconds/" + party.options().on[i]] = alone[i];
    block.figures["alone_seconds/" + party.options().on[i]] = median(alone[i]);
  }
}

void run_together(Party& party, const Division& division, schema::Block& block) {
  TogetherOptions wanted = party.network_options();
  wanted.synchronisation = division.synchronisation;
  if (division.way == Division::Way::split) wanted.splits = {split_wish_from(division.text)};
  if (division.way == Division::Way::operators) wanted.placement = division.text;
  Together together(wanted, party.partners());
  const std::vector<Together*> alone = party.alone();
  block.work = work_of(alone.front()->execution().graph());
  block.executed_work = work_of(together.execution().graph());
  block.details = together.facts();
  const std::uint64_t seed = party.options().seed;
  if (!alone_is_right(party, block)) return;
  if (!judge(difference(together, *alone.front(), seed + 1), most_error, block)) return;
  for (Together* one : alone) difference(together, *one, seed);  // all see the same again
  const Comparison all = compare(together, alone, party.rounds(), int(party.options().runs));
  block.samples.host_seconds = all.together;
  block.stopped_by = "samples";
  say_alone(party, all.alone, block);
  say(all.times, block);
  const double seconds = median(all.together);
  double concurrent = 0;
  const std::vector<double> rates = concurrent_rates(alone);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    concurrent += rates[i];
    block.figures["concurrent_runs_per_second/" + party.options().on[i]] = rates[i];
  }
  block.figures["gain"] = all.gain;
  block.figures["share_of_sum"] = all.share_of_sum;
  block.figures["share_of_concurrent_sum"] = 1 / seconds / concurrent;
  block.figures["repeated_share"] = together.repeated_share();
  if (together.expected_seconds() > 0) {
    block.figures["expected_seconds"] = together.expected_seconds();
  }
  block.details["best_alone"] = party.options().on[all.best_alone];
  judge(all.error, most_error, block);
  judge(difference(together, *alone.front(), seed + 2), most_error, block);
}

std::size_t shortest(const std::vector<std::vector<double>>& seconds) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < seconds.size(); ++i) {
    if (median(seconds[i]) < median(seconds[best])) best = i;
  }
  return best;
}

/// NAME+NAME
std::vector<std::string> operators_between(std::string text) {
  std::vector<std::string> all;
  for (std::size_t plus; (plus = text.find('+')) != std::string::npos; text.erase(0, plus + 1)) {
    all.push_back(text.substr(0, plus));
  }
  all.push_back(text);
  return all;
}

double ratio_of(const std::string& text) {
  const schema::Value ratio = parse_value(text);
  if (const auto* whole = std::get_if<std::int64_t>(&ratio)) return double(*whole);
  if (const auto* part = std::get_if<double>(&ratio)) return *part;
  throw BadArgument("--batch-ratio " + text + " is no number. Write 0..1+0.25.");
}

void run_pipeline(Party& party, const Division& division, schema::Block& block) {
  PipelineOptions wanted{party.options().model,
                         party.options().batch.value_or(1),
                         party.options().seed,
                         {},
                         party.options().depth};
  wanted.cuts = operators_between(division.text);
  Pipeline pipeline(wanted, party.partners());
  const std::vector<Together*> alone = party.alone();
  block.work = work_of(alone.front()->execution().graph());
  if (!alone_is_right(party, block)) return;
  const auto differs = [&](std::uint64_t seed) {
    const Values input = random_input(pipeline.model(), seed);
    pipeline.set_input(input);
    pipeline.run(wanted.cuts.size() + 1);
    alone.front()->execution().set_values(alone.front()->model().input, input);
    alone.front()->run();
    return normalised_error(pipeline.output(), alone.front()->output());
  };
  if (!judge(differs(party.options().seed + 1), most_error, block)) return;
  std::vector<std::vector<double>> alone_seconds(alone.size());
  std::vector<double> periods;
  PipelineTimes last;
  for (int round = 0; round < party.rounds(); ++round) {
    for (std::size_t i = 0; i < alone.size(); ++i) {
      take_turn(*alone[i], int(party.options().runs), alone_seconds[i]);
    }
    last = pipeline.run(party.options().runs);
    periods.push_back(last.period);
    block.samples.host_seconds.insert(block.samples.host_seconds.end(), last.latency.begin(),
                                      last.latency.end());
  }
  say_alone(party, alone_seconds, block);
  const std::size_t best = shortest(alone_seconds);
  block.stopped_by = "samples";
  block.series["period_seconds"] = periods;
  block.details["best_alone"] = party.options().on[best];
  block.figures["gain"] = median(alone_seconds[best]) / median(periods);
  block.figures["period_seconds"] = median(periods);
  block.figures["fill_seconds"] = last.fill;
  block.figures["drain_seconds"] = last.drain;
  block.figures["balance"] = last.balance;
  block.figures["bytes_between"] = pipeline.bytes_between();
  for (const StageTimes& one : last.stages) {
    block.timeline[one.processor] = {
        {"service", one.service}, {"starved", one.starved}, {"blocked", one.blocked}};
  }
  judge(differs(party.options().seed + 2), most_error, block);
}

DividedTrainingOptions training_of(const Party& party, const Division& division) {
  DividedTrainingOptions wanted;
  wanted.training.model = party.options().model;
  wanted.training.batch = party.options().batch.value_or(32);
  wanted.training.seed = party.options().seed;
  wanted.synchronisation = division.synchronisation;
  if (division.way == Division::Way::training_pipeline) {
    wanted.cuts = operators_between(division.text);
    wanted.micro_batches = std::size_t(party.options().micro_batches);
  } else {
    wanted.ratio = ratio_of(division.text);
  }
  return wanted;
}

/// The worst of all parameters, normalised.
double parameter_difference(DividedTraining& one, DividedTraining& other) {
  double worst = 0;
  for (const Tensor& tensor : one.execution().graph().tensors()) {
    if (tensor.role != Role::parameter || tensor.view_of != no_tensor) continue;
    const double error = normalised_error(one.parameter(tensor.name), other.parameter(tensor.name));
    if (!(error <= worst)) worst = error;  // also where it is no number
  }
  return worst;
}

void run_training(Party& party, const Division& division, schema::Block& block) {
  const DividedTrainingOptions wanted = training_of(party, division);
  std::vector<std::unique_ptr<DividedTraining>> alone;
  for (std::size_t place = 0; place < party.options().on.size(); ++place) {
    alone.push_back(std::make_unique<DividedTraining>(wanted, std::vector{party.partner(place)}));
  }
  DividedTraining together(wanted, party.partners());
  const bool by_part = together.differs_by_part();
  block.details["differs_by_part"] = by_part;
  double first_loss = 0;
  // Trained long enough on one batch a loss is nothing but rounding.
  const auto loss_difference = [&] {
    const double loss = alone.front()->loss();
    first_loss = std::max(first_loss, std::abs(loss));
    return std::abs(together.loss() - loss) / std::max(first_loss, 1e-6);
  };
  const double most_difference = by_part ? 0.1 : 1e-2;
  std::vector<DividedTraining*> all{&together};
  for (const auto& one : alone) all.push_back(one.get());
  for (DividedTraining* one : all) {
    std::string worst;
    const double error = one->check_step(worst);
    if (!is_right(error, worst, block)) return;
    one->step();
  }
  if (!judge(loss_difference(), most_difference, block)) return;
  if (!by_part && !judge(parameter_difference(*alone.front(), together), most_difference, block)) {
    return;
  }
  std::vector<std::vector<double>> alone_seconds(alone.size());
  const auto timed = [&](DividedTraining& one, std::vector<double>& to) {
    std::size_t run = 0;
    one.repeat([&](double seconds) {
      to.push_back(seconds);
      return ++run < party.options().runs;
    });
  };
  for (int round = 0; round < party.rounds(); ++round) {
    for (std::size_t i = 0; i < alone.size(); ++i) timed(*alone[i], alone_seconds[i]);
    timed(together, block.samples.host_seconds);
  }
  const double difference = loss_difference();
  say_alone(party, alone_seconds, block);
  const std::size_t best = shortest(alone_seconds);
  block.stopped_by = "samples";
  block.work = work_of(alone.front()->execution().graph());
  block.details["best_alone"] = party.options().on[best];
  block.figures["gain"] = median(alone_seconds[best]) / median(block.samples.host_seconds);
  block.figures["loss_difference"] = difference;
  say(together.step_timed(), block);
  judge(difference, most_difference, block);
}

schema::Block measure(Party& party, const Division& division, const schema::Key& key) {
  schema::Block block =
      unmeasured(key, schema::Metric::seconds_per_operation, schema::Status::ok, "");
  party.begin_division();
  attempt(block, [&] {
    switch (division.way) {
      case Division::Way::operators:
      case Division::Way::split:
        return run_together(party, division, block);
      case Division::Way::pipeline:
        return run_pipeline(party, division, block);
      case Division::Way::training:
      case Division::Way::training_pipeline:
        return run_training(party, division, block);
    }
  });
  block.repro = repro_of(party.options(), division);
  return block;
}

}  // namespace

int together_command(const Options& options) {
  const std::vector<Division> all = divisions(options);
  if (options.on.size() < 2) {
    throw BadArgument("motley together needs two processors or more. Add --on cpu:0 --on cpu:1.");
  }
  network(options.model, options.batch.value_or(1), options.seed);  // names are told before all
  const GrantedResources granted(options);
  const auto machine = devices::real_machine();
  const std::vector<schema::Processor> processors = processors_for(options, *machine);
  if (!options.allow_overlap) refuse_overlap(*machine, options.on);
  Party party(options, *machine);
  NetworkFile file(options, granted, *machine, processors);
  const std::string names = fmt::format("{}", fmt::join(options.on, "+"));
  std::vector<schema::Block> blocks;
  for (const Division& division : all) {
    if (devices::interrupted()) break;
    const schema::Key key = key_of(options, division, names);
    blocks.push_back(file.block(key, [&] { return measure(party, division, key); }));
    const schema::Block& block = blocks.back();
    if (blocks.size() == 1) fmt::print("{}", analysis::division_heading(block));
    fmt::print("{}", analysis::division_row(block));
    std::fflush(stdout);
  }
  fmt::print("{}", analysis::best_division(blocks));
  return file.end();
}

}  // namespace motley::cli
