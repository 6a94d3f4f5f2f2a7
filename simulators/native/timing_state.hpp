// The earliest cycle at which each command may issue at each bank, and what each bank waits for.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "system.hpp"

namespace archgym {

// Cycles are kept in 32 bits relative to an epoch that follows simulated time: half the memory
// traffic of 64 bits, and no overflow however long the run.
template <int kLanes>
class TimingState {
 public:
  static constexpr std::int32_t kNotWaiting = std::numeric_limits<std::int32_t>::max();

  TimingState(const System& system, const DelayTable& delays) : system_(system), delays_(delays) {
    for (auto& window : four_activate_window_) window.fill(Delays::kNone);
    for (int bank = 0; bank < system.banks; ++bank)
      four_activate_window_[system.rank_of(bank)][bank] = system.four_activate_window;
    for (auto& activates : activates_) activates.fill(kPast);
    ready_.fill(kNotWaiting);
    wanted_.fill(kNothing);
  }

  std::int64_t epoch() const { return epoch_; }

  // Must be told of every step of simulated time, before anything else of that step.
  void advance_to(std::int64_t now) {
    if (now - epoch_ > kRebaseAfter) rebase(now);
  }

  // Says which command `bank` wants next; its earliest cycle is then kept up to date in `ready`.
  void want(int bank, Command command) {
    const int representative = delays_.representative(command);
    wanted_[bank] = representative;
    ready_[bank] = std::max(shared_[representative][bank], own_[index(command)][bank]);
  }
  void want_nothing(int bank) {
    wanted_[bank] = kNothing;
    ready_[bank] = kNotWaiting;
  }

  // By bank: when its wanted command can issue, relative to the epoch; kNotWaiting without one.
  const Lanes<kLanes>& ready() const { return ready_; }

  // When PREAB or REFAB can issue at `rank`, relative to the epoch.
  std::int32_t earliest(Command command, int rank) const { return rank_[rank][index(command)]; }

  // `command` issues now, at `bank` or at the rank that `bank` is the first of. What `bank` itself wants must be said anew afterwards.
  void record(Command command, int bank, std::int64_t now) {
    const auto t = static_cast<std::int32_t>(now - epoch_);
    const Delays& delays = delays_[command];
    for (const auto& shared : delays.shared) delay_all(shared.following, shared.rows[bank], t);
    for (const auto& own : delays.own) {
      auto& earliest = own_[own.following][bank];
      earliest = std::max(earliest, t + own.cycles);
    }
    for (Command following : {Command::PREAB, Command::REFAB}) {
      auto& earliest = rank_[system_.rank_of(bank)][index(following)];
      earliest = std::max(earliest, t + delays.rank[index(following)]);
    }
    if (command == Command::ACT) record_activate(system_.rank_of(bank), t);
  }

 private:
  // Lane by lane without a branch, so that compilers turn it into vector instructions.
  void delay_all(int following, const Lanes<kMaxBanks>& delays, std::int32_t t) {
    Lanes<kLanes>& earliest = shared_[following];
    for (int bank = 0; bank < kLanes; ++bank) {
      const std::int32_t bound = t + delays[bank];
      earliest[bank] = std::max(earliest[bank], bound);
      ready_[bank] = std::max(ready_[bank], wanted_[bank] == following ? bound : kPast);
    }
  }

  // tFAW: a fifth ACT waits for the first of the four before it.
  void record_activate(int rank, std::int32_t t) {
    auto& activates = activates_[rank];
    auto& next = next_activate_[rank];
    activates[next] = t;
    next = (next + 1) % activates.size();
    delay_all(index(Command::ACT), four_activate_window_[rank], activates[next]);
  }

  void rebase(std::int64_t now) {
    const std::int64_t shift = now - epoch_;
    const auto move = [shift](auto& cycles) {
      for (std::int32_t& cycle : cycles)
        if (cycle != kNotWaiting)
          cycle = static_cast<std::int32_t>(std::max<std::int64_t>(cycle - shift, kPast));
    };
    std::for_each(shared_.begin(), shared_.end(), move);
    std::for_each(own_.begin(), own_.end(), move);
    std::for_each(rank_.begin(), rank_.end(), move);
    std::for_each(activates_.begin(), activates_.end(), move);
    move(ready_);
    epoch_ = now;
  }

  static constexpr std::int64_t kRebaseAfter = std::int64_t{1} << 29;
  // Long enough ago to constrain nothing, short enough that adding a delay cannot overflow.
  static constexpr std::int32_t kPast = -(1 << 30);
  static constexpr std::int32_t kNothing = -1;

  const System& system_;
  const DelayTable& delays_;
  std::int64_t epoch_ = 0;
  // Bounds on a bank's commands: by what happened anywhere in the rank, and in the bank itself.
  alignas(64) std::array<Lanes<kLanes>, kBankCommands> shared_{};
  std::array<Lanes<kLanes>, kBankCommands> own_{};
  Lanes<kLanes> ready_, wanted_;
  // By rank: delays of a fifth ACT, when the last four were, and which of them is the oldest.
  std::array<Lanes<kMaxBanks>, kMaxRanks> four_activate_window_;
  std::array<std::array<std::int32_t, 4>, kMaxRanks> activates_;
  std::array<std::size_t, kMaxRanks> next_activate_{};
  std::array<std::array<std::int32_t, kCommands>, kMaxRanks> rank_{};
};

}  // namespace archgym
