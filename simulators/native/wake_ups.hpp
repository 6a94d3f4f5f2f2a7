// When the controller takes its next step, where that is later than a command could issue.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "refresh_manager.hpp"

namespace archgym {

// A controller that has seen no command ready sleeps until something wakes it. With watermarks, a
// request that arrives can turn the channel to banks whose commands are ready at once; they are
// noticed only at the next wake-up, be that for a command that is no longer wanted, a request or a
// response.
class WakeUps {
 public:
  // A response occupies the controller's interface from cycle `begin` to cycle `end`.
  void add_response(std::int64_t begin, std::int64_t end) { responses_.push_back({begin, end}); }

  void step_begins(std::int64_t now) {
    if (alarm_ < now) alarm_ = last_set_;  // it went off meanwhile, and was set again
    if (alarm_ <= now) alarm_ = kNever;
  }

  // The controller wants to wake in cycle `at`; an earlier alarm stays.
  void set_alarm(std::int64_t at) {
    last_set_ = at;
    alarm_ = std::min(alarm_, at);
  }

  // The next wake-up, arrivals excepted. The end of a response can wake again in this cycle.
  std::int64_t next(std::int64_t now) {
    while (oldest_ < responses_.size() && responses_[oldest_].end < now) ++oldest_;
    if (oldest_ == responses_.size()) return alarm_;
    const Response& response = responses_[oldest_];
    return std::min(alarm_, response.begin > now ? response.begin : response.end);
  }

  // Once all responses have ended; see repetition.hpp.
  template <class Visitor>
  void show(Visitor& visitor) {
    visitor.time(alarm_, 1);
    visitor.time(last_set_, 1);
  }

 private:
  struct Response {
    std::int64_t begin, end;
  };
  std::vector<Response> responses_;  // in order of time
  std::size_t oldest_ = 0;           // the first that has not ended
  std::int64_t alarm_ = kNever;
  std::int64_t last_set_ = kNever;
};

}  // namespace archgym
