// Where does each operator and each network lie below what its processor could do? Ceilings are
// those of the same records; points lie at the work that was executed, not at the algorithm's where
// an implementation does other work. A point's memory ceiling is that of the level that holds its
// working set: of a case with cold operands main memory, of a network what the network keeps in
// memory. Points above their bound have their operands nearer than that.
#pragma once

#include <string>
#include <vector>

#include "analysis/ceilings.hpp"

namespace motley::analysis {

struct RooflinePoint {
  enum class Kind { operator_case, network_operator, network };
  Kind kind = Kind::operator_case;
  std::string processor;
  std::string network;  ///< as NetworkNames has it; of cases empty
  std::string name;  ///< conv2d first forward; of a network's operator its own; of networks empty
  std::string implementation;  ///< of networks empty
  std::string phase;           ///< of a network's operator: forward, update ...
  std::string dtype;
  bool warm = false;    ///< a case whose operands are always the same
  bool fastest = true;  ///< of the implementations of one case
  double flops = 0;     ///< executed in one run; of integers operations
  double bytes = 0;     ///< read and written in one run, each operand once
  double seconds = 0;   ///< of one run, > 0
  Roof roof;            ///< what bounds it; may be unknown
  bool from_main_memory = true;

  double intensity() const;         ///< operations a byte; 0 where nothing is moved
  double flops_per_second() const;  ///< reached
  double bytes_per_second() const;
  double share() const;  ///< of the bound: least seconds / seconds; 0 where it is not known
  bool memory_bound() const { return roof.memory_bound(flops, bytes); }
};

struct MissingCeiling {
  std::string processor, dtype;
  std::string what;     ///< flops/fp32, bandwidth/*
  std::string command;  ///< that measures it
};

struct Roofline {
  std::vector<ArithmeticCeiling> arithmetic;
  std::vector<MemoryCeiling> memory;
  std::vector<RooflinePoint> points;  ///< cases, then each network and its operators, as in the log
  std::vector<MissingCeiling> missing;  ///< each once
};

/// Blocks under load, of scenarios with queries and suspect ones give no points.
Roofline roofline(const schema::Log& log);

}  // namespace motley::analysis
