// From the end of a request's data to the end of its response at the initiator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "design.hpp"
#include "front_end.hpp"
#include "latency_statistics.hpp"
#include "live_window.hpp"
#include "system.hpp"
#include "transaction.hpp"
#include "wake_ups.hpp"

namespace archgym {

// Lets values through in the order of their index, each as soon as all before it have come.
template <class T>
class Reorderer {
 public:
  template <class Release>
  void insert(std::int64_t index, const T& value, Release&& release) {
    values_.add(index).value = value;
    for (; values_.contains(next_); ++next_) {
      values_[next_].live = false;
      release(next_, values_[next_].value);
    }
  }

 private:
  struct Value {
    T value{};
    bool live = false;
  };
  LiveWindow<Value> values_;
  std::int64_t next_ = 0;
};

// How responses change hands, in cycles.
struct Handover {
  std::int64_t interval;               // between the responses of a controller
  std::int64_t duration;               // of each
  std::int64_t delivery = 0;           // from its end to the initiator, where the arbiter queues
  std::int64_t delivery_interval = 0;  // between the responses to an initiator
  std::int64_t release = 0;            // until the initiator may have another request under way

  // A controller sends one response per cycle, and any number are on their way. In DRAMSys, one is:
  // under Simple from the controller to the initiator, else from the arbiter to the initiator,
  // which takes one in two cycles.
  static Handover of(const System& system, const Design& design) {
    const std::int64_t delay = design.arbitration_delay_bw;
    if (!system.handshakes) return {.interval = 1, .duration = 1 + delay};
    if (design.arbiter == Arbiter::Simple) return {.interval = 1 + delay, .duration = 1 + delay};
    return {.interval = 0, .duration = 0, .delivery = delay, .delivery_interval = 2, .release = 1};
  }
};

// A recurrence: every time is known as soon as the CAS command before it has issued.
class ResponsePath {
 public:
  ResponsePath(const System& system, const Design& design, FrontEnd& front_end,
               Transactions& transactions, LatencyStatistics& latencies, WakeUps* wake_ups)
      : arbiter_(design.arbiter),
        handover_(Handover::of(system, design)),
        reorder_queue_(design.resp_queue == RespQueue::Reorder),
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
    last_sent_ = std::max(ready, last_sent_ + handover_.interval);
    const std::int64_t end = last_sent_ + handover_.duration;
    Transaction& transaction = transactions_[id];
    transaction.service_end = end;
    if (wake_ups_) wake_ups_->add_response(last_sent_, end);
    if (arbiter_ == Arbiter::Simple)
      finish(transaction, end);
    else
      pass_to_initiator(id, end);
  }

  void pass_to_initiator(std::int64_t id, std::int64_t end) {
    if (arbiter_ == Arbiter::Fifo) return deliver(id, end);
    initiator_.insert(id, end, [this](auto index, auto cycle) { deliver(index, cycle); });
  }

  void deliver(std::int64_t id, std::int64_t end) {
    last_delivered_ =
        std::max(end + handover_.delivery, last_delivered_ + handover_.delivery_interval);
    finish(transactions_[id], last_delivered_);
    front_end_.response_ended(last_delivered_ + handover_.release);
  }

  [[gnu::always_inline]] void finish(Transaction& transaction, std::int64_t end) {
    latencies_.ended(transaction, end);
    transaction.live = false;
  }

  Arbiter arbiter_;
  Handover handover_;
  bool reorder_queue_;
  FrontEnd& front_end_;
  Transactions& transactions_;
  LatencyStatistics& latencies_;
  WakeUps* wake_ups_;  // where the controller's sleep matters
  Reorderer<std::int64_t> queue_, initiator_;
  // Long enough ago to delay nothing.
  std::int64_t last_sent_ = std::numeric_limits<std::int32_t>::min();
  std::int64_t last_delivered_ = std::numeric_limits<std::int32_t>::min();
};

}  // namespace archgym
