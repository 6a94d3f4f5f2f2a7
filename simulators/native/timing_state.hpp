// The earliest cycle at which each command may issue at each bank, and what each bank waits for.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "system.hpp"

namespace archgym {

// Cycles are kept in 32 bits relative to an epoch that follows simulated time: half the memory
// traffic of 64 bits, and no overflow however long the run.
template <int kLanes>
class TimingState {
 public:
  static constexpr std::int32_t kNotWaiting = std::numeric_limits<std::int32_t>::max();

  TimingState(const System& system, const DelayTable& delays) : system_(system), delays_(delays) {
    for (auto& lanes : shared_) lanes.fill(kPast);
    for (auto& lanes : own_) lanes.fill(kPast);
    for (auto& lanes : rank_) lanes.fill(kPast);
    ready_.fill(kNotWaiting);
    wanted_.fill(kNothing);
    for (const ActivateWindow& window : delays.windows())
      for (int rank = 0; rank < system.ranks; ++rank) {
        windows_.push_back({&window, rank, std::vector<std::int32_t>(window.count, kPast), 0, {}});
        windows_.back().delays.fill(Delays::kNone);
        for (int bank = 0; bank < system.banks; ++bank)
          if (system.rank_of(bank) == rank) windows_.back().delays.values[bank] = window.cycles;
        for (int command = 0; command < kCommands; ++command)
          if (window.commands >> command & 1) counted_ |= 1u << command;
      }
  }

  std::int64_t epoch() const { return epoch_; }

  // Must be told of every step of simulated time, before anything else of that step.
  void advance_to(std::int64_t now) {
    if (now - epoch_ > kRebaseAfter) rebase(now);
  }

  // Says which command `bank` wants next; its earliest cycle is then kept up to date in `ready`.
  void want(int bank, Command command) {
    const int representative = delays_.representative(command);
    wanted_.set(bank, representative);
    ready_.set(bank, std::max(shared_[representative][bank], own_[bank][index(command)]));
  }
  void want_nothing(int bank) {
    wanted_.set(bank, kNothing);
    ready_.set(bank, kNotWaiting);
  }

  // By bank: when its wanted command can issue, relative to the epoch; kNotWaiting without one.
  const Lanes<kLanes>& ready() const { return ready_; }

  // When a rank command can issue at `rank`, relative to the epoch.
  std::int32_t earliest(Command command, int rank) const {
    return rank_[rank][index(command) - kBankCommands];
  }
  // When a command can issue at every one of `banks`, relative to the epoch.
  std::int32_t earliest(Command command, std::uint64_t banks) const {
    const Lanes<kLanes>& shared = shared_[delays_.representative(command)];
    std::int32_t latest = kPast;
    for (; banks != 0; banks &= banks - 1) {
      const int bank = std::countr_zero(banks);
      latest = std::max({latest, shared[bank], own_[bank][index(command)]});
    }
    return latest;
  }

  // `command` issues now at `bank`. What `bank` itself wants must be said anew afterwards.
  void record(Command command, int bank, std::int64_t now) {
    apply(delays_[command], command, bank, now);
    if (counted_ >> index(command) & 1) count_in_windows(command, bank, now);
  }

  // The same for a command that addresses several banks of a rank.
  void record(Command command, std::uint64_t banks, bool ends_round, std::int64_t now) {
    const Delays& delays = ends_round ? delays_.at_end_of_round(command) : delays_[command];
    const int first = std::countr_zero(banks);
    for (; banks != 0; banks &= banks - 1)
      apply(delays, command, std::countr_zero(banks), now);
    if (counted_ >> index(command) & 1) count_in_windows(command, first, now);
  }

 private:
  struct Window {
    const ActivateWindow* rule;
    int rank;
    std::vector<std::int32_t> times;  // ring: when the last `rule->count` commands were
    std::size_t oldest;
    Lanes<kMaxBanks> delays;  // the window's length at the banks of its rank
  };

  void apply(const Delays& delays, Command, int bank, std::int64_t now) {
    const auto t = static_cast<std::int32_t>(now - epoch_);
    own_[bank].raise(delays.own, t);
    rank_[system_.rank_of(bank)].raise(delays.rank, t);
    for (const auto& shared : delays.shared) delay_all(shared.following, shared.rows[bank], t);
  }

  void delay_all(int following, const Lanes<kMaxBanks>& delays, std::int32_t t) {
    std::int32_t* earliest = shared_[following].values.data();
    std::int32_t* ready = ready_.values.data();
    for (int bank = 0; bank < kLanes; ++bank) {
      const std::int32_t bound = t + delays.values[bank];
      earliest[bank] = std::max(earliest[bank], bound);
      ready[bank] = std::max(ready[bank], wanted_.values[bank] == following ? bound : kPast);
    }
  }

  // tFAW: a fifth ACT waits for the first of the four before it.
  void count_in_windows(Command command, int bank, std::int64_t now) {
    const auto t = static_cast<std::int32_t>(now - epoch_);
    for (Window& window : windows_) {
      if (window.rank != system_.rank_of(bank) || !(window.rule->commands >> index(command) & 1))
        continue;
      const std::int32_t offset = window.rule->offset[index(command)];
      window.times[window.oldest] = t + offset;
      if (++window.oldest == window.times.size()) window.oldest = 0;
      for (std::uint32_t left = window.rule->commands; left != 0; left &= left - 1) {
        const int following = std::countr_zero(left);
        if (delays_.representative(static_cast<Command>(following)) == following)
          delay_all(following, window.delays, window.times[window.oldest] - offset);
      }
    }
  }

  void rebase(std::int64_t now) {
    const std::int64_t shift = now - epoch_;
    const auto move = [shift](auto& cycles) {
      for (std::int32_t& cycle : cycles)
        if (cycle != kNotWaiting)
          cycle = static_cast<std::int32_t>(std::max<std::int64_t>(cycle - shift, kPast));
    };
    for (auto& lanes : shared_) move(lanes.values);
    for (auto& lanes : own_) move(lanes.values);
    for (auto& lanes : rank_) move(lanes.values);
    for (Window& window : windows_) move(window.times);
    move(ready_.values);
    epoch_ = now;
  }

  static constexpr std::int64_t kRebaseAfter = std::int64_t{1} << 29;
  // Long enough ago to constrain nothing, short enough that adding a delay cannot overflow.
  static constexpr std::int32_t kPast = -(1 << 30);
  static constexpr std::int32_t kNothing = -1;

  const System& system_;
  const DelayTable& delays_;
  std::int64_t epoch_ = 0;
  // Bounds on a bank's commands: by what happened beyond the bank, and in the bank itself.
  std::array<Lanes<kLanes>, kBankCommands> shared_;
  std::array<Lanes<2 * kBlock>, kLanes> own_;  // by bank, then command
  Lanes<kLanes> ready_, wanted_;
  std::array<Lanes<kBlock>, kMaxRanks> rank_;  // by rank, then rank command
  std::vector<Window> windows_;
  std::uint32_t counted_ = 0;  // commands that some window counts
};

}  // namespace archgym
