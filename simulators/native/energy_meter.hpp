// Counts what a rank does and for how long it is in each state.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "command.hpp"
#include "energy_table.hpp"
#include "lanes.hpp"
#include "system.hpp"

namespace archgym {

// Called for every command, and so as cheap as can be: times are added up as differences, and only
// the rare commands look at more than one bank.
class EnergyMeter {
 public:
  // The DRAM sees each command `bus_delay` cycles after the controller has issued it.
  EnergyMeter(const System& system, int rank, std::int64_t bus_delay)
      : system_(system),
        banks_(system.banks_of(rank)),
        read_to_precharge_(system.read_to_precharge),
        write_to_precharge_(system.write_to_precharge),
        row_active_min_(system.row_active_min),
        start_(-bus_delay),
        active_until_(start_) {
    since_.fill(kLongAgo);
    refreshed_.fill(kLongAgo);
  }

  [[gnu::always_inline]] void activate(int bank, std::int64_t now) {
    count(Command::ACT, now);
    if (open_ == 0) end_idleness(now);
    open_ |= bit(bank);
    open_time_ -= now;
    since_[bank] = now;
  }

  [[gnu::always_inline]] void precharge(int bank, std::int64_t now) {
    count(Command::PREPB, now);
    close(bank, now);
  }

  // RD, RDA, WR or WRA. An auto-precharge begins once the row has been open for tRAS.
  [[gnu::always_inline]] void access(Command command, int bank, std::int64_t now) {
    count(command, now);
    if (!has_auto_precharge(command)) return;
    const std::int32_t delay = is_write(command) ? write_to_precharge_ : read_to_precharge_;
    close(bank, std::max(now + delay, since_[bank] + row_active_min_));
  }

  // Any other command; `bank` is the one it names, or the first of its rank.
  void record(Command command, int bank, std::int64_t now) {
    count(command, now);
    switch (command) {
      case Command::PREAB: return close_all(banks_, now);
      case Command::PRESB: return close_all(same_banks(bank), now);
      case Command::REFAB: return refresh(command, banks_, now);
      case Command::REFPB: return refresh(command, bit(bank), now);
      case Command::REFP2B: return refresh(command, bit(bank) | bit(partner(bank)), now);
      case Command::REFSB: return refresh(command, same_banks(bank), now);
      case Command::PDEA: return power_down(Mode::ActivePowerDown, now);
      case Command::PDEP: return power_down(Mode::PrechargedPowerDown, now);
      case Command::SREFEN:
        refresh(Command::REFAB, banks_, now);
        return power_down(Mode::SelfRefresh, now);
      default: return power_up(now);  // PDXA, PDXP, SREFEX
    }
  }

  // While no request waits for the rank; see repetition.hpp. Self-refresh lasts until one comes.
  template <class Visitor>
  void show(Visitor& visitor) {
    visitor.state(static_cast<int>(mode_));
    if (mode_ == Mode::SelfRefresh) return;
    visitor.state(static_cast<std::int64_t>(open_));
    visitor.time(last_command_, kUnbounded);
    visitor.time(active_until_, kUnbounded);
    visitor.time(powered_down_, mode_ == Mode::Awake ? 0 : kUnbounded);
    const std::int64_t settling = std::max(
        {row_active_min_, system_.energy.activate_cycles, system_.energy.precharge_cycles});
    for (std::uint64_t banks = banks_; banks != 0; banks &= banks - 1) {
      const int bank = std::countr_zero(banks);
      visitor.state(since_[bank] > powered_down_);
      visitor.time(since_[bank], settling);
      visitor.time(refreshed_[bank]);
    }
    for (std::int64_t& count : counts_) visitor.count(count);
    for (std::int64_t& time : time_in_) visitor.count(time);
    visitor.count(open_time_);
    visitor.count(precharged_time_);
  }

  const std::array<std::int64_t, kCommands>& counts() const { return counts_; }

  std::int64_t last_command() const { return last_command_; }

  // Ends the measurement with the last command of the channel.
  EnergySplit energy(std::int64_t last_command) {
    if (mode_ != Mode::Awake) power_up(last_command);
    if (open_ == 0) end_idleness(last_command);
    RankActivity rank;
    rank.commands = counts_;
    rank.precharges = counts_[index(Command::ACT)] - std::popcount(open_);
    rank.open_banks = open_time_ + std::popcount(open_) * last_command;
    for (std::uint64_t banks = banks_; banks != 0; banks &= banks - 1) {
      const int bank = std::countr_zero(banks);
      // What ends after the last command is not part of the run.
      rank.open_banks -= std::max<std::int64_t>(0, refreshed_[bank] - last_command);
      if (since_[bank] > last_command) {
        rank.open_banks -= since_[bank] - last_command;
        --rank.precharges;
      }
    }
    rank.precharged = precharged_time_;
    rank.active_power_down = time_in(Mode::ActivePowerDown);
    rank.precharged_power_down = time_in(Mode::PrechargedPowerDown);
    rank.self_refresh = time_in(Mode::SelfRefresh);
    rank.active = last_command - start_ - rank.precharged - rank.active_power_down -
                  rank.precharged_power_down - rank.self_refresh;
    return system_.energy.split(rank);
  }

 private:
  enum class Mode : int { Awake, ActivePowerDown, PrechargedPowerDown, SelfRefresh };

  static constexpr std::int64_t kLongAgo = -(std::int64_t{1} << 40);

  static std::uint64_t bit(int bank) { return std::uint64_t{1} << bank; }

  std::int64_t& time_in(Mode mode) { return time_in_[static_cast<int>(mode)]; }

  void count(Command command, std::int64_t now) {
    ++counts_[index(command)];
    last_command_ = now;
  }

  void close(int bank, std::int64_t at) {
    open_ &= ~bit(bank);
    open_time_ += at;
    since_[bank] = at;
    active_until_ = std::max(active_until_, at);
  }

  void close_all(std::uint64_t banks, std::int64_t now) {
    for (banks &= open_; banks != 0; banks &= banks - 1) close(std::countr_zero(banks), now);
  }

  // `banks` are closed, but count as open while they are refreshed.
  void refresh(Command command, std::uint64_t banks, std::int64_t now) {
    if (open_ == 0) end_idleness(now);
    const std::int64_t duration = refresh_cycles(command);
    open_time_ += std::popcount(banks) * duration;
    active_until_ = std::max(active_until_, now + duration);
    for (; banks != 0; banks &= banks - 1) refreshed_[std::countr_zero(banks)] = now + duration;
  }

  // A rank that is told to power down does so once all that has begun by now is over. An
  // auto-precharge begins when it is due.
  void power_down(Mode mode, std::int64_t now) {
    mode_ = mode;
    powered_down_ = now;
    for (std::uint64_t banks = banks_; banks != 0; banks &= banks - 1) {
      const int bank = std::countr_zero(banks);
      const bool is_open = open_ & bit(bank);
      const std::int64_t lasts =
          is_open ? system_.energy.activate_cycles : system_.energy.precharge_cycles;
      if (since_[bank] <= now) powered_down_ = std::max(powered_down_, since_[bank] + lasts);
      powered_down_ = std::max(powered_down_, refreshed_[bank]);
    }
  }

  // It may be told to power up before that.
  void power_up(std::int64_t now) {
    if (now > powered_down_) {
      if (open_ == 0) end_idleness(powered_down_);
      // Banks stay as they are, but draw no more for being open.
      for (std::uint64_t banks = banks_; banks != 0; banks &= banks - 1) {
        const int bank = std::countr_zero(banks);
        const std::int64_t until = open_ & bit(bank) ? now : std::min(now, since_[bank]);
        open_time_ -= std::max<std::int64_t>(0, until - powered_down_);
      }
      time_in(mode_) += now - powered_down_;
      active_until_ = std::max(active_until_, now);
    }
    mode_ = Mode::Awake;
  }

  // Of a rank without an open bank.
  void end_idleness(std::int64_t now) {
    precharged_time_ += std::max<std::int64_t>(0, now - active_until_);
  }

  std::int32_t refresh_cycles(Command command) const {
    for (const Refresh& refresh : system_.refreshes)
      if (refresh.command == command) return refresh.duration;
    return 0;
  }

  // The bank of the same number in every group of the rank.
  std::uint64_t same_banks(int bank) const {
    const int per_group = system_.banks / system_.bank_groups;
    std::uint64_t result = 0;
    for (std::uint64_t banks = banks_; banks != 0; banks &= banks - 1) {
      const int other = std::countr_zero(banks);
      if ((other - bank) % per_group == 0) result |= bit(other);
    }
    return result;
  }

  // What REFP2B refreshes beside `bank`: the bank half a rank away.
  int partner(int bank) const { return bank ^ (system_.banks_per_rank() / 2); }

  const System& system_;
  std::uint64_t banks_;  // of the rank, a bit each
  std::int32_t read_to_precharge_, write_to_precharge_, row_active_min_;
  std::int64_t start_;

  std::array<std::int64_t, kCommands> counts_{};
  std::int64_t last_command_ = 0;
  std::uint64_t open_ = 0;                         // banks, a bit each
  std::array<std::int64_t, kMaxBanks> since_;      // when each bank was opened or closed last
  std::array<std::int64_t, kMaxBanks> refreshed_;  // until when
  std::int64_t open_time_ = 0;  // bank-cycles, of open banks less when they were opened
  std::int64_t active_until_;   // unless a bank is open
  std::int64_t precharged_time_ = 0;
  Mode mode_ = Mode::Awake;
  std::int64_t powered_down_ = 0;          // since when, unless awake
  std::array<std::int64_t, 4> time_in_{};  // by Mode
};

}  // namespace archgym
