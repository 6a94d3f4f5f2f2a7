// The earliest cycle at which each command may issue at each bank, and what each bank waits for.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "command_candidates.hpp"
#include "system.hpp"

namespace archgym {

// Cycles are kept in 32 bits relative to an epoch that follows simulated time: half the memory
// traffic of 64 bits, and no overflow however long the run.
template <int kLanes>
class TimingState {
 public:
  TimingState(const System& system, const DelayTable& delays) : system_(system), delays_(delays) {
    for (auto& lanes : shared_) lanes.fill(kPast);
    for (auto& lanes : own_) lanes.fill(kPast);
    for (auto& lanes : rank_) lanes.fill(kPast);
    for (const ActivateWindow& window : delays.windows())
      for (int rank = 0; rank < system.ranks; ++rank) {
        windows_.push_back({&window,
                            rank,
                            std::vector<std::int32_t>(window.count, kPast),
                            0,
                            delays.kinds(window),
                            {}});
        windows_.back().delays.fill(kNoDelay);
        for (int bank = 0; bank < system.banks; ++bank)
          if (system.rank_of(bank) == rank) windows_.back().delays.set(bank, window.cycles);
        for (int command = 0; command < kCommands; ++command)
          if (window.commands >> command & 1) counted_ |= 1u << command;
      }
  }

  std::int64_t epoch() const { return epoch_; }

  // Must be told of simulated time every 2^16 cycles at least, before anything else of that step.
  void advance_to(std::int64_t now) {
    if (now - epoch_ > kRebaseAfter) rebase(now);
  }

  using CommandCandidate = typename CommandCandidates<kLanes>::CommandCandidate;
  static constexpr CommandCandidate kNone = CommandCandidates<kLanes>::kNone;

  // `bank` wants to issue `command` next, for `order`; when it can is then kept up to date.
  [[gnu::always_inline]] CommandCandidate propose(int bank, Command command, std::int32_t order) {
    const int kind = delays_.representative(command);
    const CommandCandidate candidate{std::max(shared_[kind][bank], own_[bank][index(command)]),
                                     order};
    candidates_.make(bank, kind, candidate);
    return candidate;
  }
  void withdraw(int bank) { candidates_.withdraw(bank); }

  // Cycles are relative to the epoch.
  const CommandCandidates<kLanes>& candidates() const { return candidates_; }
  [[gnu::always_inline]] static CommandCandidate first(CommandCandidate a, CommandCandidate b,
                                                       std::int32_t floor) {
    return CommandCandidates<kLanes>::first(a, b, floor);
  }

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

  // The `command` of `bank` of `rank` issues now. What it wants next must be said
  // afterwards.
  [[gnu::always_inline]] void record(Command command, int bank, int rank, std::int64_t now) {
    apply(delays_.of(command, bank), delays_.kinds(command), bank, rank, now);
    if (counted_ >> index(command) & 1) count_in_windows(command, rank, now);
  }

  // The same for a command of a manager, which may address several banks of a rank.
  void record(Command command, std::uint64_t banks, bool ends_round, std::int64_t now) {
    const int rank = system_.rank_of(std::countr_zero(banks));
    for (; banks != 0; banks &= banks - 1) {
      const int bank = std::countr_zero(banks);
      apply(delays_.of(command, bank, ends_round), delays_.kinds(command, ends_round), bank, rank,
            now);
    }
    if (counted_ >> index(command) & 1) count_in_windows(command, rank, now);
  }

  // While no bank has a candidate; see repetition.hpp.
  template <class Visitor>
  void show(Visitor& visitor) {
    const auto cycle = [&](std::int32_t relative, std::int64_t forgotten = 0) {
      visitor.state(std::max(epoch_ + relative - visitor.now(), -forgotten));
    };
    const auto lanes = [&](const auto& all) {
      for (const auto& one : all)
        for (const Block& block : one.blocks)
          for (unsigned lane = 0; lane < kBlock; ++lane) cycle(block[lane]);
    };
    lanes(shared_);
    lanes(own_);
    lanes(rank_);
    for (const Window& window : windows_) {
      const std::int64_t longest = std::ranges::max(window.rule->lengths);
      for (std::size_t i = 0; i < window.ends.size(); ++i)
        cycle(window.ends[(window.oldest + i) % window.ends.size()], window.rule->cycles + longest);
    }
    visitor.time(epoch_);  // moves all the others
  }

 private:
  struct Window {
    const ActivateWindow* rule;
    int rank;
    std::vector<std::int32_t> ends;  // ring: of the last `rule->count` commands
    std::size_t oldest;
    Kinds kinds;              // of the commands that it counts
    Lanes<kMaxBanks> delays;  // the window's length at the banks of its rank
  };

  static constexpr int kBlocks = kLanes / kBlock;

  [[gnu::always_inline]] void apply(Delays delays, const Kinds& kinds, int bank, int rank,
                                    std::int64_t now) {
    const auto t = static_cast<std::int32_t>(now - epoch_);
    const auto raise = [t](Block& block, Block delays) { block = greater(block, delays + t); };
    for (int i = 0; i < Delays::kOwn; ++i) raise(own_[bank].blocks[i], delays.own(i));
    raise(rank_[rank].blocks[0], delays.rank());
    int n = 0;
    for (int kind : kinds) {
      for (int i = 0; i < kBlocks; ++i) delay(kind, i, delays.shared(n, kBlocks, i) + t);
      ++n;
    }
  }

  [[gnu::always_inline]] void delay(int kind, int i, Block bound) {
    Block& earliest = shared_[kind].blocks[i];
    earliest = greater(earliest, bound);
    candidates_.delay(i, kind, bound);
  }

  // tFAW: a fifth ACT waits for the first of the four before it.
  void count_in_windows(Command command, int rank, std::int64_t now) {
    const auto t = static_cast<std::int32_t>(now - epoch_);
    for (Window& window : windows_) {
      if (window.rank != rank || !(window.rule->commands >> index(command) & 1)) continue;
      window.ends[window.oldest] = t + window.rule->lengths[index(command)];
      if (++window.oldest == window.ends.size()) window.oldest = 0;
      for (int kind : window.kinds)
        for (int i = 0; i < kBlocks; ++i)
          delay(kind, i,
                window.delays.blocks[i] +
                    (window.ends[window.oldest] - window.rule->lead(command, kind)));
    }
  }

  void rebase(std::int64_t now) {
    const std::int64_t shift = now - epoch_;
    const auto moved = [shift](std::int32_t cycle) {
      return static_cast<std::int32_t>(std::max<std::int64_t>(cycle - shift, kPast));
    };
    const auto move = [&moved](auto& lanes) {
      for (Block& block : lanes.blocks)
        for (unsigned lane = 0; lane < kBlock; ++lane) block[lane] = moved(block[lane]);
    };
    std::for_each(shared_.begin(), shared_.end(), move);
    std::for_each(own_.begin(), own_.end(), move);
    std::for_each(rank_.begin(), rank_.end(), move);
    candidates_.rebase(moved);
    for (Window& window : windows_)
      for (std::int32_t& time : window.ends) time = moved(time);
    epoch_ = now;
  }

  static constexpr std::int64_t kRebaseAfter = std::int64_t{1} << 29;
  // Long enough ago to constrain nothing, short enough that adding a delay cannot overflow.
  static constexpr std::int32_t kPast = -(1 << 30);

  const System& system_;
  const DelayTable& delays_;
  std::int64_t epoch_ = 0;
  // Bounds on a bank's commands: by what happened beyond the bank, and in the bank itself.
  std::array<Lanes<kLanes>, kBankCommands> shared_;
  std::array<Lanes<2 * kBlock>, kLanes> own_;  // by bank, then command
  CommandCandidates<kLanes> candidates_;
  std::array<Lanes<kBlock>, kMaxRanks> rank_;  // by rank, then rank command
  std::vector<Window> windows_;
  std::uint32_t counted_ = 0;  // commands that some window counts
};

}  // namespace archgym
