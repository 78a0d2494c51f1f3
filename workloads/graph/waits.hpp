// Which steps of other places must have ended before a step may begin? Those that wrote what it
// reads, and those that read or wrote what it writes. Within a place the order of steps is enough.
#pragma once

#include "workloads/graph/plan.hpp"

namespace motley::workloads {

class Waits {
 public:
  /// `plan` must outlive it; its operators are placed.
  Waits(Plan& plan, std::size_t places);

  /// Fills plan.steps[step].waits. Steps come in their order.
  void find(std::size_t step);
  /// What an elided operator puts out was written by those who wrote what it reads.
  void pass_on(std::size_t op);

 private:
  using Key = std::pair<std::size_t, TensorId>;  ///< memory, root
  struct Content {
    std::vector<std::size_t> writers, readers;  ///< steps; readers since the last write
  };
  void read(std::size_t step, const Key& key);
  void write(std::size_t step, const Key& key);
  void wait(std::size_t step, const std::vector<std::size_t>& others);

  Plan& plan_;
  std::size_t staging_;  ///< stands for the host's copies
  std::map<Key, Content> contents_;
  /// known_[p][q]: the last step of place q that place p has waited for, plus 1.
  std::vector<std::vector<std::size_t>> known_;
};

}  // namespace motley::workloads
