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

// Refreshes owed. Ranks and channels refresh side by side, so that the largest debt of any takes as
// long as all of them.
struct RefreshDebt {
  std::int64_t total = 0, largest = 0;

  void add(std::int64_t owed) {
    total += owed;
    largest = std::max(largest, owed);
  }
  RefreshDebt& operator+=(const RefreshDebt& other) {
    total += other.total;
    largest = std::max(largest, other.largest);
    return *this;
  }
};

// Refreshes one group of banks after the other: all banks of the rank, pairs, the same bank of
// every bank group or single banks. The first group that is idle is taken, each once a round.
class RefreshManager {
 public:
  RefreshManager(const System& system, const Design& design, int rank)
      : rule_(system.refreshes[static_cast<int>(design.refresh_policy)]),
        flexibility_(scaled(system.refresh_flexibility)),
        most_owed_(flexibility_ - due_in_a_turn()),
        max_postponed_(std::min(scaled(design.refresh_max_postponed), most_owed_)),
        max_pulled_in_(std::min(scaled(design.refresh_max_pulledin), flexibility_)),
        groups_(groups(system, design.refresh_policy, rank)),
        all_banks_(system.banks_of(rank)),
        trigger_(first_trigger(system, rank)),
        history_(static_cast<std::size_t>(crowd(design) * rule_.per_interval), -kUnbounded) {
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
    power_down.interrupt(may_refresh_itself(now));
    if (asleep_) return;
    while (now >= trigger_ + rule_.interval) {  // a whole interval late: catch up
      trigger_ += rule_.interval;
      // Even if this one was refreshed: who is late here gets a refresh ahead of the limit.
      if (is_jedec()) ++postponed_;
      pulled_in_ = false;
      if (!is_jedec()) break;  // DRAMSys does so once, and forgets what was due
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
    // All banks at once are kept from issuing even before they are precharged. So are others once
    // no further refresh may be owed: a stream of row hits could put off their precharge forever.
    const bool at_limit = postponed_ >= most_owed_;
    if (forced && (rule_.command == Command::REFAB || !(groups_[group_] & open) || at_limit)) {
      // One group after the other would take too long where more falls due meanwhile.
      blocked_ = at_limit && due_in_a_turn() > 0 ? all_banks_ : groups_[group_];
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
    ++refreshes_;
    ++since_self_refresh_;
    remember(now, 1);
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

  // The rank has powered down or up.
  void sleep() { asleep_ = true; }
  void wake() { asleep_ = false; }

  // In self-refresh the device refreshes itself: nothing falls due, and what is owed stays owed.
  void enter_self_refresh(std::int64_t now) {
    asleep_ = true;
    asleep_since_ = now;
    awake_trigger_ = trigger_;
    trigger_ = kNever;
  }
  void leave_self_refresh(std::int64_t now) {
    self_refreshed_ += now - asleep_since_;
    awake_trigger_ += now - asleep_since_;
    asleep_since_ = kNever;
  }
  // The refresh of all banks that has to follow self-refresh has been issued. It pays for nothing,
  // and a new round begins.
  void resume(std::int64_t now) {
    remember(now, is_of_all_banks() ? 1 : rule_.per_interval);
    since_self_refresh_ = 1;
    asleep_ = false;
    pulled_in_ = false;
    // DRAMSys forgets what was due.
    trigger_ = is_jedec() ? awake_trigger_ : now + rule_.interval;
    skipped_ = 0;
    blocked_ = 0;
    is_settled_ = false;
    begin_round();
  }

  // While no request waits for the rank; see repetition.hpp. Self-refresh lasts until one comes.
  template <class Visitor>
  void show(Visitor& visitor) {
    visitor.time(trigger_, kUnbounded);
    for (std::int64_t value : {skipped_, postponed_, std::int64_t{group_}}) visitor.state(value);
    for (bool is : {is_settled_, pulled_in_, asleep_}) visitor.state(is);
    for (std::uint64_t banks : {remaining_, blocked_, command_ ? command_->banks : 0})
      visitor.state(static_cast<std::int64_t>(banks));
    visitor.state(command_ ? index(command_->command) : kNone);
    visitor.state(since_self_refresh_ % std::max(rule_.per_interval, 1));
    visitor.count(refreshes_);
    visitor.count(since_self_refresh_);
    for (std::size_t i = 0; i < history_.size() && !visitor.is_decided(); ++i)
      visitor.time(history_[(oldest_ + i) % history_.size()], crowded_span());
  }

  // How many refreshes had fallen due by the end of the run and were never issued.
  std::int64_t owed(std::int64_t end) const {
    if (rule_.interval == 0) return 0;
    const std::int64_t awake = std::min(end, asleep_since_) - self_refreshed_;
    return std::max<std::int64_t>(0, awake / rule_.interval - refreshes_);
  }

 private:
  static constexpr int kNone = -1;
  // JEDEC allows 16 refreshes in 2 tREFI. Two of them may be regular ones that cannot be put off,
  // so no further one is pulled in when 14 have been issued; self-refresh moves two more into
  // them, or has to be followed by one.
  static std::int64_t crowd(const Design& design) {
    return design.power_down_policy == PowerDownPolicy::NoPowerDown ? 14 : 12;
  }

  // Only JEDEC bounds flexibility.
  bool is_jedec() const { return flexibility_ < kUnbounded; }

  // How many refreshes fall due while a bank that has just been activated makes room for one.
  std::int64_t due_in_a_turn() const {
    return is_jedec() && rule_.interval > 0 ? (rule_.turn - 1) / rule_.interval : 0;
  }

  bool is_of_all_banks() const { return rule_.command == Command::REFAB; }

  // Whether the rank may go into self-refresh with the refresh that is due: it counts as postponed.
  // Where banks are refreshed apart, the refresh of all banks that follows is a whole round, and
  // before it up to another round falls due. Where a refresh of all banks is divided, its parts
  // have to be complete. So many refreshes in a row that no more may be pulled in leave no room for
  // one.
  bool may_refresh_itself(std::int64_t now) const {
    if (is_crowded(now)) return false;
    if (!is_of_all_banks()) return postponed_ + 2 * rule_.per_interval <= flexibility_;
    return postponed_ < flexibility_ && since_self_refresh_ % rule_.per_interval == 0;
  }

  void remember(std::int64_t now, int refreshes) {
    for (; refreshes > 0; --refreshes) {
      history_[oldest_] = now;
      oldest_ = (oldest_ + 1) % history_.size();
    }
  }

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
    return is_jedec() && now - history_[oldest_] < crowded_span();
  }
  std::int64_t crowded_span() const {
    return 2 * std::int64_t{rule_.interval} * rule_.per_interval;
  }

  Refresh rule_;
  std::int64_t flexibility_;  // refreshes that may be postponed, or pulled in, or skipped in a row
  std::int64_t most_owed_;    // until the rank does nothing but refresh
  std::int64_t max_postponed_, max_pulled_in_;
  std::vector<std::uint64_t> groups_;  // banks that are refreshed together
  std::uint64_t all_banks_;            // of the rank
  std::uint64_t remaining_ = 0;        // groups not refreshed in this round, a bit each
  int group_ = 0;                      // which of them is next
  bool is_settled_ = false;            // it is, and nothing that becomes idle changes that
  std::int64_t trigger_;
  std::int64_t skipped_ = 0;    // triggers in a row that were postponed
  std::int64_t postponed_ = 0;  // refreshes owed; negative when pulled in
  bool pulled_in_ = false;      // a refresh was issued for this trigger, more may follow
  bool asleep_ = false;         // the rank is powered down
  std::uint64_t blocked_ = 0;
  std::vector<std::int64_t> history_;    // ring: when the last refreshes were issued
  std::size_t oldest_ = 0;               // of them
  std::int64_t refreshes_ = 0;           // but those that follow self-refresh
  std::int64_t since_self_refresh_ = 0;  // all of them
  std::int64_t self_refreshed_ = 0;      // cycles, up to the last exit
  std::int64_t asleep_since_ = kNever;   // in self-refresh
  std::int64_t awake_trigger_ = kNever;  // the trigger after self-refresh
  std::optional<ManagerCommand> command_;
};

}  // namespace archgym
