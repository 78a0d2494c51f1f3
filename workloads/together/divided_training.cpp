#include "workloads/together/divided_training.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/graph/fuse.hpp"
#include "workloads/together/stages.hpp"

namespace motley::workloads {
namespace {

std::string renamed(const std::string& name, std::size_t replica) {
  return replica == 0 ? name : fmt::format("{}/{}", name, replica);
}

/// Adds the tensors of `from`, their names told apart; parameters are those of the first of their
/// name.
std::map<TensorId, TensorId> add_tensors(Graph& to, const Graph& from, std::size_t replica) {
  std::map<TensorId, TensorId> made;
  for (TensorId id = 0; id < from.tensors().size(); ++id) {
    Tensor tensor = from.tensor(id);
    if (replica > 0 && tensor.role == Role::parameter && tensor.view_of == no_tensor) {
      made[id] = to.find(tensor.name);
      continue;
    }
    tensor.name = renamed(tensor.name, replica);
    if (tensor.view_of != no_tensor) tensor.view_of = made.at(tensor.view_of);
    made[id] = to.add_tensor(std::move(tensor));
  }
  return made;
}

}  // namespace

DividedTraining::DividedTraining(const DividedTrainingOptions& options,
                                 const std::vector<Partner>& partners)
    : options_(options) {
  if (options.training.residency != Residency::resident) {
    throw BadArgument(
        fmt::format("residency {} with several processors (who copies what is the "
                    "mode's own rule). Use resident.",
                    to_string(options.training.residency)));
  }
  choose_parts(partners.size());
  const Model whole = build_model(options.training.model, {options.training.batch, true});
  graph_.name = whole.graph.name;
  graph_.scalars = whole.graph.scalars;
  std::vector<Part> parts;
  for (std::size_t k = 0; k < replicas_.size(); ++k) parts.push_back(add_part(k));
  append_in_turn(parts);
  add_updates(parts);
  graph_.scalars["seed"] = double(options_.training.seed % (1 << 24));
  scalars_ = graph_.scalars;
  start(partners);
  set_batch(random_input(whole, options.training.seed),
            whole.label == no_tensor ? Values{} : random_labels(whole, options.training.seed));
}

void DividedTraining::choose_parts(std::size_t places) {
  const std::int64_t batch = options_.training.batch;
  if (places == 1) {
    options_.cuts.clear();
    replicas_.push_back({batch});
    places_of_parts_.push_back(0);
    return;
  }
  if (!options_.cuts.empty()) {
    const auto parts = std::int64_t(options_.micro_batches);
    if (places != options_.cuts.size() + 1) {
      throw BadArgument(fmt::format("{} stages on {} processors (each has one). Name as many.",
                                    options_.cuts.size() + 1, places));
    }
    if (parts < 1 || parts > batch) {
      throw BadArgument(fmt::format("{} parts of a batch of {} (each needs a sample). Give fewer.",
                                    parts, batch));
    }
    for (std::int64_t k = 0; k < parts; ++k) {
      replicas_.push_back({batch * (k + 1) / parts - batch * k / parts});
    }
    return;
  }
  if (places != 2) throw BadArgument("a split batch needs two processors. Name two.");
  if (!(options_.ratio >= 0 && options_.ratio <= 1)) {
    throw BadArgument(
        fmt::format("ratio={} (a share lies from 0 to 1). Give one.", options_.ratio));
  }
  const std::int64_t second = std::llround(options_.ratio * double(batch));
  const std::int64_t shares[] = {batch - second, second};
  for (const std::size_t one : {0, 1}) {
    if (shares[one] == 0) continue;
    replicas_.push_back({shares[one]});
    places_of_parts_.push_back(one);
  }
}

/// With its own names: they are told apart when it is appended.
DividedTraining::Part DividedTraining::add_part(std::size_t k) {
  Replica& replica = replicas_[k];
  Model model = build_model(options_.training.model, {replica.batch, true});
  fuse(model.graph);
  if (k == 0 && !options_.cuts.empty()) stages_of(model, options_.cuts);  // refuses what cannot be
  const std::size_t forward_operators = model.graph.operators().size();
  const auto gradients = differentiate(model.graph, model.loss);
  const auto made = add_tensors(graph_, model.graph, k);
  replica.input = made.at(model.input);
  replica.loss = made.at(model.loss);
  if (model.label != no_tensor) replica.label = made.at(model.label);
  std::vector<Operator> operators = model.graph.take_operators();
  constexpr std::int64_t streams_of_a_part = 1 << 16;  // else all would drop the same
  for (Operator& op : operators) {
    const auto stream = op.attributes.find("stream");
    if (op.kind == "dropout" && stream != op.attributes.end()) {
      stream->second = std::get<std::int64_t>(stream->second) + std::int64_t(k) * streams_of_a_part;
    }
    for (TensorId& id : op.inputs) id = made.at(id);
    for (TensorId& id : op.outputs) id = made.at(id);
  }
  Part part = in_stages(std::move(operators), forward_operators);
  for (const auto& [parameter, gradient] : gradients) {
    part.gradients[made.at(parameter)] = made.at(gradient);
  }
  return part;
}

/// A gradient belongs to the stage of its forward operator, after which it is called; others (sums
/// of several) to the first stage that has one of what they read: gradients come from behind.
DividedTraining::Part DividedTraining::in_stages(std::vector<Operator> operators,
                                                 std::size_t forward_operators) const {
  Part part;
  part.forward.resize(options_.cuts.size() + 1);
  part.backward.resize(options_.cuts.size() + 1);
  std::map<std::string, std::size_t> stage_of;
  std::map<TensorId, std::size_t> made_in;
  std::size_t stage = 0;
  for (std::size_t i = 0; i < operators.size(); ++i) {
    Operator& op = operators[i];
    const bool is_forward = i < forward_operators;
    std::string forward = op.name;
    if (is_forward) {
      stage_of[op.name] = stage;
    } else {
      while (!forward.empty() && !stage_of.contains(forward)) {
        const std::size_t dot = forward.rfind('.');
        forward.resize(dot == std::string::npos ? 0 : dot);
      }
    }
    std::size_t own = options_.cuts.size();
    for (const TensorId id : op.inputs) {
      const auto found = made_in.find(graph_.root(id));
      if (found != made_in.end()) own = std::min(own, found->second);
    }
    if (!forward.empty()) own = stage_of.at(forward);
    for (const TensorId id : op.outputs) made_in[graph_.root(id)] = own;
    if (is_forward && stage < options_.cuts.size() && op.name == options_.cuts[stage]) ++stage;
    (is_forward ? part.forward : part.backward)[own].push_back(std::move(op));
  }
  return part;
}

/// Of what an operator computed; place 0 where none did.
std::size_t DividedTraining::place_of(TensorId computed) const {
  const TensorId root = graph_.root(computed);
  const auto& operators = graph_.operators();
  for (auto op = operators.rbegin(); op != operators.rend(); ++op) {
    const bool writes = std::any_of(op->outputs.begin(), op->outputs.end(),
                                    [&](TensorId id) { return graph_.root(id) == root; });
    if (writes) return places_.at(op->name);
  }
  return 0;
}

void DividedTraining::append(const std::vector<Operator>& operators, std::size_t part,
                             std::size_t stage) {
  for (Operator op : operators) {
    op.name = renamed(op.name, part);
    places_[op.name] = options_.cuts.empty() ? places_of_parts_[part] : stage;
    graph_.append(std::move(op));
  }
}

/// One forward, one back (PipeDream's order; Narayanan et al. 2019): each stage takes as many parts
/// forward as there are stages from it to the end, then in turn one back and one forward, so that
/// stages compute at the same time and keep the activations of no more parts than that. The list is
/// every stage's own order; a part is not taken before what it comes from.
void DividedTraining::append_in_turn(const std::vector<Part>& parts) {
  const std::size_t stages = options_.cuts.size() + 1, all = parts.size();
  std::vector<std::size_t> forward(stages), backward(stages);  // parts that are through
  const auto take = [&](std::size_t stage) {
    const bool is_last = stage + 1 == stages;
    const std::size_t ahead = forward[stage] - backward[stage];
    const bool goes_forward = forward[stage] < all && ahead < std::min(all, stages - stage);
    if (goes_forward) {
      if (stage > 0 && forward[stage - 1] == forward[stage]) return false;
      append(parts[forward[stage]].forward[stage], forward[stage], stage);
      ++forward[stage];
      return true;
    }
    const std::size_t part = backward[stage];
    if (part == all || (!is_last && backward[stage + 1] == part)) return false;
    append(parts[part].backward[stage], part, stage);
    ++backward[stage];
    return true;
  };
  while (backward.front() < all) {
    for (std::size_t stage = 0; stage < stages; ++stage) take(stage);
  }
}

bool DividedTraining::differs_by_part() const {
  const auto& operators = graph_.operators();
  return std::any_of(operators.begin(), operators.end(), [](const Operator& op) {
    return op.kind.starts_with("batch_norm") || op.kind == "dropout";
  });
}

TensorId DividedTraining::times(TensorId gradient, double share) {
  const TensorType type = graph_.tensor(gradient).type;
  const std::string name = fmt::format("{}.weighted", graph_.tensor(gradient).name);
  const TensorId row =
      graph_.add_tensor({name + ".share", {{type.shape.back()}}, Role::statistic, {}, no_tensor});
  shares_[row] = share;
  places_[name] = place_of(gradient);
  return graph_.add("multiply", name, {gradient, row}, {}, Phase::backward_weights).front();
}

/// Over all samples, where the first part's gradient is.
TensorId DividedTraining::mean(std::string name, std::vector<TensorId> gradients) {
  const auto share = [&](std::size_t k) {
    return double(replicas_[k].batch) / double(options_.training.batch);
  };
  const bool even = std::all_of(replicas_.begin(), replicas_.end(), [&](const Replica& one) {
    return one.batch == replicas_.front().batch;
  });
  if (!even) {
    for (std::size_t k = 0; k < gradients.size(); ++k) gradients[k] = times(gradients[k], share(k));
  }
  TensorId sum = gradients.front();
  for (std::size_t k = 1; k < gradients.size(); ++k) {
    const std::string step = fmt::format("{}.sum{}", name, k);
    places_[step] = place_of(sum);
    sum = graph_.add("add", step, {sum, gradients[k]}, {}, Phase::backward_weights).front();
  }
  return even && gradients.size() > 1 ? times(sum, share(0)) : sum;
}

void DividedTraining::add_updates(const std::vector<Part>& parts) {
  Gradients means;
  for (const auto& [parameter, first] : parts.front().gradients) {
    std::vector<TensorId> all;
    for (const Part& part : parts) all.push_back(part.gradients.at(parameter));
    means[parameter] = mean(graph_.tensor(parameter).name, std::move(all));
  }
  std::map<TensorId, std::size_t> places;  // of gradients and of the parameters that they update
  for (const auto& [parameter, gradient] : means) {
    places[parameter] = places[gradient] = place_of(gradient);
  }
  const std::size_t before = graph_.operators().size();
  add_optimizer(graph_, means, options_.training.optimizer, options_.training.learning_rate);
  for (std::size_t i = before; i < graph_.operators().size(); ++i) {
    const Operator& op = graph_.operators()[i];
    const auto known = std::find_if(op.inputs.begin(), op.inputs.end(),
                                    [&](TensorId id) { return places.contains(id); });
    places_[op.name] = known == op.inputs.end() ? 0 : places.at(*known);
  }
}

void DividedTraining::start(const std::vector<Partner>& partners) {
  std::vector<Processor*> processors;
  std::vector<Queue*> queues;
  for (const Partner& one : partners) {
    processors.push_back(&one.processor);
    queues_.push_back(one.processor.queue());
    queues.push_back(queues_.back().get());
  }
  PlanOptions plan;
  plan.batch = options_.training.batch;
  plan.places = places_;
  execution_ = std::make_unique<Execution>(
      make_plan(graph_, processors, by_processor(partners), plan), processors, queues);
  execution_->initialize(options_.training.seed);
  for (const auto& [row, share] : shares_) {
    execution_->set_values(row, Values(std::size_t(graph_.tensor(row).type.elements()), share));
  }
  crew_ = std::make_unique<Crew>(*execution_, options_.synchronisation);
}

void DividedTraining::set_batch(std::span<const double> input, std::span<const double> labels) {
  std::size_t input_at = 0, label_at = 0;
  for (const Replica& replica : replicas_) {
    const auto next = [&](TensorId id, std::span<const double> from, std::size_t& at) {
      const auto count = std::size_t(graph_.tensor(id).type.elements());
      execution_->set_values(id, from.subspan(at, count));
      at += count;
    };
    next(replica.input, input, input_at);
    if (replica.label != no_tensor) next(replica.label, labels, label_at);
  }
}

void DividedTraining::step() {
  scalars_["step"] = double(++steps_);
  crew_->run(scalars_);
}

void DividedTraining::repeat(const std::function<bool(double)>& again) {
  scalars_["step"] = double(++steps_);
  crew_->repeat(scalars_, steady_clock(), [&](double seconds) {
    if (!again(seconds)) return false;
    scalars_["step"] = double(++steps_);
    return true;
  });
}

TogetherTimes DividedTraining::step_timed() {
  scalars_["step"] = double(++steps_);
  return times_of(*execution_, crew_->run_timed(scalars_, steady_clock()));
}

double DividedTraining::check_step(std::string& worst) {
  scalars_["step"] = double(++steps_);
  return execution_->check(scalars_, worst);
}

double DividedTraining::loss() {
  double sum = 0;
  for (const Replica& replica : replicas_) {
    sum += execution_->downloaded(replica.loss).at(0) * double(replica.batch);
  }
  return sum / double(options_.training.batch);
}

Values DividedTraining::parameter(const std::string& name) {
  return execution_->values(graph_.find(name));
}

}  // namespace motley::workloads
