// All-bank refresh of a rank: when it is due, postponed, pulled in or forced.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "command.hpp"
#include "design.hpp"
#include "system.hpp"

namespace archgym {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

class RefreshManager {
 public:
  RefreshManager(const System& system, const Design& design, int rank)
      : interval_(system.refresh_interval),
        flexibility_(system.refresh_flexibility),
        max_postponed_(std::min(design.refresh_max_postponed, flexibility_)),
        max_pulled_in_(std::min(design.refresh_max_pulled_in, flexibility_)),
        trigger_(design.refresh_policy == RefreshPolicy::AllBank ? first_trigger(system, rank)
                                                                 : kNever) {}

  // The command it wants to issue, if any; otherwise it sleeps until `trigger`.
  std::optional<Command> command() const { return command_; }
  std::int64_t trigger() const { return trigger_; }
  // A forced refresh keeps every bank from issuing until it is done.
  bool blocks_banks() const { return forced_; }

  // Decides whether to refresh now; called before and after a command issues.
  void evaluate(std::int64_t now, bool rank_is_busy, bool rank_is_open) {
    command_.reset();
    if (now < trigger_) return;
    if (now >= trigger_ + interval_) {  // a whole interval late: catch up
      trigger_ += interval_;
      pulled_in_ = false;
    }
    if (pulled_in_) {
      if (rank_is_busy || is_crowded(now)) {
        pulled_in_ = false;
        trigger_ += interval_;
        return;
      }
    } else if (postponed_ == max_postponed_ || skipped_ == flexibility_) {
      forced_ = true;
    } else if (rank_is_busy) {
      ++postponed_;
      ++skipped_;
      trigger_ += interval_;
      return;
    }
    command_ = rank_is_open ? Command::PREAB : Command::REFAB;
  }

  void refreshed(std::int64_t now) {
    history_[refreshes_++ % history_.size()] = now;
    forced_ = false;
    skipped_ = 0;
    if (pulled_in_) --postponed_;
    pulled_in_ = true;
    if (postponed_ == -max_pulled_in_) {
      pulled_in_ = false;
      trigger_ += interval_;
    }
  }

 private:
  std::int64_t interval_;
  // Ranks take turns, in bit-reversed order, so that they do not refresh at the same time.
  static std::int64_t first_trigger(const System& system, int rank) {
    std::int64_t reversed = 0;
    for (int bit = 1, mirrored = system.ranks / 2; mirrored > 0; bit *= 2, mirrored /= 2)
      if (rank & bit) reversed |= mirrored;
    return system.refresh_interval - reversed * system.refresh_interval / system.ranks;
  }

  // JEDEC allows 16 refreshes in 2 tREFI. Two of them may be regular ones that cannot be put off,
  // so no further one is pulled in when 14 have been issued. Only JEDEC bounds flexibility.
  bool is_crowded(std::int64_t now) const {
    return flexibility_ < kUnbounded && refreshes_ >= history_.size() &&
           now - history_[refreshes_ % history_.size()] < 2 * interval_;
  }

  std::int64_t flexibility_;  // refreshes that may be postponed, or pulled in, or skipped in a row
  std::int64_t max_postponed_, max_pulled_in_;
  std::int64_t trigger_;
  std::int64_t skipped_ = 0;    // triggers in a row that were postponed
  std::int64_t postponed_ = 0;  // refreshes owed; negative when pulled in
  bool pulled_in_ = false;      // a refresh was issued for this trigger, more may follow
  bool forced_ = false;
  std::array<std::int64_t, 14> history_{};  // ring: when the last refreshes were issued
  std::size_t refreshes_ = 0;
  std::optional<Command> command_;
};

}  // namespace archgym
