// One memory channel as numbers: organisation, timing edges and energy per event.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

#include "command.hpp"
#include "lanes.hpp"

namespace archgym {

inline constexpr std::int64_t kUnbounded = std::int64_t{1} << 62;

// Where two commands must be for a constraint to hold; OtherRank: in different ranks.
enum class Scope : int { Bank, BankGroup, Rank, OtherRank };

// A timing edge: `following` may not issue sooner than `cycles` after `previous` in `scope`.
struct Constraint {
  Scope scope;
  Command previous;
  Command following;
  std::int32_t cycles;
};

// Energy per event and per cycle, all devices of the rank together, in nanojoules.
struct EnergyTable {
  bool available = false;
  double activate = 0;             // per ACT
  double precharge = 0;            // per bank closed
  double read = 0;                 // per RD or RDA
  double write = 0;                // per WR or WRA
  double refresh = 0;              // per REFAB
  double rank_active_cycle = 0;    // background, at least one bank open
  double bank_active_cycle = 0;    // background, in addition, per open bank
  double rank_precharged_cycle = 0;
};

struct System {
  std::int64_t clock_ps = 0;
  int ranks = 0;
  int banks = 0;        // of all ranks; those of a rank follow each other
  int bank_groups = 0;  // likewise
  std::int32_t read_latency = 0;   // RD to end of data: RL + BL/2, cycles
  std::int32_t write_latency = 0;  // WR to end of data: WL + BL/2, cycles
  std::int32_t read_to_precharge = 0;   // RDA to the precharge it contains, cycles
  std::int32_t write_to_precharge = 0;  // WRA to the precharge it contains, cycles
  std::int32_t row_active_min = 0;      // tRAS
  std::int32_t four_activate_window = 0;
  std::int32_t refresh_interval = 0;  // tREFI
  std::int32_t refresh_cycle = 0;     // tRFC
  std::int64_t refresh_flexibility = 0;  // most refreshes to postpone, pull in or skip in a row
  std::int64_t bytes_per_burst = 0;
  EnergyTable energy;
  int rank_shift = 0;  // log2 of the banks a rank

  int banks_per_rank() const { return banks / ranks; }  // a power of two
  int rank_of(int bank) const { return bank >> rank_shift; }
  int group_of(int bank) const { return bank / (banks / bank_groups); }
};

// What one command forbids: lower bounds on the delay until each following command.
struct Delays {
  static constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::min() / 2;

  struct Shared {  // beyond the bank: rows[bank] are the delays at every bank
    int following;
    std::array<Lanes<kMaxBanks>, kMaxBanks> rows;
  };
  struct Own {  // within the bank
    int following;
    std::int32_t cycles;
  };
  std::vector<Shared> shared;
  std::vector<Own> own;
  std::array<std::int32_t, kCommands> rank{};  // to PREAB and REFAB of the same rank
};

// All timing edges of a system, arranged by the command that they start from.
class DelayTable {
 public:
  DelayTable(const System& system, const std::vector<Constraint>& constraints) {
    for (int following = 0; following < kBankCommands; ++following)
      representative_[following] = representative(following, constraints);
    for (int previous = 0; previous < kCommands; ++previous)
      table_[previous] = delays(system, previous, constraints);
  }

  const Delays& operator[](Command command) const { return table_[index(command)]; }

  // Commands that are alike in what delays them beyond their bank, as WR and WRA are, are kept
  // up to date as one; this is the first of them.
  int representative(Command command) const { return representative_[index(command)]; }

 private:
  using Edges = std::vector<std::tuple<Scope, Command, std::int32_t>>;

  static Edges shared_edges(int following, const std::vector<Constraint>& constraints) {
    Edges edges;
    for (const Constraint& c : constraints)
      if (index(c.following) == following && c.scope != Scope::Bank)
        edges.emplace_back(c.scope, c.previous, c.cycles);
    std::sort(edges.begin(), edges.end());
    return edges;
  }

  static int representative(int following, const std::vector<Constraint>& constraints) {
    int first = 0;
    while (shared_edges(first, constraints) != shared_edges(following, constraints)) ++first;
    return first;
  }

  Delays delays(const System& system, int previous,
                const std::vector<Constraint>& constraints) const {
    Delays result;
    result.rank.fill(Delays::kNone);
    for (int following = 0; following < kCommands; ++following) {
      std::array<std::int32_t, 4> by_scope;
      by_scope.fill(Delays::kNone);
      for (const Constraint& c : constraints)
        if (index(c.previous) == previous && index(c.following) == following) {
          auto& cycles = by_scope[static_cast<int>(c.scope)];
          cycles = std::max(cycles, c.cycles);
        }
      const auto [bank, group, rank, other_rank] = by_scope;
      if (following >= kBankCommands) {
        result.rank[following] = std::max({bank, group, rank});
        continue;
      }
      if (bank != Delays::kNone) result.own.push_back({following, bank});
      if (std::max(group, rank) != Delays::kNone && representative_[following] == following)
        result.shared.push_back({following, rows(system, group, rank, other_rank)});
    }
    return result;
  }

  static std::array<Lanes<kMaxBanks>, kMaxBanks> rows(const System& system, std::int32_t group,
                                                      std::int32_t rank,
                                                      std::int32_t other_rank) {
    std::array<Lanes<kMaxBanks>, kMaxBanks> result;
    for (auto& lanes : result) lanes.fill(Delays::kNone);
    for (int from = 0; from < system.banks; ++from)
      for (int to = 0; to < system.banks; ++to)
        result[from][to] = system.group_of(from) == system.group_of(to)   ? std::max(group, rank)
                           : system.rank_of(from) == system.rank_of(to) ? rank
                                                                        : other_rank;
    return result;
  }

  std::array<int, kBankCommands> representative_{};
  std::array<Delays, kCommands> table_;
};

}  // namespace archgym
