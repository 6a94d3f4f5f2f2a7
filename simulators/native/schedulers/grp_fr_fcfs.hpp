// Scheduler GrpFrFcfs: a bank serves all its reads or all its writes first, in the order of FrFcfs.
#pragma once

#include "schedulers/directed_scheduler.hpp"

namespace archgym {

class GrpFrFcfs : public DirectedScheduler<2> {
 public:
  using DirectedScheduler::DirectedScheduler;

  int serving(int bank) const {
    const int preferred = Queues::queue(bank, prefers_writes_);
    return queues_.size(preferred) > 0 ? preferred : Queues::queue(bank, !prefers_writes_);
  }
};

}  // namespace archgym
