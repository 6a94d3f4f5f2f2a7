// Scheduler FrFcfsGrp: as FrFcfs, but hits of the direction of the last access come first.
#pragma once

#include "schedulers/directed_scheduler.hpp"

namespace archgym {

class FrFcfsGrp : public DirectedScheduler<1> {
 public:
  using DirectedScheduler::DirectedScheduler;

  std::uint32_t next(int queue) const { return preferred_hit(queue, queues_.first_hit(queue)); }

 private:
  // The oldest hit in the preferred direction, unless an earlier hit has its address.
  std::uint32_t preferred_hit(int queue, std::uint32_t oldest) const {
    const std::uint32_t hits = queues_.hits(queue);
    std::uint32_t position = oldest;
    for (std::uint32_t seen = 0; seen < hits; ++seen) {
      if (seen > 0) position = queues_.next_hit(queue, position + 1);
      if (transactions_[queues_.request(queue, position)].write == prefers_writes_ &&
          !follows_same_address(queue, oldest, position))
        return position;
    }
    return oldest;
  }

  bool follows_same_address(int queue, std::uint32_t first_hit, std::uint32_t position) const {
    const std::uint32_t column = transactions_[queues_.request(queue, position)].column;
    for (std::uint32_t p = first_hit; p < position; ++p)
      if (queues_.is_hit(queue, p) && transactions_[queues_.request(queue, p)].column == column)
        return true;
    return false;
  }
};

}  // namespace archgym
