// Scheduler GrpFrFcfsWm: the whole channel serves reads or writes, and turns where the number of
// writes that wait passes a watermark.
#pragma once

#include "schedulers/directed_scheduler.hpp"

namespace archgym {

class GrpFrFcfsWm : public DirectedScheduler<2> {
 public:
  static constexpr bool kTurnsOnArrival = true;

  using DirectedScheduler::DirectedScheduler;

  [[gnu::always_inline]] bool store(std::int32_t id, const Transaction& transaction) {
    DirectedScheduler::store(id, transaction);
    follow_watermarks();
    return true;
  }
  [[gnu::always_inline]] void remove(const Transaction& transaction, std::uint32_t position) {
    QueueScheduler::remove(transaction, position);
    follow_watermarks();
  }

  int further(int bank, int) const { return serving(bank); }

 private:
  void follow_watermarks() {
    if (prefers_writes_ ? admission_.writes() <= design_.low_watermark && admission_.reads() != 0
                        : admission_.writes() > design_.high_watermark || admission_.reads() == 0)
      prefer(!prefers_writes_);
  }
};

}  // namespace archgym
