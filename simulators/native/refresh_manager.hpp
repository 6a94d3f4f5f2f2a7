// The refreshes of a rank: when they are due, postponed, pulled in or forced, and of which banks.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "command.hpp"
#include "design.hpp"
#include "power_down_manager.hpp"
#include "system.hpp"

namespace archgym {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// What a manager wants to issue, and the banks that it addresses.
struct ManagerCommand {
  Command command;
  std::uint64_t banks;
};

// Refreshes one group of banks after the other: all banks of the rank, pairs, the same bank of every
// bank group or single banks. The first group that is idle is taken, each once a round.
class RefreshManager {
 public:
  RefreshManager(const System& system, const Design& design, int rank)
      : rule_(system.refreshes[static_cast<int>(design.refresh_policy)]),
        flexibility_(scaled(system.refresh_flexibility)),
        max_postponed_(std::min(scaled(design.refresh_max_postponed), flexibility_)),
        max_pulled_in_(std::min(scaled(design.refresh_max_pulled_in), flexibility_)),
        groups_(groups(system, design.refresh_policy, rank)),
        trigger_(first_trigger(system, rank)),
        history_(static_cast<std::size_t>(kCrowd * rule_.per_interval)) {
    begin_round();
  }

  // The command it wants to issue, if any; otherwise it sleeps until `trigger`.
  const std::optional<ManagerCommand>& command() const { return command_; }
  std::int64_t trigger() const { return trigger_; }
  // Banks that must not issue until they have been refreshed, because that cannot wait.
  std::uint64_t blocked() const { return blocked_; }
  // Whether the refresh that it wants to issue is the last of a round.
  bool ends_round() const { return std::has_single_bit(remaining_); }

  // Decides whether to refresh now; called before and after a command issues. `busy`: banks that
  // have settled on a request; `open`: banks with an open row.
  void evaluate(std::int64_t now, std::uint64_t busy, std::uint64_t open,
                PowerDownManager& power_down) {
    command_.reset();
    if (now < trigger_) return;
    power_down.interrupt();
    if (asleep_) return;
    if (now >= trigger_ + rule_.interval) {  // a whole interval late: catch up
      trigger_ += rule_.interval;
      pulled_in_ = false;
      // DRAMSys forgets what is due meanwhile. JEDEC, which alone bounds flexibility, does not.
      if (flexibility_ < kUnbounded) ++postponed_;
    }
    const int idle = first_idle(busy);
    const bool forced = pulled_in_ ? postponed_ > max_postponed_
                                   : postponed_ >= max_postponed_ || skipped_ == flexibility_;
    if (!forced && (idle == kNone || (pulled_in_ && is_crowded(now)))) {
      if (!pulled_in_) {
        ++postponed_;
        ++skipped_;
      }
      pulled_in_ = false;
      trigger_ += rule_.interval;
      return;
    }
    if (!is_settled_) group_ = idle != kNone ? idle : std::countr_zero(remaining_);
    // All banks at once are kept from issuing even before they are precharged. So are others once no
    // further refresh may be owed: a stream of row hits could put off their precharge for ever.
    const bool at_limit = postponed_ >= flexibility_;
    if (forced && (rule_.command == Command::REFAB || !(groups_[group_] & open) || at_limit)) {
      blocked_ = groups_[group_];
      is_settled_ = true;
    }
    const std::uint64_t banks = groups_[group_];
    if (!(banks & open))
      command_ = {rule_.command, banks};
    else if (rule_.precharge == Command::PREPB)  // one bank after the other
      command_ = {rule_.precharge, banks & open & -(banks & open)};
    else
      command_ = {rule_.precharge, banks};
  }

  // The command that it wanted has been issued, and was a refresh.
  void refreshed(std::int64_t now) {
    history_[refreshes_++ % history_.size()] = now;
    blocked_ = 0;
    is_settled_ = false;
    skipped_ = 0;
    remaining_ &= ~(std::uint64_t{1} << group_);
    if (remaining_ == 0) begin_round();
    if (pulled_in_) --postponed_;
    pulled_in_ = true;
    if (postponed_ == -max_pulled_in_) {
      pulled_in_ = false;
      trigger_ += rule_.interval;
    }
  }

  // The rank has powered down or up. In self-refresh the device refreshes itself, and a refresh of
  // all banks after it begins anew.
  void sleep() { asleep_ = true; }
  void wake() { asleep_ = false; }
  void sleep_in_self_refresh() {
    asleep_ = true;
    trigger_ = kNever;
  }
  void resume_after_self_refresh(std::int64_t now) {
    asleep_ = false;
    pulled_in_ = false;
    trigger_ = rule_.interval > 0 ? now + rule_.interval : kNever;
    skipped_ = 0;
    blocked_ = 0;
    is_settled_ = false;
    begin_round();
  }

 private:
  static constexpr int kNone = -1;
  // JEDEC allows 16 refreshes in 2 tREFI. Two of them may be regular ones that cannot be put off,
  // so no further one is pulled in when 14 have been issued. Only JEDEC bounds flexibility.
  static constexpr std::int64_t kCrowd = 14;

  std::int64_t scaled(std::int64_t refreshes) const {
    return std::min(refreshes, kUnbounded / std::max(rule_.per_interval, 1)) *
           std::max(rule_.per_interval, 1);
  }

  static std::vector<std::uint64_t> groups(const System& system, RefreshPolicy policy, int rank) {
    const int banks = system.banks_per_rank();
    const int per_group = system.banks / system.bank_groups;
    std::vector<std::uint64_t> result;
    const auto unit = [&](int first, int stride, int count) {
      std::uint64_t mask = 0;
      for (int i = 0; i < count; ++i)
        mask |= std::uint64_t{1} << (rank * banks + first + i * stride);
      result.push_back(mask);
    };
    switch (policy) {
      case RefreshPolicy::NoRefresh: break;
      case RefreshPolicy::AllBank: unit(0, 1, banks); break;
      case RefreshPolicy::PerBank:
        for (int bank = 0; bank < banks; ++bank) unit(bank, 0, 1);
        break;
      case RefreshPolicy::Per2Bank:  // partners are half the banks apart
        for (int bank = 0; bank < banks / 2; ++bank) unit(bank, banks / 2, 2);
        break;
      case RefreshPolicy::SameBank:
        for (int bank = 0; bank < per_group; ++bank) unit(bank, per_group, banks / per_group);
        break;
    }
    return result;
  }

  // Ranks take turns, in bit-reversed order, so that they do not refresh at the same time.
  std::int64_t first_trigger(const System& system, int rank) const {
    if (groups_.empty()) return kNever;
    std::int64_t reversed = 0;
    for (int bit = 1, mirrored = system.ranks / 2; mirrored > 0; bit *= 2, mirrored /= 2)
      if (rank & bit) reversed |= mirrored;
    return rule_.interval - reversed * rule_.interval / system.ranks;
  }

  void begin_round() {
    remaining_ = groups_.empty() ? 0 : ~std::uint64_t{0} >> (64 - groups_.size());
  }

  int first_idle(std::uint64_t busy) const {
    for (std::uint64_t left = remaining_; left != 0; left &= left - 1)
      if (!(groups_[std::countr_zero(left)] & busy)) return std::countr_zero(left);
    return kNone;
  }

  bool is_crowded(std::int64_t now) const {
    return flexibility_ < kUnbounded && refreshes_ >= history_.size() &&
           now - history_[refreshes_ % history_.size()] <
               2 * std::int64_t{rule_.interval} * rule_.per_interval;
  }

  Refresh rule_;
  std::int64_t flexibility_;  // refreshes that may be postponed, or pulled in, or skipped in a row
  std::int64_t max_postponed_, max_pulled_in_;
  std::vector<std::uint64_t> groups_;  // banks that are refreshed together
  std::uint64_t remaining_ = 0;        // groups not refreshed in this round, a bit each
  int group_ = 0;                      // which of them is next
  bool is_settled_ = false;            // it is, and nothing that becomes idle changes that
  std::int64_t trigger_;
  std::int64_t skipped_ = 0;    // triggers in a row that were postponed
  std::int64_t postponed_ = 0;  // refreshes owed; negative when pulled in
  bool pulled_in_ = false;      // a refresh was issued for this trigger, more may follow
  bool asleep_ = false;         // the rank is powered down
  std::uint64_t blocked_ = 0;
  std::vector<std::int64_t> history_;  // ring: when the last refreshes were issued
  std::size_t refreshes_ = 0;
  std::optional<ManagerCommand> command_;
};

}  // namespace archgym
