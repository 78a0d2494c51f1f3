// Can a person read it in 80 columns, and a program as JSON, whatever drivers and files said?
#include "devices/description.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "devices/instruments.hpp"
#include "devices/linux/parse.hpp"
#include "devices/testdata/trees.hpp"
#include "devices/topology.hpp"

namespace motley::devices {
namespace {

Inventory inventory_of(const std::string& name) {
  const auto files = std::make_shared<Files>(tree(name));
  Inventory inventory;
  inventory.device = describe_device(*files);
  inventory.instruments = read_all(all_instruments(files));
  schema::Processor adreno;
  adreno.id = "opencl:0";
  adreno.kind = "gpu";
  adreno.name = "QUALCOMM Adreno(TM) " + std::string(90, 'x');
  adreno.facts["vendor"] = std::string("QUALCOMM");
  adreno.facts["fp16"] = true;
  adreno.facts["compute_units"] = std::int64_t{3};
  adreno.facts["extensions"] = std::vector<std::string>(40, "cl_khr_some_extension");
  inventory.processors.push_back(adreno);
  inventory.broken.push_back(
      {"opencl:1", "", "clCreateContext failed with CL_OUT_OF_HOST_MEMORY."});
  return inventory;
}

/// The words, however they were wrapped.
std::string flat(const std::string& text) {
  std::string words;
  for (const std::string& word : split_words(text)) words += word + ' ';
  return words;
}

TEST(Text, FitsEightyColumnsOnEveryTree) {
  for (const char* name : {"x86_vm", "snapdragon_865", "kirin_980", "no such tree"}) {
    for (const std::string& line : split_lines(description_text(inventory_of(name)))) {
      EXPECT_LE(line.size(), 80u) << line;
      EXPECT_TRUE(line.empty() || line.back() != ' ') << '"' << line << '"';
    }
  }
}

TEST(Text, SaysWhatIsUnconfirmedBrokenAndQuirky) {
  Inventory inventory = inventory_of("x86_vm");
  const std::string text = description_text(inventory);
  EXPECT_NE(text.find("L3 unified         480 MiB? 1 of cores 0-1"), std::string::npos) << text;
  EXPECT_NE(text.find("L1 data             48 KiB? 2 of cores 0 | 1"), std::string::npos) << text;
  EXPECT_NE(text.find("CL_OUT_OF_HOST_MEMORY"), std::string::npos);
  EXPECT_NE(text.find("says 1 MHz"), std::string::npos);
  EXPECT_NE(text.find("features   fp16 yes"), std::string::npos);
  EXPECT_NE(text.find("work       3 compute units"), std::string::npos);
  EXPECT_NE(text.find("all usable"), std::string::npos);
  for (schema::Cache& cache : inventory.device.caches) cache.confirmed = true;
  EXPECT_EQ(description_text(inventory).find("MiB?"), std::string::npos);
}

TEST(Text, NamesTheCoresThatThisProcessMayUse) {
  Inventory inventory = inventory_of("snapdragon_865");
  inventory.device.facts["cores_allowed"] = std::string("0-3");
  EXPECT_NE(description_text(inventory).find("this process may use only 0-3"), std::string::npos);
}

TEST(Text, NamesLimitsOfAContainer) {
  Inventory inventory = inventory_of("x86_vm");
  inventory.device.facts["quota_cores"] = 1.5;
  inventory.device.facts["memory_limit_bytes"] = std::int64_t{2} << 30;
  const std::string text = flat(description_text(inventory));
  EXPECT_NE(text.find("throttled to the time of 1.5 cores"), std::string::npos) << text;
  EXPECT_NE(text.find("limited to 2.0 GiB"), std::string::npos) << text;
}

TEST(Json, HoldsEverythingAndTheStateOfEachInstrument) {
  const auto json = nlohmann::json::parse(description_json(inventory_of("snapdragon_865")));
  EXPECT_EQ(json.at("device").at("name"), "Xiaomi Mi 10");
  EXPECT_EQ(json.at("device").at("clusters").size(), 3u);
  EXPECT_EQ(json.at("processors").at(0).at("quirks").at(0).at("name"), "maximum_clock_unknown");
  EXPECT_EQ(json.at("broken").at(0).at("id"), "opencl:1");
  std::map<std::string, int> states;
  for (const auto& instrument : json.at("instruments")) {
    const std::string state = instrument.at("state");
    ++states[state];
    EXPECT_TRUE(instrument.contains(state == "value" ? "value" : "reason")) << instrument;
  }
  EXPECT_GT(states["value"], 20);
  EXPECT_GT(states["absent"], 5);
}

TEST(Json, SurvivesBytesThatAreNoUtf8AndInfinity) {
  Inventory inventory = inventory_of("x86_vm");
  inventory.device.name = "\xff\xfe";
  inventory.device.facts["broken_by_a_driver"] = 1.0 / 0.0;
  const auto json = nlohmann::json::parse(description_json(inventory));
  EXPECT_TRUE(json.at("device").at("facts").at("broken_by_a_driver").is_null());
}

}  // namespace
}  // namespace motley::devices
