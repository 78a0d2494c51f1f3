// A processor that belongs to the calling thread for a while: pinned, its team awake.
#pragma once

#include "harness/processor.hpp"

namespace motley::workloads {

class Awake {
 public:
  /// Null: nothing is woken. Throws what waking throws.
  explicit Awake(Processor* processor) : processor_(processor) {
    if (processor_) processor_->wake();
  }
  ~Awake() {
    if (processor_) processor_->park();
  }
  Awake(const Awake&) = delete;
  Awake& operator=(const Awake&) = delete;

 private:
  Processor* processor_;
};

}  // namespace motley::workloads
