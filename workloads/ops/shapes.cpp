#include "workloads/ops/shapes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/error.hpp"
#include "harness/visit.hpp"

namespace motley::workloads {
namespace {

using Json = nlohmann::json;

schema::Value value_from(const Json& json) {
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  return json.get<std::string>();
}

DataType dtype_from(const std::string& name) {
  for (const DataType type :
       {DataType::f32, DataType::f16, DataType::bf16, DataType::i8, DataType::i32}) {
    if (to_string(type) == name) return type;
  }
  throw UnknownName("dtype", name, {"f32", "f16", "bf16", "i8", "i32"});
}

/// [2,3] is an f32 tensor; {"shape":[2,3],"dtype":"i32"} any.
TensorType tensor_from(const Json& json) {
  if (json.is_array()) return {json.get<Shape>()};
  return {json.at("shape").get<Shape>(), dtype_from(json.at("dtype").get<std::string>())};
}

NamedShape shape_from(const Json& json) {
  NamedShape shape;
  shape.name = json.at("name").get<std::string>();
  shape.tier = tier_from(json.value("tier", "full"));
  const Json attributes = json.value("attributes", Json::object());
  for (const auto& [name, value] : attributes.items()) {
    shape.attributes[name] = value_from(value);
  }
  for (const Json& input : json.at("inputs")) shape.inputs.push_back(tensor_from(input));
  return shape;
}

}  // namespace

std::vector<NamedShape> shapes_of(const std::string& kind) {
  for (const std::string_view text : shape_files()) {
    try {
      const Json file = Json::parse(text);
      const Json& kinds = file.at("operators");
      if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) continue;
      std::vector<NamedShape> shapes;
      for (const Json& one : file.at("shapes")) shapes.push_back(shape_from(one));
      return shapes;
    } catch (const Json::exception& error) {
      throw Error(
          fmt::format("a file of shapes cannot be read: {} (operators have nothing to be "
                      "measured at). Correct workloads/shapes/.",
                      error.what()));
    }
  }
  return {};
}

}  // namespace motley::workloads
