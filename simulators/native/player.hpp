// An initiator: when it asks for what.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "refresh_manager.hpp"
#include "requests.hpp"

namespace archgym {

// Plays its bursts of a trace in order. Open: each at its time. Closed: each as soon as fewer than
// the most requests are under way and, if it depends on it, the read before it has been answered;
// the times of the trace mean nothing then.
class Player {
 public:
  Player(const Requests& requests, std::vector<std::uint32_t> bursts)
      : requests_(requests), rule_(requests.player), bursts_(std::move(bursts)) {
    prepare();
  }

  bool is_done() const { return next_ == bursts_.size(); }
  std::uint32_t burst() const { return bursts_[next_]; }
  // The cycle in which the next burst wants to be presented; kNever while that is not known.
  std::int64_t arrival() const { return arrival_; }

  void presented() {
    if (rule_.closed) {
      const Burst& burst = requests_.bursts[bursts_[next_]];
      ++open_bursts_[burst.request];
      if (!burst.write) {
        last_read_ = burst.request;
        read_end_ = kNever;
      }
    }
    ++next_;
    prepare();
  }

  // Closed play: the response to a burst has ended.
  void answered(std::uint32_t burst_index, std::int64_t cycle) {
    if (!rule_.closed) return;
    const Burst& burst = requests_.bursts[burst_index];
    const auto found = open_bursts_.find(burst.request);
    --found->second;
    const bool is_waiting_for_bursts =
        !is_done() && requests_.bursts[bursts_[next_]].request == burst.request;
    if (found->second > 0 || is_waiting_for_bursts) return;
    open_bursts_.erase(found);
    ends_.push_back(cycle);
    if (!burst.write && burst.request == last_read_) read_end_ = cycle;
    if (arrival_ == kNever) prepare();
  }

 private:
  void prepare() {
    arrival_ = kNever;
    if (is_done()) return;
    const Burst& burst = requests_.bursts[bursts_[next_]];
    if (!rule_.closed) {
      arrival_ = burst.arrival;
      return;
    }
    if (next_ > 0 && requests_.bursts[bursts_[next_ - 1]].request == burst.request) {
      arrival_ = last_arrival_;
      return;
    }
    std::int64_t earliest = last_arrival_;
    if (static_cast<std::int64_t>(begun_) >= rule_.max_outstanding) {
      if (ends_.empty()) return;
      earliest = std::max(earliest, ends_.front() + rule_.think_cycles);
    }
    if (rule_.dependent && has_read()) {
      if (read_end_ == kNever) return;
      earliest = std::max(earliest, read_end_ + rule_.think_cycles);
    }
    if (static_cast<std::int64_t>(begun_) >= rule_.max_outstanding) ends_.pop_front();
    ++begun_;
    arrival_ = last_arrival_ = earliest;
  }

  bool has_read() const { return last_read_ != kNoRequest; }

  static constexpr std::uint32_t kNoRequest = ~std::uint32_t{0};

  const Requests& requests_;
  PlayerRule rule_;
  std::vector<std::uint32_t> bursts_;
  std::size_t next_ = 0;
  std::int64_t arrival_ = kNever;

  // Closed play.
  std::size_t begun_ = 0;          // requests
  std::int64_t last_arrival_ = 0;  // of a request
  std::deque<std::int64_t> ends_;  // of responses that have made room nobody has taken yet
  std::uint32_t last_read_ = kNoRequest;
  std::int64_t read_end_ = 0;  // of the last read; kNever while it is under way
  std::unordered_map<std::uint32_t, int> open_bursts_;  // by request under way
};

}  // namespace archgym
