// Every operator: each implementation against the double-precision reference on each processor, and
// each gradient rule against finite differences of the reference. A new operator is tested by its
// examples.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/graph/interpret.hpp"
#include "workloads/graph/operator_trial.hpp"

namespace motley::workloads {
namespace {

constexpr std::uint64_t seed = 11;

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const OperatorKind& kind : operator_kinds()) names.push_back(kind.name);
  return names;
}

std::string described(const Call& call) {
  std::string text;
  for (const auto& [name, value] : call.attributes)
    text += name + "=" + schema::to_string(value) + " ";
  for (const TensorType& input : call.inputs) text += to_string(input) + " ";
  return text;
}

/// Opened once for all tests (PoCL keeps programs by context), and closed before static objects are
/// destroyed, as oclgrind's are.
class OpenProcessors : public testing::Environment {
 public:
  Processor* get(const std::string& id) {
    auto& one = open_[id];
    if (!one) {
      try {
        one = machine_->open(id);
      } catch (const Unsupported&) {
        return nullptr;
      }
    }
    one->wake();
    return one.get();
  }
  /// Other tests need the cores that this thread had before.
  void park() {
    for (const auto& [id, one] : open_) {
      if (one) one->park();
    }
  }
  void SetUp() override { machine_ = devices::real_machine(); }
  void TearDown() override {
    open_.clear();
    machine_.reset();
  }

 private:
  std::unique_ptr<Machine> machine_;
  std::map<std::string, std::unique_ptr<Processor>> open_;
};
auto& processors =
    static_cast<OpenProcessors&>(*testing::AddGlobalTestEnvironment(new OpenProcessors));

class EachOperator : public testing::TestWithParam<std::string> {
 protected:
  static void TearDownTestSuite() { processors.park(); }
};

/// All; on an OpenCL device, where each costs time, the first and two of the others in turn.
std::vector<schema::Parameters> tunings_of(const Implementation& implementation, const Call& call,
                                           Processor& on, std::size_t example) {
  std::vector<schema::Parameters> tunings;
  if (implementation.tunings) tunings = implementation.tunings(call, on, Tier::full);
  if (tunings.empty()) tunings = {{}};
  if (on.members() == 0 && tunings.size() > 3) {
    const auto others = tunings.begin() + 1;
    const auto turn = static_cast<std::ptrdiff_t>(2 * example % (tunings.size() - 1));
    std::rotate(others, others + turn, tunings.end());
    tunings.resize(3);
  }
  return tunings;
}

void check(Processor& on, const OperatorKind& kind, const Call& call,
           const Implementation& implementation, std::size_t example) {
  for (const schema::Parameters& tuning : tunings_of(implementation, call, on, example)) {
    std::string what = implementation.name + " on " + on.description().id + ": " + described(call);
    for (const auto& [name, value] : tuning) what += name + "=" + schema::to_string(value) + " ";
    SCOPED_TRACE(what);
    const auto queue = on.queue();
    OperatorTrial trial(on, *queue, kind, call, implementation, tuning, seed);
    trial.reset(*queue);
    trial.give(*queue);
    EXPECT_LE(trial.error(*queue), trial.tolerance());
  }
}

/// CLBlast builds a quarter of a minute for a CPU, for each of its routines: one will do.
bool builds_too_long(const Implementation& one, const Call& call, const Processor& on) {
  return one.name == "opencl/clblast" && on.kind() == ProcessorKind::cpu &&
         call.inputs[0].shape.size() > 2;
}

TEST_P(EachOperator, IsRightInEachImplementation) {
  const OperatorKind& kind = operator_kind(GetParam());
  ASSERT_FALSE(kind.examples.empty()) << "nothing to test " << kind.name << " with";
  for (const std::string id : {"cpu", "opencl:0"}) {
    Processor* const on = processors.get(id);
    if (!on) continue;
    for (std::size_t i = 0; i < kind.examples.size(); ++i) {
      const Call call = make_call(kind, kind.examples[i].attributes, kind.examples[i].inputs);
      for (const Implementation* one : usable_implementations(kind.name, call, *on)) {
        if (!builds_too_long(*one, call, *on)) check(*on, kind, call, *one, i);
      }
    }
  }
}

/// Adds `mean_squared_error(output 0, random target)` unless the operator is a loss itself.
TensorId add_loss(Graph& graph, TensorId output) {
  if (graph.operators().back().phase == Phase::loss) return output;
  const TensorType type = graph.tensor(output).type;
  const TensorId target = graph.add_tensor({"target", type, Role::input, {}, no_tensor});
  return graph.add("mean_squared_error", "loss", {output, target}, {}, Phase::loss).front();
}

/// Central differences of the loss at a few elements of each differentiated input.
void compare_with_finite_differences(const Graph& graph, TensorId loss, std::size_t operators,
                                     const std::map<TensorId, TensorId>& gradients,
                                     const std::vector<Values>& contents) {
  const auto loss_with = [&](TensorId changed, std::size_t element, double by) {
    Interpreter run(graph, seed);
    for (TensorId id = 0; id < contents.size(); ++id) run.values(id) = contents[id];
    run.values(changed)[element] += by;
    run.run(example_scalars(), operators);
    return run.values(loss)[0];
  };
  Interpreter whole(graph, seed);
  for (TensorId id = 0; id < contents.size(); ++id) whole.values(id) = contents[id];
  whole.run(example_scalars());
  for (const auto& [of, gradient] : gradients) {
    const Values& got = whole.values(gradient);
    double scale = 0;
    for (const double value : got) scale = std::max(scale, std::abs(value));
    const std::size_t elements = got.size(), step = std::max<std::size_t>(1, elements / 7);
    for (std::size_t i = 0; i < elements; i += step) {
      const double h = 1e-5;
      const double expected = (loss_with(of, i, h) - loss_with(of, i, -h)) / (2 * h);
      EXPECT_NEAR(got[i], expected, 1e-5 * scale + 1e-9)
          << graph.tensor(of).name << " element " << i;
    }
  }
}

TEST_P(EachOperator, HasTheGradientThatFiniteDifferencesShow) {
  const OperatorKind& kind = operator_kind(GetParam());
  if (!kind.gradient) return;
  for (const Example& example : kind.examples) {
    const Call call = make_call(kind, example.attributes, example.inputs);
    SCOPED_TRACE(described(call));
    double elements = 0;
    for (const TensorType& input : call.inputs) elements += double(input.elements());
    if (elements > 4000) continue;  // every element needs two whole runs
    Graph graph;
    std::vector<TensorId> inputs;
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      inputs.push_back(graph.add_tensor(
          {"input" + std::to_string(i), call.inputs[i], Role::input, {}, no_tensor}));
    }
    const TensorId output = graph.add(kind.name, "op", inputs, example.attributes).front();
    std::vector<Values> contents = random_inputs(kind, call, seed);
    const TensorId loss = add_loss(graph, output);
    const std::size_t operators = graph.operators().size();
    contents.resize(graph.tensors().size());
    for (TensorId id = call.inputs.size(); id < contents.size(); ++id) {
      contents[id] = random_values(graph.tensor(id).type, {}, seed, 100 + id);
    }
    std::vector<TensorId> of;
    for (const std::size_t i : kind.differentiable) {
      if (i < inputs.size()) of.push_back(inputs[i]);  // a bias may be left out
    }
    const auto gradients = differentiate(graph, loss, of);
    compare_with_finite_differences(graph, loss, operators, gradients, contents);
  }
}

INSTANTIATE_TEST_SUITE_P(Operators, EachOperator, testing::ValuesIn(kind_names()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace motley::workloads
