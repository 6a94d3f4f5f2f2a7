// Which request each bank serves next: what schedulers have in common.
//
// A scheduler is a class of a file of its own, named as the value of the parameter Scheduler, that
// hides the members below which it does otherwise. The controller is compiled for each of them, so
// nothing is virtual.
#pragma once

#include <cstdint>

#include "admission.hpp"
#include "bank_queue.hpp"
#include "design.hpp"
#include "transaction.hpp"

namespace archgym {

// Serves a bank's oldest row hit or, without one, its oldest request, unless that is hidden.
// `kQueuesPerBank` is 2 where reads and writes wait in queues of their own.
template <int kQueuesPerBank, bool kFindsHits>
class QueueScheduler {
 public:
  static constexpr bool kGrouped = kQueuesPerBank == 2;
  // Whether one direction is preferred in the whole channel, and so can change every bank's mind.
  static constexpr bool kDirected = false;
  // Whether that can change when a request arrives. Only then it shows that DRAMSys's controller
  // sleeps.
  static constexpr bool kTurnsOnArrival = false;

  using Queues = BankQueues<kQueuesPerBank, kFindsHits>;

  struct Pick {
    int queue;
    std::uint32_t position;
  };

  QueueScheduler(const Design& design, const Admission& admission, const Transactions& transactions,
                 int banks)
      : design_(design), admission_(admission), transactions_(transactions), queues_(banks) {}

  const Queues& queues() const { return queues_; }
  void open(int bank, std::uint32_t row) { queues_.open(bank, row); }
  void close(int bank) { queues_.close(bank); }

  // Admission must know of both first. Returns whether that can change what the bank serves next.
  [[gnu::always_inline]] bool store(std::int32_t id, const Transaction& transaction) {
    return queues_.push(Queues::queue(transaction.bank, transaction.write), id, transaction.row);
  }
  [[gnu::always_inline]] void remove(const Transaction& transaction, std::uint32_t position) {
    queues_.erase_hit(Queues::queue(transaction.bank, transaction.write), position);
  }

  // Whether the preferred direction has changed since all banks chose again.
  bool has_turned() const { return false; }
  void all_chose_again() {}

  // The queue that `bank` serves; it may be empty.
  int serving(int bank) const { return bank; }

  // What to serve next of a queue that is not empty, and whether that hits the open row.
  std::uint32_t next(int queue) const { return queues_.first_hit(queue); }
  bool hits(int queue, std::uint32_t) const { return queues_.hits(queue) > 0; }

  // The queue in which page policies look for further requests to serve after one of `queue`.
  int further(int, int queue) const { return queue; }
  bool has_further_request(int queue) const { return queues_.size(queue) >= 2; }
  bool has_further_hit(int queue) const { return queues_.hits(queue) >= 2; }

 protected:
  const Design& design_;
  const Admission& admission_;
  const Transactions& transactions_;
  Queues queues_;
};

}  // namespace archgym
