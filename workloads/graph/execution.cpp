#include "workloads/graph/execution.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "harness/error.hpp"
#include "workloads/graph/buffer_range.hpp"
#include "workloads/graph/interpret.hpp"
#include "workloads/graph/memory_plan.hpp"

namespace motley::workloads {

using Action = PlanStep::Action;

/// A tensor through another layout to the host and back.
struct Execution::RoundTrip {
  std::unique_ptr<BoundOperator> out, in;
  std::size_t bytes = 0;
};

Execution::Execution(Plan plan, std::vector<Processor*> processors, std::vector<Queue*> queues)
    : plan_(std::move(plan)), processors_(std::move(processors)), queues_(std::move(queues)) {
  allocate();
  bind();
  bind_round_trips();
}

Execution::~Execution() {
  for (Queue* queue : queues_) {
    try {
      queue->finish();                 // commands may still use what is released now
    } catch (const std::exception&) {  // the device is lost: nothing runs any more
    }
  }
}

void Execution::allocate() {
  for (const Slot& slot : plan_.slots) {
    const std::size_t bytes = std::max<std::size_t>(slot.bytes, 4);
    slots_.emplace_back();
    host_slots_.emplace_back();
    if (slot.on_host) {
      host_slots_.back().resize(bytes);
      continue;
    }
    BufferOptions options;
    options.kind = slot.kind;
    options.image = slot.image;
    try {
      slots_.back() = processors_[slot.place]->allocate(bytes, options);
    } catch (const Unsupported&) {
      if (slot.kind != MemoryKind::shared) throw;
      options.kind = MemoryKind::pinned;
      slots_.back() = processors_[slot.place]->allocate(bytes, options);
    }
  }
}

std::optional<Execution::Location> Execution::find(std::size_t place, TensorId id) const {
  const std::size_t memory = plan_.memory_of[place];
  const RangeOf range = plan_.memory_range(memory, plan_.graph.root(id));
  const auto found = plan_.slot_of.find({memory, range.root});
  if (found == plan_.slot_of.end()) return std::nullopt;
  return Location{slots_[found->second].get(), range.offset_bytes};
}

Execution::Location Execution::location(std::size_t place, TensorId id) const {
  const std::optional<Location> own = find(place, id);
  return own ? *own : find(0, id).value();  // mapped: the device's
}

Buffer* Execution::operand(std::size_t place, TensorId id) {
  const Location at = location(place, id);
  if (at.offset_bytes == 0) return at.buffer;
  ranges_.push_back(std::make_unique<BufferRange>(*at.buffer, at.offset_bytes,
                                                  plan_.graph.tensor(id).type.bytes()));
  return ranges_.back().get();
}

std::size_t Execution::place_of(TensorId root) const {
  const auto written = plan_.content_at.find(root);
  if (written != plan_.content_at.end()) return written->second;
  for (std::size_t place = 0; place < processors_.size(); ++place) {
    if (find(place, root)) return place;
  }
  if (plan_.staging_slot_of.contains(root)) return plan_.host_copies();
  throw Error(plan_.graph.tensor(root).name +
              " is used by no operator (it has no memory). Leave it out of the graph.");
}

std::byte* Execution::host_copy(TensorId root) {
  const auto found = plan_.staging_slot_of.find(root);
  return found == plan_.staging_slot_of.end() ? nullptr : host_slots_[found->second].data();
}

std::byte* Execution::host_address(TensorId root) const {
  const Location at = location(plan_.host_memory, root);
  return static_cast<std::byte*>(at.buffer->host_address()) + at.offset_bytes;
}

Operands Execution::operands(std::size_t op) {
  if (plan_.elided.contains(op)) return {};
  const Operator& one = plan_.graph.operators()[op];
  const std::size_t place = plan_.place_of[op];
  Operands result;
  for (const TensorId id : one.inputs) result.inputs.push_back(operand(place, id));
  for (const TensorId id : one.outputs) result.outputs.push_back(operand(place, id));
  for (const std::size_t slot : plan_.workspace_slots[op]) {
    result.workspaces.push_back(slots_[slot].get());
  }
  for (const std::size_t slot : plan_.kept_slots[op]) result.kept.push_back(slots_[slot].get());
  return result;
}

void Execution::bind() {
  for (std::size_t op = 0; op < plan_.lowered.size(); ++op) {
    Processor& processor = *processors_[plan_.place_of[op]];
    operators_.push_back(
        std::make_unique<BoundOperator>(processor, plan_.lowered[op], operands(op)));
  }
}

void Execution::bind_round_trips() {
  for (const PlanStep& step : plan_.steps) {
    if (step.action != Action::convert_out || round_trips_.contains(step.tensor)) continue;
    Processor& processor = *processors_[step.place];
    Buffer* own = operand(step.place, step.tensor);
    Buffer* staging = slots_[plan_.round_trip_slots.at(0)].get();
    const TensorType plain = matrix_type(plan_.graph.tensor(step.tensor).type);
    const TensorType converted = converted_type(plain);
    const auto convert = [&](const TensorType& from, const TensorType& to, Buffer* source,
                             Buffer* target) {
      const Call call =
          make_call(operator_kind("convert_layout"), {{"to", to_string(to.layout)}}, {from});
      const Choice choice = first_choice("convert_layout", call, processor);
      Operands both;
      both.inputs = {source};
      both.outputs = {target};
      return std::make_unique<BoundOperator>(
          processor, choice.implementation->lower(call, processor, choice.tuning), both);
    };
    auto trip = std::make_unique<RoundTrip>();
    try {
      trip->out = convert(plain, converted, own, staging);
      trip->in = convert(converted, plain, staging, own);
    } catch (const DeviceError& error) {
      throw DeviceError(error.call(), error.status(),
                        "convert_layout makes this residency mode's round trips: choose another.",
                        error.log());
    }
    trip->bytes = converted.bytes();
    round_trips_[step.tensor] = std::move(trip);
  }
}

std::size_t Execution::round_trip_launches(TensorId root, bool out) const {
  const RoundTrip& trip = *round_trips_.at(root);
  return (out ? trip.out : trip.in)->launches();
}

void Execution::initialize(std::uint64_t seed) {
  for (TensorId id = 0; id < plan_.graph.tensors().size(); ++id) {
    const Tensor& tensor = plan_.graph.tensor(id);
    const bool first = tensor.role == Role::parameter || tensor.role == Role::statistic ||
                       tensor.role == Role::state;
    if (!first || tensor.view_of != no_tensor) continue;
    set_values(id, initial_values(tensor, seed));
  }
  pack_constants();
}

void Execution::pack_constants() {
  for (std::size_t op = 0; op < operators_.size(); ++op) {
    Queue& queue = *queues_[plan_.place_of[op]];
    operators_[op]->give_once(queue);
    if (!plan_.is_constant(op)) continue;
    operators_[op]->give(queue, {});
    for (const TensorId id : plan_.graph.operators()[op].outputs) spread(plan_.place_of[op], id);
  }
  finish();
}

/// Staged, the copies are what is studied.
bool Execution::needs_copies(std::size_t place) const {
  return on_device(place) || plan_.residency == Residency::staged;
}

void Execution::set_input(TensorId input, const std::byte* from) {
  const TensorId root = plan_.graph.root(input);
  const std::byte* before = std::exchange(inputs_[root], from);
  if (from || !before) return;
  finish();
  for (std::size_t place = 0; place < processors_.size(); ++place) {
    if (needs_copies(place) || plan_.memory_of[place] != place || !find(place, root)) continue;
    const Location at = location(place, root);  // it holds what was given last
    queues_[place]->write(*at.buffer, host_copy(root), plan_.graph.tensor(root).type.bytes(),
                          at.offset_bytes);
  }
}

void Execution::set_output(TensorId output, std::byte* to) {
  outputs_[plan_.graph.root(output)] = to;
}

void Execution::set_values(TensorId tensor, std::span<const double> values) {
  const TensorId root = plan_.graph.root(tensor);
  write(root, to_bytes(plan_.graph.tensor(root).type, values));
}

void Execution::write(TensorId tensor, std::span<const std::byte> bytes) {
  const TensorId root = plan_.graph.root(tensor);
  finish();  // an upload that was given before reads the host's copy when it runs
  if (std::byte* copy = host_copy(root)) std::copy(bytes.begin(), bytes.end(), copy);
  place_of(root);  // throws where it has no memory
  for (std::size_t place = 0; place < processors_.size(); ++place) {
    const std::optional<Location> at = find(place, root);
    if (!at || plan_.memory_of[place] != place) continue;
    queues_[place]->write(*at->buffer, bytes.data(), bytes.size(), at->offset_bytes);
    queues_[place]->finish();
  }
}

void Execution::spread(std::size_t from, TensorId tensor) {
  const TensorId root = plan_.graph.root(tensor);
  for (std::size_t place = 0; place < processors_.size(); ++place) {
    if (plan_.memory_of[place] == plan_.memory_of[from] || !find(place, root)) continue;
    set_values(root, values(from, root));
    return;  // to all of them
  }
}

Values Execution::values(TensorId tensor) {
  return values(place_of(plan_.graph.root(tensor)), tensor);
}

Values Execution::values(std::size_t place, TensorId tensor) {
  std::vector<std::byte> bytes;
  read(place, tensor, bytes);
  return to_values(plan_.graph.tensor(plan_.graph.root(tensor)).type, bytes);
}

void Execution::read(TensorId tensor, std::vector<std::byte>& into) {
  read(place_of(plan_.graph.root(tensor)), tensor, into);
}

void Execution::read(std::size_t place, TensorId tensor, std::vector<std::byte>& into) {
  const TensorId root = plan_.graph.root(tensor);
  into.resize(plan_.graph.tensor(root).type.bytes());
  if (place == plan_.host_copies() || !find(place, root))
    place = place_of(root);  // mapped, a piece
  if (place == plan_.host_copies()) {
    std::memcpy(into.data(), host_copy(root), into.size());
    return;
  }
  const Location from = location(place, root);
  queues_[place]->finish();
  if (from.buffer->owner() == Owner::host) {
    std::memcpy(into.data(), from.buffer->host_address(), into.size());
  } else {
    queues_[place]->read(*from.buffer, into.data(), into.size(), from.offset_bytes);
    queues_[place]->finish();
  }
}

Values Execution::downloaded(TensorId output) const {
  const TensorId root = plan_.graph.root(output);
  const TensorType& type = plan_.graph.tensor(root).type;
  const auto step = std::find_if(plan_.steps.begin(), plan_.steps.end(), [&](const PlanStep& one) {
    return one.action == Action::download && one.tensor == root;
  });
  if (step == plan_.steps.end() || needs_copies(step->place)) {
    return to_values(type, host_slots_[plan_.staging_slot_of.at(root)]);
  }
  const Location at = location(step->place, root);
  const auto* own = static_cast<const std::byte*>(at.buffer->host_address()) + at.offset_bytes;
  return to_values(type, {own, type.bytes()});
}

void Execution::do_step(const PlanStep& step, const RunScalars& scalars) {
  give_step(step, scalars);
  if (step.blocking && step.action != Action::map) queues_[step.place]->finish();  // map waits
}

void Execution::copy_tensor(const PlanStep& step) {
  if (!copies(step)) return;
  Queue& queue = *queues_[step.place];
  const Location at = location(step.place, step.tensor);
  const std::size_t bytes = plan_.graph.tensor(step.tensor).type.bytes();
  switch (step.action) {
    case Action::send:
      return queue.write(*at.buffer, host_address(step.tensor), bytes, at.offset_bytes);
    case Action::fetch:
      return queue.read(*at.buffer, host_address(step.tensor), bytes, at.offset_bytes);
    case Action::upload: {
      const RangeOf range = plan_.memory_range(plan_.host_copies(), step.tensor);
      const std::byte* lent = lent_input(range.root);
      const std::byte* from = lent ? lent : host_copy(range.root);
      return queue.write(*at.buffer, from + range.offset_bytes, bytes, at.offset_bytes);
    }
    default: {
      std::byte* lent = lent_output(step.tensor);
      queue.read(*at.buffer, lent ? lent : host_copy(step.tensor), bytes, at.offset_bytes);
    }
  }
}

const std::byte* Execution::lent_input(TensorId root) const {
  const auto found = inputs_.find(root);
  return found == inputs_.end() ? nullptr : found->second;
}

std::byte* Execution::lent_output(TensorId root) const {
  const auto found = outputs_.find(root);
  return found == outputs_.end() ? nullptr : found->second;
}

bool Execution::copies(const PlanStep& step) const {
  if (needs_copies(step.place)) return true;
  if (step.action == Action::upload) {
    return lent_input(plan_.memory_range(plan_.host_copies(), step.tensor).root) != nullptr;
  }
  return step.action != Action::download || lent_output(step.tensor) != nullptr;
}

void Execution::give_step(const PlanStep& step, const RunScalars& scalars) {
  Queue& queue = *queues_[step.place];
  switch (step.action) {
    case Action::launch:
      operators_[step.op]->give(queue, scalars);
      break;
    case Action::upload:
    case Action::download:
    case Action::fetch:
    case Action::send:
      copy_tensor(step);
      break;
    case Action::convert_out:
      round_trips_.at(step.tensor)->out->give(queue, scalars);
      break;
    case Action::convert_in:
      round_trips_.at(step.tensor)->in->give(queue, scalars);
      break;
    case Action::download_staging:
      queue.read(*slots_[plan_.round_trip_slots[0]], host_slots_[plan_.round_trip_slots[1]].data(),
                 round_trips_.at(step.tensor)->bytes);
      break;
    case Action::upload_staging:
      queue.write(*slots_[plan_.round_trip_slots[0]], host_slots_[plan_.round_trip_slots[1]].data(),
                  round_trips_.at(step.tensor)->bytes);
      break;
    case Action::map:
      queue.map(*location(step.place, step.tensor).buffer, Access::read_write);
      return;
    case Action::unmap:
      queue.unmap(*location(step.place, step.tensor).buffer);
      return;
    case Action::flush:
      queue.flush();
      return;
  }
}

namespace {

bool is_due(const PlanStep& step, std::uint64_t run) {
  return (run + 1) % step.period == 0;
}

}  // namespace

void Execution::run(const RunScalars& scalars, std::uint64_t run) {
  for (const PlanStep& step : plan_.steps) {
    if (is_due(step, run)) do_step(step, scalars);
  }
}

void Execution::finish() {
  for (Queue* queue : queues_) queue->finish();
}

void Execution::copy_state(Execution& from) {
  for (TensorId id = 0; id < plan_.graph.tensors().size(); ++id) {
    const Tensor& tensor = plan_.graph.tensor(id);
    const bool copied = tensor.role == Role::parameter || tensor.role == Role::statistic;
    if (!copied || tensor.view_of != no_tensor) continue;
    set_values(id, from.values(from.graph().find(tensor.name)));
  }
  pack_constants();
}

unsigned Execution::period_of_download(TensorId output) const {
  for (const PlanStep& step : plan_.steps) {
    if (step.action == Action::download && step.tensor == plan_.graph.root(output)) {
      return step.period;
    }
  }
  return 1;
}

}  // namespace motley::workloads
