// From the end of a request's data to the end of its response at the initiator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "design.hpp"
#include "front_end.hpp"
#include "wake_ups.hpp"

namespace archgym {

// Lets values through in the order of their index, each as soon as all before it have come.
class Reorderer {
 public:
  explicit Reorderer(std::size_t count) : values_(count, kMissing) {}

  template <class Release>
  void insert(std::size_t index, std::int64_t value, Release&& release) {
    values_[index] = value;
    for (; next_ < values_.size() && values_[next_] != kMissing; ++next_)
      release(next_, values_[next_]);
  }

 private:
  static constexpr std::int64_t kMissing = -1;
  std::vector<std::int64_t> values_;
  std::size_t next_ = 0;
};

struct ResponseTimes {  // one value a burst, in cycles
  std::vector<std::int64_t> service_begin;  // presented to the controller
  std::vector<std::int64_t> service_end;    // answered by the controller
  std::vector<std::int64_t> end;            // answered at the initiator
  std::int64_t last_end = 0;
};

// A recurrence: every time is known as soon as the CAS command before it has issued.
class ResponsePath {
 public:
  ResponsePath(const Design& design, FrontEnd& front_end, std::size_t count, ResponseTimes& times,
               WakeUps* wake_ups)
      : arbiter_(design.arbiter),
        arbitration_delay_(design.arbitration_delay_backward),
        reorder_queue_(design.response_queue == ResponseQueue::Reorder),
        front_end_(front_end),
        times_(times),
        wake_ups_(wake_ups),
        queue_(reorder_queue_ ? count : 0),
        initiator_(arbiter_ == Arbiter::Reorder ? count : 0) {
    times_.service_begin.assign(count, 0);
    times_.service_end.assign(count, 0);
    times_.end.assign(count, 0);
  }

  // The data of `burst` are complete in cycle `ready`.
  void insert(std::size_t burst, std::int64_t ready) {
    if (!reorder_queue_) return send(burst, ready);
    queue_.insert(burst, ready, [this](auto index, auto cycle) { send(index, cycle); });
  }

 private:
  void send(std::size_t burst, std::int64_t ready) {
    if (arbiter_ == Arbiter::Simple) {  // a response occupies the interface until it has arrived
      const std::int64_t length = 1 + arbitration_delay_;
      last_sent_ = std::max(ready, last_sent_ + length);
      times_.service_end[burst] = last_sent_ + length;
      if (wake_ups_) wake_ups_->add_response(last_sent_, last_sent_ + length);
      finish(burst, last_sent_ + length);
      return;
    }
    last_sent_ = std::max(ready, last_sent_);
    times_.service_end[burst] = last_sent_;
    if (wake_ups_) wake_ups_->add_response(last_sent_, last_sent_);
    if (arbiter_ == Arbiter::Fifo) return deliver(burst, last_sent_);
    initiator_.insert(burst, last_sent_,
                      [this](auto index, auto cycle) { deliver(index, cycle); });
  }

  void deliver(std::size_t burst, std::int64_t sent) {
    last_delivered_ = std::max(sent + arbitration_delay_, last_delivered_ + 2);
    finish(burst, last_delivered_);
    front_end_.response_ended(last_delivered_ + 1);
  }

  void finish(std::size_t burst, std::int64_t end) {
    times_.end[burst] = end;
    times_.last_end = std::max(times_.last_end, end);
  }

  Arbiter arbiter_;
  std::int64_t arbitration_delay_;
  bool reorder_queue_;
  FrontEnd& front_end_;
  ResponseTimes& times_;
  WakeUps* wake_ups_;  // where the controller's sleep matters
  Reorderer queue_, initiator_;
  // Long enough ago to delay nothing.
  std::int64_t last_sent_ = std::numeric_limits<std::int32_t>::min();
  std::int64_t last_delivered_ = std::numeric_limits<std::int32_t>::min();
};

}  // namespace archgym
