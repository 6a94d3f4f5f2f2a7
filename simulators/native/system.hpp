// A memory system as numbers: organisation, timing and energy per event. Channels are alike, and
// all but their number is of one channel.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>
#include <vector>

#include "command.hpp"
#include "energy_table.hpp"
#include "lanes.hpp"

namespace archgym {

inline constexpr std::int64_t kUnbounded = std::int64_t{1} << 62;
inline constexpr int kMaxChannels = 64;

// Where two commands must be for a constraint to hold; OtherStack: in different stacks of a rank,
// OtherRank: in different ranks.
enum class Scope : int { Bank, BankGroup, Rank, OtherStack, OtherRank };
inline constexpr std::array<std::string_view, 5> kScopeNames = {"bank", "bank_group", "rank",
                                                                "other_stack", "other_rank"};

// Which refreshes a constraint starts from: also those that end a round over all banks of their
// rank, or the others.
enum class When : int { Always, RoundGoesOn, RoundEnds };
inline constexpr std::array<std::string_view, 3> kWhenNames = {"always", "round_goes_on",
                                                               "round_ends"};

// A timing edge: `following` may not issue sooner than `cycles` after `previous` in `scope`.
struct Constraint {
  Scope scope;
  Command previous;
  Command following;
  std::int32_t cycles;
  When when;
};

// In a rank, at most `count` of `commands` (a bit each) may issue within `cycles`, from the end of
// one to the end of another.
struct ActivateWindow {
  std::uint32_t commands;
  int count;
  std::int32_t cycles;
  std::array<std::int32_t, kCommands> lengths;
  bool by_last;  // reckons with the length of the last command counted, not of the one that waits

  // What has to be subtracted from the end of a window until `following` can issue after `last`.
  std::int32_t lead(Command last, int following) const {
    return lengths[by_last ? index(last) : following];
  }
};

// One granularity of refresh; see RefreshManager and BankRefreshManager.
struct Refresh {
  Command command;
  Command precharge;
  std::int32_t interval;
  std::int32_t duration;
  std::int32_t per_interval;  // how many commands do what one REFAB does
  std::int32_t turn;  // from the activate of a bank to the end of the refresh that it then gets
};

struct System {
  std::int64_t clock_ps = 0;
  int channels = 1;
  int ranks = 0;
  int banks = 0;        // of all ranks; those of a rank follow each other
  int bank_groups = 0;  // likewise
  int stacks = 0;       // likewise
  std::array<std::int32_t, kCommands> command_cycles{};  // how long each occupies its bus
  bool uniform_commands = true;         // each lasts one cycle, and all share one bus
  bool has_column_bus = false;          // accesses have a command bus of their own
  std::int32_t read_latency = 0;        // RD to end of data, cycles
  std::int32_t write_latency = 0;       // WR to end of data, cycles
  std::int32_t read_to_precharge = 0;   // RDA to the precharge it contains, cycles
  std::int32_t write_to_precharge = 0;  // WRA to the precharge it contains, cycles
  std::int32_t row_active_min = 0;      // tRAS
  std::vector<Refresh> refreshes;       // by RefreshPolicy; those that the device does not have
                                        // are of no interval
  bool handshakes = false;  // requests and responses change hands one at a time, as in DRAMSys
  std::int64_t refresh_flexibility = 0;  // most refreshes to postpone, pull in or skip in a row
  std::int64_t bytes_per_burst = 0;
  EnergyTable energy;
  EnergyBooks energy_books = EnergyBooks::Plain;

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

// No delay at all; adding it to a cycle can't overflow.
inline constexpr std::int32_t kNoDelay = std::numeric_limits<std::int32_t>::min() / 4;

// What one command at one bank forbids: lower bounds on the delay until each following command, in
// blocks that lie one after the other in memory.
class Delays {
 public:
  Delays(const Block* first) : first_(first) {}

  // Within the bank, by bank command: block 0 or 1.
  Block own(int i) const { return first_[i]; }
  // Within the rank, by rank command.
  Block rank() const { return first_[kOwn]; }
  // Beyond the bank, on the `n`th kind of command: block `i` of the delays by bank.
  Block shared(int n, int blocks_per_row, int i) const {
    return first_[kOwn + 1 + n * blocks_per_row + i];
  }

  static constexpr int kOwn = 2;

 private:
  const Block* first_;
};

// Kinds of command: those that something delays beyond its bank.
struct Kinds {
  int count = 0;
  std::array<int, kBankCommands> numbers{};

  const int* begin() const { return numbers.data(); }
  const int* end() const { return numbers.data() + count; }
};

// All timing edges of a system, arranged by the command that they start from.
class DelayTable {
 public:
  DelayTable(const System& system, const std::vector<Constraint>& constraints,
             std::vector<ActivateWindow> windows)
      : windows_(std::move(windows)), blocks_per_row_(lanes_for(system.banks) / kBlock) {
    for (int following = 0; following < kBankCommands; ++following)
      representative_[following] = representative(following, constraints);
    for (When when : {When::RoundGoesOn, When::RoundEnds})
      for (int previous = 0; previous < kCommands; ++previous)
        add(system, previous, when, constraints);
  }

  Delays of(Command command, int bank, bool ends_round = false) const {
    const Start& start = starts_[ends_round][index(command)];
    return &blocks_[start.offset + bank * start.stride];
  }
  // The kinds of command that it delays beyond the bank.
  const Kinds& kinds(Command command, bool ends_round = false) const {
    return starts_[ends_round][index(command)].kinds;
  }

  const std::vector<ActivateWindow>& windows() const { return windows_; }
  // The kinds of the commands that a window counts.
  Kinds kinds(const ActivateWindow& window) const {
    Kinds result;
    for (int command = 0; command < kBankCommands; ++command)
      if ((window.commands >> command & 1) && representative_[command] == command)
        result.numbers[result.count++] = command;
    return result;
  }

  // Commands that are alike in what delays them beyond their bank, as WR and WRA are, are kept
  // up to date as one; this is the first of them, the kind.
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
        edges.emplace_back(Scope::Rank, Command::SREFEX,
                           -1 - static_cast<int>(i) - 256 * windows_[i].lengths[following],
                           When::Always);
    std::sort(edges.begin(), edges.end());
    return edges;
  }

  int representative(int following, const std::vector<Constraint>& constraints) const {
    int first = 0;
    while (shared_edges(first, constraints) != shared_edges(following, constraints)) ++first;
    return first;
  }

  using ByScope = std::array<std::int32_t, 5>;

  static ByScope by_scope(int previous, int following, When when,
                          const std::vector<Constraint>& constraints) {
    ByScope result;
    result.fill(kNoDelay);
    for (const Constraint& c : constraints)
      if (index(c.previous) == previous && index(c.following) == following &&
          (c.when == When::Always || c.when == when)) {
        auto& cycles = result[static_cast<int>(c.scope)];
        cycles = std::max(cycles, c.cycles);
      }
    return result;
  }

  void add(const System& system, int previous, When when,
           const std::vector<Constraint>& constraints) {
    Start& start = starts_[when == When::RoundEnds][previous];
    start.offset = blocks_.size();
    std::array<ByScope, kCommands> edges;
    for (int following = 0; following < kCommands; ++following) {
      edges[following] = by_scope(previous, following, when, constraints);
      const auto [bank, group, rank, other_stack, other_rank] = edges[following];
      const bool is_shared = std::max({group, rank, other_stack, other_rank}) != kNoDelay;
      if (is_shared && following < kBankCommands && representative_[following] == following)
        start.kinds.numbers[start.kinds.count++] = following;
    }
    start.stride = Delays::kOwn + 1 + start.kinds.count * blocks_per_row_;
    blocks_.resize(start.offset + system.banks * start.stride, Block{} + kNoDelay);
    for (int from = 0; from < system.banks; ++from) {
      Block* block = &blocks_[start.offset + from * start.stride];
      for (unsigned following = 0; following < kCommands; ++following) {
        const auto [bank, group, rank, other_stack, other_rank] = edges[following];
        const unsigned lane = following - kBankCommands;
        if (following < kBankCommands)
          block[following / kBlock][following % kBlock] = bank;
        else
          block[Delays::kOwn][lane] = std::max({bank, group, rank});
      }
      block += Delays::kOwn + 1;
      for (int following : start.kinds) {
        for (int to = 0; to < system.banks; ++to)
          block[to / kBlock][to % kBlock] = between(system, from, to, edges[following]);
        block += blocks_per_row_;
      }
    }
  }

  static std::int32_t between(const System& system, int from, int to, const ByScope& by_scope) {
    const auto [bank, group, rank, other_stack, other_rank] = by_scope;
    if (system.rank_of(from) != system.rank_of(to)) return other_rank;
    std::int32_t cycles = rank;
    if (system.stack_of(from) != system.stack_of(to)) cycles = std::max(cycles, other_stack);
    if (system.group_of(from) == system.group_of(to)) cycles = std::max(cycles, group);
    return cycles;
  }

  struct Start {  // of a command's delays at bank 0; those at the next bank are `stride` further
    std::size_t offset = 0, stride = 0;
    Kinds kinds;
  };

  std::array<int, kBankCommands> representative_{};
  std::vector<ActivateWindow> windows_;
  int blocks_per_row_;
  std::vector<Block> blocks_;
  std::array<std::array<Start, kCommands>, 2> starts_;
};

}  // namespace archgym
