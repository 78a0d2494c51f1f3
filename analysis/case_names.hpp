// What does a row need to be called beside other rows? Its case, and those parameters that tell it
// apart: what all rows of a case share says nothing.
#pragma once

#include <map>
#include <set>
#include <string>

#include "results_schema/record.hpp"

namespace motley::analysis {

class CaseNames {
 public:
  void add(const schema::Key& key);
  /// `op/matmul m=64`, without the processor.
  std::string question(const schema::Key& key) const;
  /// The same ` on cpu:0` where there are several processors.
  std::string name(const schema::Key& key) const;
  /// Where all share one; else empty.
  std::string processor() const;
  std::string scenario() const;

 private:
  std::map<std::string, std::size_t> keys_;
  std::map<std::string, std::map<std::string, std::set<std::string>>> values_;
  std::map<std::string, std::map<std::string, std::size_t>> with_;
  std::set<std::string> processors_, scenarios_;
};

}  // namespace motley::analysis
