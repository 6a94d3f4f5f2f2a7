// Scheduler Fifo: a bank serves its requests in the order in which they came.
#pragma once

#include "schedulers/queue_scheduler.hpp"

namespace archgym {

class Fifo : public QueueScheduler<1, false> {
 public:
  using QueueScheduler::QueueScheduler;

  std::uint32_t next(int) const { return 0; }
  bool hits(int queue, std::uint32_t position) const { return queues_.is_hit(queue, position); }

  // It looks no further than the next request in its queue.
  bool has_further_hit(int queue) const {
    return has_further_request(queue) && queues_.is_hit(queue, 1);
  }
};

}  // namespace archgym
