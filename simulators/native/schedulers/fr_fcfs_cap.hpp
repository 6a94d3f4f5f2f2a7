// Scheduler FrFcfsCap: as FrFcfs, but once RowHitCap younger row hits have overtaken the oldest
// request of a bank, that comes first (FR-FCFS+Cap of Mutlu and Moscibroda, "Stall-Time Fair Memory
// Access Scheduling for Chip Multiprocessors", MICRO 2007).
#pragma once

#include <array>
#include <cstdint>

#include "lanes.hpp"
#include "schedulers/queue_scheduler.hpp"

namespace archgym {

class FrFcfsCap : public QueueScheduler<1, true> {
 public:
  using QueueScheduler::QueueScheduler;

  [[gnu::always_inline]] void remove(const Transaction& transaction, std::uint32_t position) {
    overtaken_[transaction.bank] = position == 0 ? 0 : overtaken_[transaction.bank] + 1;
    QueueScheduler::remove(transaction, position);
  }

  std::uint32_t next(int queue) const {
    const std::uint32_t hit = queues_.first_hit(queue);
    return overtaken_[queue] < design_.row_hit_cap ? hit : 0;
  }
  bool hits(int queue, std::uint32_t position) const { return queues_.is_hit(queue, position); }

 private:
  std::array<std::int64_t, kMaxBanks> overtaken_{};  // by bank: how often its oldest request was
};

}  // namespace archgym
