// Which request each bank serves next.
#pragma once

#include <cstdint>

#include "admission.hpp"
#include "bank_queue.hpp"
#include "design.hpp"
#include "transaction.hpp"

namespace archgym {

template <Scheduler kScheduler>
class RequestScheduler {
 public:
  // These keep a bank's reads and writes in queues apart.
  static constexpr bool kGrouped =
      kScheduler == Scheduler::GrpFrFcfs || kScheduler == Scheduler::GrpFrFcfsWm;
  // These prefer one direction in the whole channel, and so can change every bank's mind.
  static constexpr bool kDirected = kGrouped || kScheduler == Scheduler::FrFcfsGrp;

  using Queues = BankQueues<kGrouped ? 2 : 1, kScheduler != Scheduler::Fifo>;

  struct Pick {
    int queue;
    std::uint32_t position;
  };

  RequestScheduler(const Design& design, const Admission& admission,
                   const Transactions& transactions, int banks)
      : design_(design), admission_(admission), transactions_(transactions), queues_(banks) {}

  const Queues& queues() const { return queues_; }
  void open(int bank, std::uint32_t row) { queues_.open(bank, row); }
  void close(int bank) { queues_.close(bank); }

  // Admission must know of both first. Returns whether that can change what the bank serves next.
  [[gnu::always_inline]] bool store(std::int32_t id, const Transaction& transaction) {
    const bool is_first =
        queues_.push(Queues::queue(transaction.bank, transaction.write), id, transaction.row);
    if constexpr (kScheduler == Scheduler::GrpFrFcfsWm) follow_watermarks();
    return kDirected || is_first;
  }
  [[gnu::always_inline]] void remove(const Transaction& transaction, std::uint32_t position) {
    queues_.erase_hit(Queues::queue(transaction.bank, transaction.write), position);
    if constexpr (kScheduler == Scheduler::GrpFrFcfsWm)
      follow_watermarks();
    else if constexpr (kDirected)
      prefer(transaction.write);
  }

  // Whether the preferred direction has changed since all banks chose again.
  bool has_turned() const { return kDirected && has_turned_; }
  void all_chose_again() { has_turned_ = false; }

  // The queue that `bank` serves; it may be empty.
  int serving(int bank) const {
    const int preferred = Queues::queue(bank, prefers_writes_);
    if constexpr (kScheduler == Scheduler::GrpFrFcfs)
      return queues_.size(preferred) > 0 ? preferred : Queues::queue(bank, !prefers_writes_);
    return preferred;
  }

  // Whether what it serves next of `queue` hits the open row.
  bool hits(int queue, std::uint32_t position) const {
    return kScheduler == Scheduler::Fifo || kGrouped ? queues_.is_hit(queue, position)
                                                     : queues_.hits(queue) > 0;
  }

  // What to serve next of a queue that is not empty.
  std::uint32_t next(int queue) const {
    if constexpr (kScheduler == Scheduler::Fifo) return 0;
    const std::uint32_t oldest = queues_.first_hit(queue);
    if constexpr (kScheduler == Scheduler::FrFcfsGrp) return preferred_hit(queue, oldest);
    return oldest;
  }

  // The queue in which page policies look for further requests to serve after one of `queue`.
  int further(int bank, int queue) const {
    return kScheduler == Scheduler::GrpFrFcfsWm ? serving(bank) : queue;
  }
  bool has_further_request(int queue) const { return queues_.size(queue) >= 2; }
  bool has_further_hit(int queue) const {
    // Fifo looks no further than the next request in its queue.
    if constexpr (kScheduler == Scheduler::Fifo)
      return has_further_request(queue) && queues_.is_hit(queue, 1);
    return queues_.hits(queue) >= 2;
  }

 private:
  void follow_watermarks() {
    if (prefers_writes_
            ? admission_.writes() <= design_.low_watermark && admission_.reads() != 0
            : admission_.writes() > design_.high_watermark || admission_.reads() == 0)
      prefer(!prefers_writes_);
  }

  void prefer(bool writes) {
    has_turned_ |= prefers_writes_ != writes;
    prefers_writes_ = writes;
  }

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

  const Design& design_;
  const Admission& admission_;
  const Transactions& transactions_;
  Queues queues_;
  // Direction of the last CAS or, with watermarks, the mode of the channel.
  bool prefers_writes_ = false;
  bool has_turned_ = false;
};

}  // namespace archgym
