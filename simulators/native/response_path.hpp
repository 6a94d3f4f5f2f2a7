// From the end of a request's data to the end of its response at the initiator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "design.hpp"
#include "front_end.hpp"
#include "latency_statistics.hpp"
#include "live_window.hpp"
#include "transaction.hpp"
#include "wake_ups.hpp"

namespace archgym {

// Lets values through in the order of their index, each as soon as all before it have come.
class Reorderer {
 public:
  template <class Release>
  void insert(std::int64_t index, std::int64_t value, Release&& release) {
    values_.add(index).value = value;
    for (; values_.contains(next_); ++next_) {
      values_[next_].live = false;
      release(next_, values_[next_].value);
    }
  }

 private:
  struct Value {
    std::int64_t value = 0;
    bool live = false;
  };
  LiveWindow<Value> values_;
  std::int64_t next_ = 0;
};

// A recurrence: every time is known as soon as the CAS command before it has issued.
class ResponsePath {
 public:
  ResponsePath(const Design& design, FrontEnd& front_end, Transactions& transactions,
               LatencyStatistics& latencies, WakeUps* wake_ups)
      : arbiter_(design.arbiter),
        arbitration_delay_(design.arbitration_delay_backward),
        length_(arbiter_ == Arbiter::Simple ? 1 + arbitration_delay_ : 0),
        reorder_queue_(design.response_queue == ResponseQueue::Reorder),
        front_end_(front_end),
        transactions_(transactions),
        latencies_(latencies),
        wake_ups_(wake_ups) {}

  // The data of transaction `id` are complete in cycle `ready`.
  [[gnu::always_inline]] void insert(std::int64_t id, std::int64_t ready) {
    if (reorder_queue_)
      reorder(id, ready);
    else
      send(id, ready);
  }

 private:
  void reorder(std::int64_t id, std::int64_t ready) {
    queue_.insert(id, ready, [this](auto index, auto cycle) { send(index, cycle); });
  }

  [[gnu::always_inline]] void send(std::int64_t id, std::int64_t ready) {
    last_sent_ = std::max(ready, last_sent_ + length_);
    const std::int64_t end = last_sent_ + length_;
    Transaction& transaction = transactions_[id];
    transaction.service_end = end;
    if (wake_ups_) wake_ups_->add_response(last_sent_, end);
    if (arbiter_ == Arbiter::Simple)
      finish(transaction, end);
    else
      pass_to_initiator(id, end);
  }

  void pass_to_initiator(std::int64_t id, std::int64_t sent) {
    if (arbiter_ == Arbiter::Fifo) return deliver(id, sent);
    initiator_.insert(id, sent, [this](auto index, auto cycle) { deliver(index, cycle); });
  }

  void deliver(std::int64_t id, std::int64_t sent) {
    last_delivered_ = std::max(sent + arbitration_delay_, last_delivered_ + 2);
    finish(transactions_[id], last_delivered_);
    front_end_.response_ended(last_delivered_ + 1);
  }

  [[gnu::always_inline]] void finish(Transaction& transaction, std::int64_t end) {
    latencies_.ended(transaction, end);
    transaction.live = false;
  }

  Arbiter arbiter_;
  std::int64_t arbitration_delay_;
  // Under Simple, a response occupies the controller's interface until it has arrived.
  std::int64_t length_;
  bool reorder_queue_;
  FrontEnd& front_end_;
  Transactions& transactions_;
  LatencyStatistics& latencies_;
  WakeUps* wake_ups_;  // where the controller's sleep matters
  Reorderer queue_, initiator_;
  // Long enough ago to delay nothing.
  std::int64_t last_sent_ = std::numeric_limits<std::int32_t>::min();
  std::int64_t last_delivered_ = std::numeric_limits<std::int32_t>::min();
};

}  // namespace archgym
