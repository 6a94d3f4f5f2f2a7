// Player and arbiter: when each request reaches the controller.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "design.hpp"
#include "refresh_manager.hpp"
#include "requests.hpp"
#include "system.hpp"

namespace archgym {

// Open play of one initiator: a request is presented when it arrives, or as soon after as the
// controller has taken the one before it. Nothing is simulated here: each time follows from earlier
// ones.
class FrontEnd {
 public:
  FrontEnd(const System& system, const Requests& requests, const Design& design)
      : requests_(requests),
        count_(requests.bursts.size()),
        limited_(design.arbiter != Arbiter::Simple),
        handshakes_(system.handshakes),
        arbitration_delay_(design.arbitration_delay_fw),
        think_delay_(design.think_delay_fw),
        gap_(gap(system, design)),
        max_active_(static_cast<std::size_t>(design.max_active_transactions)),
        response_ends_(limited_ ? std::min(max_active_, requests.bursts.size()) : 0) {
    present();
  }

  std::size_t next() const { return next_; }
  // The cycle from which the next request can be stored; kNever while that is not known yet.
  std::int64_t entry() const { return entry_; }
  // Whether the next request shows only after all else that happens in its cycle: nothing on its
  // way to the controller has taken time.
  bool shows_late() const {
    return handshakes_ && think_delay_ == 0 &&
           (limited_ ? begin_ == accepted_ + arbitration_delay_ : arbitration_delay_ == 0);
  }
  std::int64_t arrival_ps() const { return requests_.arrival_ps[requests_.bursts[next_].request]; }
  // The cycle in which the next request begins to be presented to the controller.
  std::int64_t request_begin() const { return begin_; }

  // The controller has stored the next request and says so in cycle `request_end`.
  [[gnu::always_inline]] void taken(std::int64_t request_end) {
    request_end_ = request_end;
    ++next_;
    present();
  }

  // A response has ended at the initiator, which frees one of its active transactions.
  void response_ended(std::int64_t cycle) {
    response_ends_[responses_++ % response_ends_.size()] = cycle;
    if (entry_ == kNever) present();
  }

 private:
  [[gnu::always_inline]] void present() {
    entry_ = kNever;
    if (next_ == count_) return;
    accepted_ = std::max(accepted_, requests_.bursts[next_].arrival);
    if (limited_ && !pass_arbiter()) return;
    begin_ = std::max(accepted_ + arbitration_delay_, request_end_ + gap_);
    entry_ = begin_ + think_delay_;
  }

  // From when the controller has taken a request to when the next can begin. It takes one
  // per cycle; in DRAMSys the next sets out only when this one has been taken.
  static std::int64_t gap(const System& system, const Design& design) {
    if (!system.handshakes) return 1 - design.think_delay_fw;
    return design.arbiter == Arbiter::Simple ? design.arbitration_delay_fw : 1;
  }

  // Whether the arbiter takes the next request, which it does when one of those before has ended.
  bool pass_arbiter() {
    if (next_ < max_active_) return true;
    const std::size_t freeing = next_ - max_active_;
    if (responses_ <= freeing) return false;
    accepted_ = std::max(accepted_, response_ends_[freeing % response_ends_.size()]);
    return true;
  }

  const Requests& requests_;
  std::size_t count_;
  bool limited_;
  bool handshakes_;
  std::int64_t arbitration_delay_;
  std::int64_t think_delay_;  // from the controller's interface into the bank queue
  std::int64_t gap_;
  std::size_t max_active_;
  std::vector<std::int64_t> response_ends_;  // ring: the last max_active_ responses
  std::size_t responses_ = 0;
  std::size_t next_ = 0;
  std::int64_t accepted_ = 0;      // the arbiter took the last request
  std::int64_t request_end_ = -1;  // the controller took the last request
  std::int64_t begin_ = 0;
  std::int64_t entry_ = kNever;
};

}  // namespace archgym
