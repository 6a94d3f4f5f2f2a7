// Scheduler FrFcfs: the oldest row hit, else the oldest request (Rixner et al., "Memory Access
// Scheduling", ISCA 2000).
#pragma once

#include "schedulers/queue_scheduler.hpp"

namespace archgym {

class FrFcfs : public QueueScheduler<1, true> {
 public:
  using QueueScheduler::QueueScheduler;
};

}  // namespace archgym
