// What is kept of the latencies of a run.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "latency_histogram.hpp"
#include "live_window.hpp"
#include "requests.hpp"
#include "transaction.hpp"

namespace archgym {

// A request ends with the last of its bursts to end, and was presented with its first.
class LatencyStatistics {
 public:
  LatencyStatistics(const Requests& requests, std::int64_t clock_ps)
      : requests_(requests),
        clock_ps_(clock_ps),
        one_to_one_(requests.arrival_ps.size() == requests.bursts.size()) {}

  void accepted(const Transaction& transaction) {
    if (one_to_one_) return;
    const Burst& burst = requests_.bursts[transaction.burst];
    Partial& partial = partial_[burst.request];
    if (!partial.live || partial.request != burst.request) {
      Partial& fresh = partial_.add(burst.request);
      fresh.request = burst.request;
      fresh.begin = transaction.begin;
      count_in(fresh, burst);
    } else {
      count_in(partial, burst);
    }
  }

  // `end`: cycle in which the response has reached the initiator.
  void ended(const Transaction& transaction, std::int64_t end) {
    last_end_ = std::max(last_end_, end);
    const Burst& burst = requests_.bursts[transaction.burst];
    if (one_to_one_)
      return record(burst, transaction.service_end - transaction.begin, end);
    Partial& partial = partial_[burst.request];
    partial.service_end = std::max(partial.service_end, transaction.service_end);
    partial.end = std::max(partial.end, end);
    if (--partial.bursts > 0 || !partial.is_complete) return;
    partial.live = false;
    record(burst, partial.service_end - partial.begin, partial.end);
  }

  std::int64_t last_end() const { return last_end_; }
  const LatencyHistogram& at_initiator() const { return at_initiator_; }    // picoseconds
  const LatencyHistogram& at_controller() const { return at_controller_; }  // cycles
  std::int64_t count(bool write) const { return count_[write]; }
  std::int64_t sum_ps(bool write) const { return sum_ps_[write]; }

 private:
  struct Partial {
    std::int64_t begin = 0, service_end = 0, end = 0;
    std::uint32_t request = 0;
    std::int32_t bursts = 0;   // accepted and not ended
    bool is_complete = false;  // all its bursts have been accepted
    bool live = false;
  };

  static void count_in(Partial& partial, const Burst& burst) {
    ++partial.bursts;
    partial.is_complete = burst.last;
  }

  void record(const Burst& burst, std::int64_t service, std::int64_t end) {
    const std::int64_t latency = end * clock_ps_ - requests_.arrival_ps[burst.request];
    at_initiator_.add(latency);
    at_controller_.add(service);
    ++count_[burst.write];
    sum_ps_[burst.write] += latency;
  }

  const Requests& requests_;
  std::int64_t clock_ps_;
  bool one_to_one_;
  LiveWindow<Partial> partial_;  // by request, where it has several bursts
  LatencyHistogram at_initiator_, at_controller_;
  std::array<std::int64_t, 2> count_{}, sum_ps_{};
  std::int64_t last_end_ = 0;
};

}  // namespace archgym
