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
class TimingState {
 public:
  static constexpr std::int32_t kNotWaiting = std::numeric_limits<std::int32_t>::max();

  TimingState(const System& system, const DelayTable& delays) : delays_(delays) {
    four_activate_window_.fill(system.four_activate_window);
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
  const Lanes& ready() const { return ready_; }

  // When PREAB or REFAB can issue, relative to the epoch.
  std::int32_t earliest_rank(Command command) const { return rank_[index(command)]; }

  // `command` issues now. What `bank` itself wants must be said anew afterwards.
  void record(Command command, int bank, std::int64_t now) {
    const auto t = static_cast<std::int32_t>(now - epoch_);
    const Delays& delays = delays_[command];
    for (const auto& shared : delays.shared) delay_all(shared.following, shared.rows[bank], t);
    for (const auto& own : delays.own) {
      auto& earliest = own_[own.following][bank];
      earliest = std::max(earliest, t + own.cycles);
    }
    for (Command following : {Command::PREAB, Command::REFAB}) {
      auto& earliest = rank_[index(following)];
      earliest = std::max(earliest, t + delays.rank[index(following)]);
    }
    if (command == Command::ACT) record_activate(t);
  }

 private:
  // Lane by lane without a branch, so that compilers turn it into vector instructions.
  void delay_all(int following, const Lanes& delays, std::int32_t t) {
    Lanes& earliest = shared_[following];
    for (int bank = 0; bank < kMaxBanks; ++bank) {
      const std::int32_t bound = t + delays[bank];
      earliest[bank] = std::max(earliest[bank], bound);
      ready_[bank] = std::max(ready_[bank], wanted_[bank] == following ? bound : kPast);
    }
  }

  // tFAW: a fifth ACT waits for the first of the four before it.
  void record_activate(std::int32_t t) {
    activates_[next_activate_] = t;
    next_activate_ = (next_activate_ + 1) % activates_.size();
    delay_all(index(Command::ACT), four_activate_window_, activates_[next_activate_]);
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
    move(rank_);
    move(activates_);
    move(ready_);
    epoch_ = now;
  }

  static constexpr std::int64_t kRebaseAfter = std::int64_t{1} << 29;
  // Long enough ago to constrain nothing, short enough that adding a delay cannot overflow.
  static constexpr std::int32_t kPast = -(1 << 30);
  static constexpr std::int32_t kNothing = -1;

  const DelayTable& delays_;
  std::int64_t epoch_ = 0;
  // Bounds on a bank's commands: by what happened anywhere in the rank, and in the bank itself.
  alignas(64) std::array<Lanes, kBankCommands> shared_{};
  std::array<Lanes, kBankCommands> own_{};
  Lanes ready_, wanted_, four_activate_window_;
  std::array<std::int32_t, kCommands> rank_{};
  std::array<std::int32_t, 4> activates_{kPast, kPast, kPast, kPast};
  std::size_t next_activate_ = 0;
};

}  // namespace archgym
