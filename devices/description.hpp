// How do we tell a person, or a program, what this machine is? The text fits 80 columns and marks
// what nobody has measured yet; the JSON holds everything that the text leaves out.
#pragma once

#include <string>
#include <vector>

#include "harness/instrument.hpp"
#include "results_schema/record.hpp"

namespace motley::devices {

/// A device that its driver lists and that cannot be used.
struct BrokenProcessor {
  std::string id, name, reason;
};

/// An instrument and what it said when the inventory was taken.
struct InstrumentState {
  std::string name, source;
  bool counts = false;
  Reading reading;
};

struct Inventory {
  schema::Device device;
  std::vector<schema::Processor> processors;
  std::vector<BrokenProcessor> broken;
  std::vector<InstrumentState> instruments;
};

/// Text of `motley devices`: lines of at most 80 characters.
std::string description_text(const Inventory& inventory);

/// Text of `motley devices --json`: {device, processors[], broken[], instruments[]}, indented.
std::string description_json(const Inventory& inventory);

std::vector<InstrumentState> read_all(const Instruments& instruments);

}  // namespace motley::devices
