#include "workloads/together/together.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/fuse.hpp"
#include "workloads/inference.hpp"
#include "workloads/together/costs.hpp"
#include "workloads/together/one_layer.hpp"

namespace motley::workloads {
namespace {

/// Measures a place when it is first asked for.
class Costs {
 public:
  Costs(const Model& model, const std::vector<Partner>& partners, const TogetherOptions& options)
      : model_(model), partners_(partners), options_(options) {}
  PlacementProblem problem() {
    return {model_.graph, partners_.size(),
            [this](std::size_t place) -> const std::map<std::string, double>& {
              const auto [found, is_new] = seconds_.try_emplace(place);
              if (is_new) {
                found->second = operator_seconds(model_, partners_[place].processor,
                                                 partners_[place].chooser, options_.seed);
              }
              return found->second;
            },
            [this](std::size_t place) { return link_cost(partners_[place].processor); },
            [this](std::size_t from, std::size_t to) {
              return crossing_seconds(partners_[from], partners_[to], options_.synchronisation);
            }};
  }

 private:
  const Model& model_;
  const std::vector<Partner>& partners_;
  const TogetherOptions& options_;
  std::map<std::size_t, std::map<std::string, double>> seconds_;
};

}  // namespace

Chooser by_processor(const std::vector<Partner>& partners) {
  return [partners](const std::string& kind, const Call& call, Processor& processor) {
    for (const Partner& one : partners) {
      if (&one.processor == &processor) return one.chooser(kind, call, processor);
    }
    return first_choice(kind, call, processor);
  };
}

SplitWish split_wish_from(const std::string& text) {
  const auto [what, values] = split_spec(text);
  const Spec spec(what, values,
                  {{"axis", "channels, height or batch", std::string("channels")},
                   {"ratio", "the share of the second processor", 0.5, 0, 1},
                   {"chain", "operators that stay apart, at most", std::int64_t{1}, 1, 1024}});
  return {what, split_axis_from(spec.text("axis")), spec.number("ratio"),
          std::size_t(spec.integer("chain"))};
}

Together::Together(const TogetherOptions& options, const std::vector<Partner>& partners)
    : options_(options), model_(network(options.model, options.batch, options.seed)) {
  std::map<std::string, std::size_t> places;
  divide(partners, places);
  PlanOptions plan;
  plan.constant_parameters = true;
  plan.batch = options.batch;
  plan.places = std::move(places);
  std::vector<Processor*> processors;
  std::vector<Queue*> queues;
  QueueOptions queue;
  queue.profiling = options.profiled;
  for (const Partner& one : partners) {
    processors.push_back(&one.processor);
    queues_.push_back(one.processor.queue(queue));
    queues.push_back(queues_.back().get());
  }
  execution_ = std::make_unique<Execution>(
      make_plan(model_.graph, processors, by_processor(partners), plan), processors, queues);
  execution_->initialize(options.seed);
  execution_->set_values(model_.input, random_input(model_, options.seed));
  crew_ = std::make_unique<Crew>(*execution_, options.synchronisation);
}

void Together::divide(const std::vector<Partner>& partners,
                      std::map<std::string, std::size_t>& places) {
  if (partners.size() < 2) {
    if (options_.splits.empty()) return;
    throw BadArgument("a split needs two processors (there is one). Name another.");
  }
  Costs costs(model_, partners, options_);
  PlacementAnswer answer = place(options_.placement, costs.problem());
  expected_seconds_ = answer.expected_seconds;
  places = std::move(answer.places);
  if (!answer.order.empty()) reorder(answer.order);
  const Graph whole = model_.graph;
  split_as_wished(places);
  repeated_share_ = workloads::repeated_share(whole, model_.graph);
}

/// Constants first: they have no place in the order of a run.
void Together::reorder(const std::vector<std::string>& order) {
  std::map<std::string, Operator> of_a_run;
  std::vector<Operator> all = model_.graph.take_operators();
  for (Operator& op : all) {
    if (std::find(order.begin(), order.end(), op.name) == order.end()) {
      model_.graph.append(std::move(op));
    } else {
      of_a_run.emplace(op.name, std::move(op));
    }
  }
  for (const std::string& name : order) model_.graph.append(std::move(of_a_run.at(name)));
}

void Together::split_as_wished(std::map<std::string, std::size_t>& places) {
  for (const SplitWish& wish : options_.splits) {
    std::vector<std::string> names;
    const Graph& graph = model_.graph;
    const auto is_part = [](const Operator& op) {
      return op.name.ends_with("/0") || op.name.ends_with("/1");
    };
    for (const Operator& op : graph.operators()) {
      if (op.name == wish.what || (op.kind == wish.what && !is_part(op))) names.push_back(op.name);
    }
    if (names.empty())
      throw BadArgument("nothing to split is called " + wish.what +
                        ", nor is of "
                        "that kind. Name an operator or a kind.");
    std::string refusal;
    std::size_t done = 0;
    std::set<std::string> in_chain;
    for (const std::string& name : names) {
      if (in_chain.contains(name)) continue;
      const std::vector<std::string> chain = chain_from(graph, name, wish.axis, wish.length);
      if (chain.empty()) {
        const auto op = std::find_if(graph.operators().begin(), graph.operators().end(),
                                     [&](const Operator& one) { return one.name == name; });
        refusal = refuses_split(graph, *op, wish.axis);
        continue;
      }
      in_chain.insert(chain.begin(), chain.end());
      split(model_.graph, {chain, wish.axis, wish.ratio, {0, 1}, 0}, places);
      done += chain.size();
    }
    if (done == 0) throw Unsupported(refusal);
    operators_split_ += done;
  }
}

TogetherTimes Together::run_timed() {
  return times_of(*execution_, crew_->run_timed(model_.graph.scalars, steady_clock()));
}

Values Together::output() {
  return execution_->downloaded(model_.output);
}

schema::Facts Together::facts() const {
  const Plan& plan = execution_->plan();
  std::vector<std::int64_t> operators(plan.memory_of.size());
  std::vector<double> flops(operators.size());
  for (std::size_t op = 0; op < plan.place_of.size(); ++op) {
    if (plan.is_constant(op) || plan.elided.contains(op)) continue;
    const Operator& one = plan.graph.operators()[op];
    ++operators[plan.place_of[op]];
    flops[plan.place_of[op]] += operator_kind(one.kind).work(plan.graph.call(one)).flops;
  }
  std::int64_t transfers = 0, waits = 0;
  double bytes = 0;
  for (const PlanStep& step : plan.steps) {
    waits += std::int64_t(step.waits.size());
    const bool moves =
        step.action == PlanStep::Action::fetch || step.action == PlanStep::Action::send;
    if (!moves) continue;
    ++transfers;
    bytes += double(plan.graph.tensor(step.tensor).type.bytes());
  }
  schema::Facts facts = {{"transfers", transfers},
                         {"transferred_bytes", bytes},
                         {"waits", waits},
                         {"operators_split", std::int64_t(operators_split_)},
                         {"ranges", std::int64_t(plan.elided.size())},
                         {"repeated_share", repeated_share_},
                         {"expected_seconds", expected_seconds_}};
  for (std::size_t place = 0; place < operators.size(); ++place) {
    facts[fmt::format("operators_{}", place)] = operators[place];
    facts[fmt::format("flops_{}", place)] = flops[place];
  }
  return facts;
}

}  // namespace motley::workloads
