// The managers of every rank of a channel: refresh and power-down.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "bank_sets.hpp"
#include "lanes.hpp"
#include "power_down_manager.hpp"
#include "refresh_manager.hpp"

namespace archgym {

// `kNeverPowersDown`: it is known at compile time that no rank does.
template <bool kNeverPowersDown>
class RankManagers {
 public:
  RankManagers(const System& system, const Design& design)
      : system_(system), powers_down_(design.power_down_policy == PowerDownPolicy::Staggered) {
    for (int rank = 0; rank < system.ranks; ++rank) {
      refresh_.emplace_back(system, design, rank);
      power_down_.emplace_back(powers_down_);
    }
  }

  // Whether any of them has a command to issue.
  bool want() const { return want_; }
  // Banks of ranks that must change their power state first.
  std::uint64_t silenced() const { return silenced_; }
  // When the first of those that want nothing wakes up.
  std::int64_t trigger() const { return trigger_; }
  // Whether they have to be asked in cycle `now`.
  bool are_due(std::int64_t now) const { return step_ <= now; }

  const std::optional<ManagerCommand>& refresh(int rank) const { return refresh_[rank].command(); }
  std::optional<Command> power_down(int rank) const { return power_down_[rank].command(); }
  bool ends_round(int rank) const { return refresh_[rank].ends_round(); }

  // Finds out what they want. Returns the banks that are blocked from now on.
  [[gnu::noinline]] std::uint64_t ask(std::int64_t now, BankSets& banks) {
    std::uint64_t newly_blocked = 0;
    trigger_ = kNever;
    want_ = false;
    silenced_ = 0;
    for (int rank = 0; rank < system_.ranks; ++rank) {
      const std::uint64_t rank_banks = system_.banks_of(rank);
      RefreshManager& refresh = refresh_[rank];
      refresh.evaluate(now, banks.occupied, banks.open, power_down_[rank]);
      newly_blocked |= refresh.blocked() & ~banks.blocked;
      if (refresh.command())
        want_ = true;
      else if (refresh.trigger() > now)  // or else it waits for the rank to wake up
        trigger_ = std::min(trigger_, refresh.trigger());
      if (!powers_down()) continue;
      power_down_[rank].evaluate((banks.open & rank_banks) != 0);
      if (power_down_[rank].command()) {
        want_ = true;
        silenced_ |= rank_banks;
      }
    }
    banks.blocked |= newly_blocked;
    step_ = want_ || powers_down() ? 0 : trigger_;
    return newly_blocked;
  }

  // A request for `rank` has been stored, or served.
  void stored(int rank) {
    if (powers_down() && waiting_for_[rank]++ == 0) power_down_[rank].exit();
  }
  void served(int rank) {
    if (powers_down() && --waiting_for_[rank] == 0) power_down_[rank].enter();
  }

  // A refresh that `rank` wanted, or a precharge for it, has been issued. Returns the banks that
  // have to choose again what they want.
  std::uint64_t refresh_issued(int rank, const ManagerCommand& issued, std::int64_t now,
                               BankSets& banks) {
    std::uint64_t choose_again = issued.banks;
    if (!is_precharge(issued.command)) {
      if (power_down_[rank].leaves_self_refresh())
        refresh_[rank].resume(now);
      else
        refresh_[rank].refreshed(now);
      power_down_[rank].issued(issued.command);
      choose_again |= banks.blocked & system_.banks_of(rank);
      banks.blocked &= ~system_.banks_of(rank);
      banks.asleep &= ~issued.banks;
    }
    stay_down(rank);
    return choose_again;
  }

  // The same for a command to power down or up.
  std::uint64_t power_down_issued(int rank, Command command, std::int64_t now, BankSets& banks) {
    const std::uint64_t rank_banks = system_.banks_of(rank);
    switch (command) {
      case Command::SREFEN:
        banks.asleep |= rank_banks;
        refresh_[rank].enter_self_refresh(now);
        break;
      case Command::SREFEX: refresh_[rank].leave_self_refresh(now); break;
      case Command::PDXA:
      case Command::PDXP:
        banks.asleep &= ~rank_banks;
        refresh_[rank].wake();
        break;
      case Command::REFAB:  // after self-refresh
        return refresh_issued(rank, {command, rank_banks}, now, banks);
      default:  // PDEA or PDEP
        banks.asleep |= rank_banks;
        refresh_[rank].sleep();
    }
    power_down_[rank].issued(command);
    stay_down(rank);
    return rank_banks;
  }

  // The refreshes that each rank owes at the end of the run.
  RefreshDebt debt(std::int64_t end) const {
    RefreshDebt debt;
    for (const RefreshManager& refresh : refresh_) debt.add(refresh.owed(end));
    return debt;
  }

  // While no request waits; see repetition.hpp.
  template <class Visitor>
  void show(Visitor& visitor) {
    visitor.time(trigger_);
    visitor.time(step_);
    visitor.state(static_cast<std::int64_t>(silenced_));
    visitor.state(want_);
    for (PowerDownManager& power_down : power_down_) power_down.show(visitor);
    for (RefreshManager& refresh : refresh_) refresh.show(visitor);
  }

 private:
  bool powers_down() const { return !kNeverPowersDown && powers_down_; }

  // A rank for which nothing waits powers down again after each command.
  void stay_down(int rank) {
    if (powers_down() && waiting_for_[rank] == 0) power_down_[rank].enter();
  }

  const System& system_;
  bool powers_down_;
  bool want_ = false;
  std::uint64_t silenced_ = 0;
  std::int64_t trigger_ = kNever;
  std::int64_t step_ = 0;  // from when on to ask them at every step

  // By rank.
  std::vector<RefreshManager> refresh_;
  std::vector<PowerDownManager> power_down_;
  std::array<std::int64_t, kMaxRanks> waiting_for_{};  // requests stored, kept for power-down
};

}  // namespace archgym
