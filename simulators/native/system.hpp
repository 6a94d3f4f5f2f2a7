// One memory channel as numbers: organisation, timing and energy per event.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

#include "command.hpp"
#include "energy_table.hpp"
#include "lanes.hpp"

namespace archgym {

inline constexpr std::int64_t kUnbounded = std::int64_t{1} << 62;

// Where two commands must be for a constraint to hold; OtherStack: in different stacks of a rank,
// OtherRank: in different ranks.
enum class Scope : int { Bank, BankGroup, Rank, OtherStack, OtherRank };

// Which refreshes a constraint starts from: also those that end a round over all banks of their
// rank, or the others.
enum class When : int { Always, RoundGoesOn, RoundEnds };

// A timing edge: `following` may not issue sooner than `cycles` after `previous` in `scope`.
struct Constraint {
  Scope scope;
  Command previous;
  Command following;
  std::int32_t cycles;
  When when;
};

// In a rank, at most `count` of `commands` (a bit each) may issue within `cycles`.
struct ActivateWindow {
  std::uint32_t commands;
  int count;
  std::int32_t cycles;
  // What the window begins after the start of each command; 0 but in DRAMSys's reckoning.
  std::array<std::int32_t, kCommands> offset;
};

// One granularity of refresh; see RefreshManager and BankRefreshManager.
struct Refresh {
  Command command;
  Command precharge;
  std::int32_t interval;
  std::int32_t duration;
  std::int32_t per_interval;  // how many commands do what one REFAB does
};

struct System {
  std::int64_t clock_ps = 0;
  int ranks = 0;
  int banks = 0;        // of all ranks; those of a rank follow each other
  int bank_groups = 0;  // likewise
  int stacks = 0;       // likewise
  std::array<std::int32_t, kCommands> command_cycles{};  // how long each occupies its bus
  bool uniform_commands = true;  // each lasts one cycle, and all share one bus
  bool has_column_bus = false;   // accesses have a command bus of their own
  std::int32_t read_latency = 0;         // RD to end of data, cycles
  std::int32_t write_latency = 0;        // WR to end of data, cycles
  std::int32_t read_to_precharge = 0;    // RDA to the precharge it contains, cycles
  std::int32_t write_to_precharge = 0;   // WRA to the precharge it contains, cycles
  std::int32_t row_active_min = 0;       // tRAS
  std::vector<Refresh> refreshes;        // by RefreshPolicy; those that the device does not have
                                         // are of no interval
  std::int64_t refresh_flexibility = 0;  // most refreshes to postpone, pull in or skip in a row
  std::int64_t bytes_per_burst = 0;
  EnergyTable energy;

  int banks_per_rank() const { return banks / ranks; }  // a power of two
  int rank_of(int bank) const { return bank >> rank_shift; }
  int group_of(int bank) const { return bank >> group_shift; }
  int stack_of(int bank) const { return bank >> stack_shift; }
  std::uint64_t banks_of(int rank) const {
    return (~std::uint64_t{0} >> (64 - banks_per_rank())) << (rank * banks_per_rank());
  }

  void derive() {
    const auto shift = [this](int units) { return std::countr_zero(unsigned(banks / units)); };
    rank_shift = shift(ranks);
    group_shift = shift(bank_groups);
    stack_shift = shift(stacks);
  }

 private:
  int rank_shift = 0, group_shift = 0, stack_shift = 0;  // log2 of the banks in each
};

// What one command forbids: lower bounds on the delay until each following command.
struct Delays {
  static constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::min() / 4;

  struct Shared {  // beyond the bank: rows[bank] are the delays at every bank
    int following;
    std::vector<Lanes<kMaxBanks>> rows;
  };
  std::vector<Shared> shared;
  Lanes<2 * kBlock> own;  // within the bank, by bank command
  Lanes<kBlock> rank;     // within the rank, by rank command
};

// All timing edges of a system, arranged by the command that they start from.
class DelayTable {
 public:
  DelayTable(const System& system, const std::vector<Constraint>& constraints,
             std::vector<ActivateWindow> windows)
      : windows_(std::move(windows)) {
    for (int following = 0; following < kBankCommands; ++following)
      representative_[following] = representative(following, constraints);
    for (int previous = 0; previous < kCommands; ++previous)
      for (When when : {When::RoundGoesOn, When::RoundEnds})
        table_[when == When::RoundEnds][previous] = delays(system, previous, when, constraints);
  }

  const Delays& operator[](Command command) const { return table_[0][index(command)]; }
  // Of a refresh that ends a round over all banks.
  const Delays& at_end_of_round(Command command) const { return table_[1][index(command)]; }

  const std::vector<ActivateWindow>& windows() const { return windows_; }

  // Commands that are alike in what delays them beyond their bank, as WR and WRA are, are kept
  // up to date as one; this is the first of them.
  int representative(Command command) const { return representative_[index(command)]; }

 private:
  using Edges = std::vector<std::tuple<Scope, Command, std::int32_t, When>>;

  Edges shared_edges(int following, const std::vector<Constraint>& constraints) const {
    Edges edges;
    for (const Constraint& c : constraints)
      if (index(c.following) == following && c.scope != Scope::Bank)
        edges.emplace_back(c.scope, c.previous, c.cycles, c.when);
    // A window counts as an edge from a rank command to itself, which no table has.
    for (std::size_t i = 0; i < windows_.size(); ++i)
      if (windows_[i].commands >> following & 1)
        edges.emplace_back(Scope::Rank, Command::SREFEX, -1 - static_cast<int>(i), When::Always);
    std::sort(edges.begin(), edges.end());
    return edges;
  }

  int representative(int following, const std::vector<Constraint>& constraints) const {
    int first = 0;
    while (shared_edges(first, constraints) != shared_edges(following, constraints)) ++first;
    return first;
  }

  Delays delays(const System& system, int previous, When when,
                const std::vector<Constraint>& constraints) const {
    Delays result;
    result.own.fill(Delays::kNone);
    result.rank.fill(Delays::kNone);
    for (int following = 0; following < kCommands; ++following) {
      std::array<std::int32_t, 5> by_scope;
      by_scope.fill(Delays::kNone);
      for (const Constraint& c : constraints)
        if (index(c.previous) == previous && index(c.following) == following &&
            (c.when == When::Always || c.when == when)) {
          auto& cycles = by_scope[static_cast<int>(c.scope)];
          cycles = std::max(cycles, c.cycles);
        }
      const auto [bank, group, rank, other_stack, other_rank] = by_scope;
      if (following >= kBankCommands) {
        result.rank.set(following - kBankCommands, std::max({bank, group, rank}));
        continue;
      }
      result.own.set(following, bank);
      const bool is_shared = std::max({group, rank, other_stack, other_rank}) != Delays::kNone;
      if (is_shared && representative_[following] == following)
        result.shared.push_back({following, rows(system, by_scope)});
    }
    return result;
  }

  static std::vector<Lanes<kMaxBanks>> rows(const System& system,
                                            const std::array<std::int32_t, 5>& by_scope) {
    const auto [bank, group, rank, other_stack, other_rank] = by_scope;
    std::vector<Lanes<kMaxBanks>> result(system.banks);
    for (auto& lanes : result) lanes.fill(Delays::kNone);
    for (int from = 0; from < system.banks; ++from)
      for (int to = 0; to < system.banks; ++to) {
        std::int32_t cycles = other_rank;
        if (system.rank_of(from) == system.rank_of(to)) {
          cycles = rank;
          if (system.stack_of(from) != system.stack_of(to)) cycles = std::max(cycles, other_stack);
          if (system.group_of(from) == system.group_of(to)) cycles = std::max(cycles, group);
        }
        result[from].values[to] = cycles;
      }
    return result;
  }

  std::array<int, kBankCommands> representative_{};
  std::array<std::array<Delays, kCommands>, 2> table_;
  std::vector<ActivateWindow> windows_;
};

}  // namespace archgym
