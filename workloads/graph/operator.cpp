#include "workloads/graph/operator.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

using MakeKinds = std::function<std::vector<OperatorKind>()>;
using MakeImplementation = std::function<Implementation()>;

// Functions, so that the lists exist before the first registration, whichever file that is in.
std::vector<MakeKinds>& registered_kinds() {
  static std::vector<MakeKinds> all;
  return all;
}
std::multimap<std::string, MakeImplementation>& registered_implementations() {
  static std::multimap<std::string, MakeImplementation> all;
  return all;
}

std::vector<OperatorKind> make_kinds() {
  std::vector<OperatorKind> kinds;
  for (const MakeKinds& make : registered_kinds()) {
    for (OperatorKind& kind : make()) kinds.push_back(std::move(kind));
  }
  std::sort(kinds.begin(), kinds.end(),
            [](const OperatorKind& a, const OperatorKind& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(
      kinds.begin(), kinds.end(),
      [](const OperatorKind& a, const OperatorKind& b) { return a.name == b.name; });
  if (twice != kinds.end()) {
    throw Error("two operators are called " + twice->name +
                " (a graph could mean either). Rename one.");
  }
  return kinds;
}

const schema::Value& attribute(const Call& call, const std::string& name) {
  const auto found = call.attributes.find(name);
  if (found == call.attributes.end()) {
    throw Error("the operator has no attribute " + name + " (its rules ask for it). Declare it.");
  }
  return found->second;
}

template <class T>
T attribute_as(const Call& call, const std::string& name) {
  const schema::Value& value = attribute(call, name);
  if (const T* exact = std::get_if<T>(&value)) return *exact;
  throw Error(fmt::format("attribute {} is {} (of another type than its rule says). Give a {}.",
                          name, schema::to_string(value),
                          std::is_same_v<T, std::string> ? "name" : "number"));
}

}  // namespace

std::int64_t Call::integer(const std::string& name) const {
  return attribute_as<std::int64_t>(*this, name);
}

double Call::number(const std::string& name) const {
  const schema::Value& value = attribute(*this, name);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return attribute_as<double>(*this, name);
}

std::string Call::text(const std::string& name) const {
  return attribute_as<std::string>(*this, name);
}

KindRegistration::KindRegistration(std::function<std::vector<OperatorKind>()> make) {
  registered_kinds().push_back(std::move(make));
}

ImplementationRegistration::ImplementationRegistration(std::string kind,
                                                       std::function<Implementation()> make) {
  registered_implementations().emplace(std::move(kind), std::move(make));
}

const std::vector<OperatorKind>& operator_kinds() {
  static const std::vector<OperatorKind> kinds = make_kinds();
  return kinds;
}

const OperatorKind& operator_kind(const std::string& name) {
  std::vector<std::string> known;
  for (const OperatorKind& kind : operator_kinds()) {
    if (kind.name == name) return kind;
    known.push_back(kind.name);
  }
  throw UnknownName("operator", name, known);
}

const std::vector<Implementation>& implementations(const std::string& kind) {
  static const std::map<std::string, std::vector<Implementation>> made = [] {
    std::map<std::string, std::vector<Implementation>> all;
    for (const auto& [name, make] : registered_implementations()) all[name].push_back(make());
    for (const OperatorKind& one : operator_kinds()) {
      all[one.name].push_back(reference_implementation(one));
    }
    for (auto& [name, list] : all) {
      std::sort(list.begin(), list.end(), [](const Implementation& a, const Implementation& b) {
        return std::pair(a.guess, a.name) < std::pair(b.guess, b.name);
      });
    }
    return all;
  }();
  static const std::vector<Implementation> none;
  const auto found = made.find(kind);
  return found == made.end() ? none : found->second;
}

bool runs_on(const Implementation& implementation, const Processor& processor) {
  return implementation.name.starts_with("opencl") == (processor.members() == 0);
}

std::vector<const Implementation*> usable_implementations(const std::string& kind, const Call& call,
                                                          Processor& processor) {
  std::vector<const Implementation*> usable;
  for (const Implementation& one : implementations(kind)) {
    if (!runs_on(one, processor)) continue;
    if (!one.unsupported || one.unsupported(call, processor).empty()) usable.push_back(&one);
  }
  return usable;
}

Call make_call(const OperatorKind& kind, Attributes attributes, std::vector<TensorType> inputs) {
  Call call;
  for (const AttributeRule& rule : kind.attributes) call.attributes[rule.name] = rule.fallback;
  for (auto& [name, value] : attributes) {
    const auto known = call.attributes.find(name);
    if (known == call.attributes.end()) {
      throw Error(fmt::format("{} has no attribute {} (it would be ignored). It has: {}.",
                              kind.name, name, [&] {
                                std::string names;
                                for (const AttributeRule& rule : kind.attributes) {
                                  names += (names.empty() ? "" : ", ") + rule.name;
                                }
                                return names.empty() ? "none" : names;
                              }()));
    }
    const bool widened = std::holds_alternative<double>(known->second) &&
                         std::holds_alternative<std::int64_t>(value);
    known->second =
        widened ? schema::Value(static_cast<double>(std::get<std::int64_t>(value))) : value;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Shape& shape = inputs[i].shape;
    if (std::all_of(shape.begin(), shape.end(), [](std::int64_t n) { return n >= 1; })) continue;
    throw Error(fmt::format("{}: input {} is {} (it has no elements). Use extents of 1 or more.",
                            kind.name, i, to_string(inputs[i])));
  }
  call.inputs = std::move(inputs);
  try {
    call.outputs = kind.outputs(call);
  } catch (const Error& error) {
    throw Error(kind.name + ": " + error.what());
  }
  for (const TensorType& output : call.outputs) {
    if (output.elements() <= 0) {
      throw Error(
          fmt::format("{}: an output would be {} (nothing is left to compute). Use a larger "
                      "input or a smaller window.",
                      kind.name, to_string(output)));
    }
  }
  return call;
}

schema::Work streaming_work(const Call& call, double flops) {
  schema::Work work;
  work.flops = flops;
  for (const TensorType& input : call.inputs) work.bytes_read += double(input.bytes());
  for (const TensorType& output : call.outputs) work.bytes_written += double(output.bytes());
  return work;
}

}  // namespace motley::workloads
