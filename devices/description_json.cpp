#include <cmath>
#include <nlohmann/json.hpp>

#include "devices/description.hpp"
#include "devices/profile.hpp"

namespace motley::devices {
namespace {

using json = nlohmann::ordered_json;

json to_json(const schema::Fact& fact) {
  return std::visit(
      [](const auto& value) -> json {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>) {
          if (!std::isfinite(value)) return nullptr;  // JSON has no infinity
        }
        return value;
      },
      fact);
}

json to_json(const schema::Facts& facts) {
  json object = json::object();
  for (const auto& [name, fact] : facts) object[name] = to_json(fact);
  return object;
}

json to_json(const schema::Device& device) {
  json clusters = json::array(), caches = json::array();
  for (const schema::Cluster& cluster : device.clusters) {
    clusters.push_back(
        {{"name", cluster.name}, {"cores", cluster.cores}, {"facts", to_json(cluster.facts)}});
  }
  for (const schema::Cache& cache : device.caches) {
    caches.push_back({{"level", cache.level},
                      {"type", cache.type},
                      {"bytes", cache.bytes},
                      {"line_bytes", cache.line_bytes},
                      {"shared_by", cache.shared_by},
                      {"confirmed", cache.confirmed}});
  }
  return {{"id", device.id},
          {"name", device.name},
          {"clusters", clusters},
          {"caches", caches},
          {"facts", to_json(device.facts)}};
}

json to_json(const schema::Processor& processor) {
  json quirks = json::array();
  for (const Quirk& quirk : quirks_of(processor)) {
    quirks.push_back({{"name", quirk.name},
                      {"value", to_json(quirk.value)},
                      {"means", quirk.means},
                      {"source", quirk.source}});
  }
  return {{"id", processor.id},     {"stable_id", processor.stable_id},
          {"kind", processor.kind}, {"name", processor.name},
          {"quirks", quirks},       {"facts", to_json(processor.facts)}};
}

const char* to_string(Reading::State state) {
  switch (state) {
    case Reading::State::value:
      return "value";
    case Reading::State::denied:
      return "denied";
    case Reading::State::absent:
      return "absent";
  }
  return "absent";
}

json to_json(const InstrumentState& instrument) {
  const Reading& reading = instrument.reading;
  json object = {{"name", instrument.name},
                 {"source", instrument.source},
                 {"counts", instrument.counts},
                 {"state", to_string(reading.state)}};
  if (reading.state == Reading::State::value) {
    object["value"] = reading.value;
  } else {
    object["reason"] = reading.reason;
  }
  return object;
}

}  // namespace

std::string description_json(const Inventory& inventory) {
  json processors = json::array(), broken = json::array(), instruments = json::array();
  for (const auto& processor : inventory.processors) processors.push_back(to_json(processor));
  for (const auto& one : inventory.broken) {
    broken.push_back({{"id", one.id}, {"name", one.name}, {"reason", one.reason}});
  }
  for (const auto& instrument : inventory.instruments) instruments.push_back(to_json(instrument));
  const json all = {{"device", to_json(inventory.device)},
                    {"processors", processors},
                    {"broken", broken},
                    {"instruments", instruments}};
  // What a driver or a file says need not be UTF-8.
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace motley::devices
