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

  [[gnu::always_inline]] void accepted(const Transaction& transaction) {
    if (!one_to_one_) burst_accepted(transaction);
  }

  // `end`: cycle in which the response has reached the initiator.
  [[gnu::always_inline]] void ended(const Transaction& transaction, std::int64_t end) {
    last_end_ = std::max(last_end_, end);
    if (one_to_one_)
      record(transaction, transaction.service_end - transaction.begin, end);
    else
      burst_ended(transaction, end);
  }

  std::int64_t last_end() const { return last_end_; }
  std::int64_t count() const { return count_[0] + count_[1]; }
  std::int64_t count(bool write) const { return count_[write]; }
  // At the initiator, in picoseconds.
  const LatencyHistogram& at_initiator(bool write) const { return at_initiator_[write]; }
  std::int64_t sum_at_initiator(bool write) const { return sum_at_initiator_[write]; }
  // In the controller, in cycles.
  const LatencyHistogram& at_controller() const { return at_controller_; }
  std::int64_t sum_at_controller() const { return sum_at_controller_; }

 private:
  struct Partial {
    std::int64_t begin, service_end, end;
    std::int32_t bursts;  // that have not ended
    bool live;
  };

  // How many bursts the request of a burst has; they follow each other.
  std::int32_t count_bursts(std::int32_t burst) const {
    const auto& bursts = requests_.bursts;
    const std::uint32_t request = bursts[burst].request;
    auto first = static_cast<std::size_t>(burst), end = first + 1;
    while (first > 0 && bursts[first - 1].request == request) --first;
    while (end < bursts.size() && bursts[end].request == request) ++end;
    return static_cast<std::int32_t>(end - first);
  }

  void burst_accepted(const Transaction& transaction) {
    const std::uint32_t request = requests_.bursts[transaction.burst].request;
    if (partial_.contains(request)) {
      // Channels may take the bursts of a request in any order.
      partial_[request].begin = std::min(partial_[request].begin, transaction.begin);
      return;
    }
    partial_.add(request) = {.begin = transaction.begin,
                             .service_end = 0,
                             .end = 0,
                             .bursts = count_bursts(transaction.burst),
                             .live = true};
  }

  void burst_ended(const Transaction& transaction, std::int64_t end) {
    Partial& partial = partial_[requests_.bursts[transaction.burst].request];
    partial.service_end = std::max(partial.service_end, transaction.service_end);
    partial.end = std::max(partial.end, end);
    if (--partial.bursts > 0) return;
    partial.live = false;
    record(transaction, partial.service_end - partial.begin, partial.end);
  }

  [[gnu::always_inline]] void record(const Transaction& transaction, std::int64_t service,
                                     std::int64_t end) {
    const std::int64_t latency = end * clock_ps_ - transaction.arrival_ps;
    at_initiator_[transaction.write].add(latency);
    at_controller_.add(service);
    ++count_[transaction.write];
    sum_at_initiator_[transaction.write] += latency;
    sum_at_controller_ += service;
  }

  const Requests& requests_;
  std::int64_t clock_ps_;
  bool one_to_one_;
  LiveWindow<Partial> partial_;                   // by request, where it has several bursts
  std::array<LatencyHistogram, 2> at_initiator_;  // by read or write
  LatencyHistogram at_controller_;
  std::array<std::int64_t, 2> count_{}, sum_at_initiator_{};  // by read or write
  std::int64_t sum_at_controller_ = 0;
  std::int64_t last_end_ = 0;
};

}  // namespace archgym
