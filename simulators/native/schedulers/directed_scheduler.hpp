// What schedulers have in common that prefer reads or writes in the whole channel.
#pragma once

#include "schedulers/queue_scheduler.hpp"

namespace archgym {

template <int kQueuesPerBank>
class DirectedScheduler : public QueueScheduler<kQueuesPerBank, true> {
  using Base = QueueScheduler<kQueuesPerBank, true>;

 public:
  static constexpr bool kDirected = true;

  using Base::Base;

  [[gnu::always_inline]] bool store(std::int32_t id, const Transaction& transaction) {
    Base::store(id, transaction);
    return true;
  }
  // The direction of the last access is preferred.
  [[gnu::always_inline]] void remove(const Transaction& transaction, std::uint32_t position) {
    Base::remove(transaction, position);
    prefer(transaction.write);
  }

  bool has_turned() const { return has_turned_; }
  void all_chose_again() { has_turned_ = false; }

  int serving(int bank) const { return Base::Queues::queue(bank, prefers_writes_); }
  bool hits(int queue, std::uint32_t position) const {
    return Base::kGrouped ? this->queues_.is_hit(queue, position) : Base::hits(queue, position);
  }

 protected:
  void prefer(bool writes) {
    has_turned_ |= prefers_writes_ != writes;
    prefers_writes_ = writes;
  }

  bool prefers_writes_ = false;

 private:
  bool has_turned_ = false;
};

}  // namespace archgym
