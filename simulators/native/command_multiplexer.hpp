// Which command goes over the command buses next.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "bank_sets.hpp"
#include "refresh_manager.hpp"
#include "system.hpp"

namespace archgym {

struct Winner {
  std::int64_t time;   // earliest cycle in which it can issue
  std::int32_t order;  // the transaction it is for, kRefresh or kPowerDown
  int rank;            // of a manager, kNoRank for a transaction

  // Transactions are numbered as they are accepted, which makes their number their age.
  static constexpr std::int32_t kNoRequest = std::numeric_limits<std::int32_t>::max();
  // What managers want counts as older or, to power down, as younger than every request.
  static constexpr std::int32_t kRefresh = -1;
  static constexpr std::int32_t kPowerDown = kNoRequest - 1;
  static constexpr int kNoRank = -1;

  static constexpr Winner none() { return {kNever, kNoRequest, kNoRank}; }
};

// Takes the oldest among the commands that can issue earliest; refresh managers win ties.
// `kUniform`: it is known at compile time that commands last one cycle each on one bus.
template <class Banks, class Managers, bool kUniform>
class CommandMultiplexer {
  using Timing = typename Banks::Timing;
  using CommandCandidate = typename Timing::CommandCandidate;

 public:
  CommandMultiplexer(const System& system, const Banks& banks, const Managers& managers)
      : system_(system), banks_(banks), managers_(managers), uniform_(system.uniform_commands) {}

  // Whether commands last one cycle each on one bus.
  bool is_uniform() const { return kUniform || uniform_; }

  void occupy(Command command, std::int64_t now) {
    if (is_uniform())
      free_[0] = now + 1;
    else
      free_[bus_of(command)] = now + system_.command_cycles[index(command)];
  }

  // The first command in or after a cycle.
  [[gnu::always_inline]] Winner select(std::int64_t not_before) const {
    if (managers_.want() || !is_uniform()) [[unlikely]]
      return select_among_all(not_before);
    const auto floor = static_cast<std::int32_t>(std::max(not_before, free_[0]) - timing().epoch());
    return winner(timing().candidates().first(floor));
  }

  // What is first after `now` among all candidates but that of `bank`, and among those and it. Both
  // are of use to uniform commands only.
  [[gnu::always_inline]] CommandCandidate first_but(int bank, std::int64_t now) const {
    return is_uniform() ? timing().candidates().first_but(bank, after(now)) : Timing::kNone;
  }
  [[gnu::always_inline]] Winner first(CommandCandidate others, CommandCandidate own,
                                      std::int64_t now) const {
    return winner(Timing::first(others, own, after(now)));
  }

  // The first cycle after `now` in which something becomes ready; what became so before is left
  // out.
  std::int64_t next_ready(std::int64_t now) const {
    std::int64_t next = kNever;
    const auto consider = [&](std::int32_t ready, int bus) {
      const std::int64_t cycle = std::max(timing().epoch() + ready, free_[bus]);
      if (cycle > now) next = std::min(next, cycle);
    };
    for (int bank = 0; bank < system_.banks; ++bank)
      if (banks_.waits(bank))
        consider(timing().candidates().ready(bank), bus_of(banks_.command(bank)));
    for (int rank = 0; rank < system_.ranks; ++rank) {
      if (const auto& refresh = managers_.refresh(rank)) consider(earliest(*refresh, rank), 0);
      if (const auto command = managers_.power_down(rank))
        consider(timing().earliest(*command, rank), 0);
    }
    return next;
  }

  // See repetition.hpp.
  template <class Visitor>
  void show(Visitor& visitor) {
    for (std::int64_t& cycle : free_) visitor.time(cycle);
  }

 private:
  const Timing& timing() const { return banks_.timing(); }

  std::int32_t after(std::int64_t now) const {
    return static_cast<std::int32_t>(now + 1 - timing().epoch());
  }

  // Where commands last several cycles or have a bus of their own, or where managers want to issue:
  // what ends first wins on each bus, and of the two winners the one that can begin first.
  [[gnu::noinline]] Winner select_among_all(std::int64_t not_before) const {
    const Winner rows = select_on_bus(0, not_before);
    if (!system_.has_column_bus) return rows;
    const Winner columns = select_on_bus(1, not_before);
    const bool columns_first =
        columns.time != rows.time ? columns.time < rows.time : columns.order < rows.order;
    return columns_first ? columns : rows;
  }

  Winner select_on_bus(int bus, std::int64_t not_before) const {
    const std::int64_t floor = std::max(not_before, free_[bus]);
    Winner best = Winner::none();
    std::int64_t best_end = kNever;
    const auto consider = [&](Command command, std::int32_t ready, std::int32_t order, int rank) {
      const std::int64_t time = std::max(timing().epoch() + ready, floor);
      const std::int64_t end = time + system_.command_cycles[index(command)];
      if (end < best_end || (end == best_end && order < best.order)) {
        best = {time, order, rank};
        best_end = end;
      }
    };
    for (int rank = 0; rank < system_.ranks && bus == 0 && managers_.want(); ++rank) {
      if (const auto command = managers_.power_down(rank))
        consider(*command, timing().earliest(*command, rank), Winner::kPowerDown, rank);
      else if (const auto& refresh = managers_.refresh(rank))
        consider(refresh->command, earliest(*refresh, rank), Winner::kRefresh, rank);
    }
    for (int bank = 0; bank < system_.banks; ++bank) {
      if (!banks_.waits(bank) || (managers_.silenced() & BankSets::bit(bank))) continue;
      const Command command = banks_.command(bank);
      if (bus_of(command) == bus)
        consider(command, timing().candidates().ready(bank), banks_.order(bank), Winner::kNoRank);
    }
    return best;
  }

  Winner winner(const CommandCandidate& candidate) const {
    const bool is_any = candidate.ready != Timing::kNone.ready;
    return {is_any ? timing().epoch() + candidate.ready : kNever, candidate.order, Winner::kNoRank};
  }

  std::int32_t earliest(const ManagerCommand& wanted, int rank) const {
    return index(wanted.command) < kBankCommands ? timing().earliest(wanted.command, wanted.banks)
                                                 : timing().earliest(wanted.command, rank);
  }

  int bus_of(Command command) const { return system_.has_column_bus && is_access(command); }

  const System& system_;
  const Banks& banks_;
  const Managers& managers_;
  bool uniform_;
  std::array<std::int64_t, 2> free_{};  // when each command bus takes the next command
};

}  // namespace archgym
