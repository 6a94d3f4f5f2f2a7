// Counts what a rank does and for how long it is in each state, and turns that into energy.
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

struct EnergySplit {  // nanojoules
  double activate = 0, precharge = 0, read = 0, write = 0, refresh = 0;
  double background = 0, power_down = 0, self_refresh = 0;

  double total() const {
    return activate + precharge + read + write + refresh + background + power_down + self_refresh;
  }

  EnergySplit& operator+=(const EnergySplit& other) {
    activate += other.activate;
    precharge += other.precharge;
    read += other.read;
    write += other.write;
    refresh += other.refresh;
    background += other.background;
    power_down += other.power_down;
    self_refresh += other.self_refresh;
    return *this;
  }
};

// Core energy after DRAMPower (Chandrasekar et al., 2012): an amount per command, and a background
// that depends on whether the rank, and which banks, are active. Measured to the last command.
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

  void activate(int bank, std::int64_t now) {
    count(Command::ACT, now);
    if (open_ == 0) end_idleness(now);
    open_ |= bit(bank);
    open_time_ -= now;
    since_[bank] = now;
  }

  void precharge(int bank, std::int64_t now) {
    count(Command::PREPB, now);
    close(bank, now);
  }

  void precharge_all(std::int64_t now) {
    count(Command::PREAB, now);
    close_all(banks_, now);
  }

  // RD, RDA, WR or WRA. An auto-precharge begins once the row has been open for tRAS.
  void access(Command command, int bank, std::int64_t now) {
    count(command, now);
    if (!has_auto_precharge(command)) return;
    const std::int32_t delay = is_write(command) ? write_to_precharge_ : read_to_precharge_;
    close(bank, std::max(now + delay, since_[bank] + row_active_min_));
  }

  // Any other command; `bank` is the one it names, or the first of its rank.
  void record(Command command, int bank, std::int64_t now) {
    count(command, now);
    switch (command) {
      case Command::PRESB: close_all(same_banks(bank), now); break;
      case Command::REFPB: refresh(command, bit(bank), now); break;
      case Command::REFP2B: refresh(command, bit(bank) | bit(partner(bank)), now); break;
      case Command::REFSB: refresh(command, same_banks(bank), now); break;
      case Command::REFAB: refresh(command, banks_, now); break;
      case Command::PDEA: power_down(Mode::ActivePowerDown, now); break;
      case Command::PDEP: power_down(Mode::PrechargedPowerDown, now); break;
      case Command::SREFEN:
        refresh(Command::REFAB, banks_, now);
        power_down(Mode::SelfRefresh, now);
        break;
      default: power_up(std::max(now, settled(now)));  // PDXA, PDXP, SREFEX
    }
  }

  const std::array<std::int64_t, kCommands>& counts() const { return counts_; }

  std::int64_t last_command() const { return last_command_; }

  // Ends the measurement with the last command of the channel.
  EnergySplit energy(std::int64_t last_command) {
    if (mode_ != Mode::Awake) power_up(last_command);
    if (open_ == 0) end_idleness(last_command);
    std::int64_t open_time = open_time_;
    std::int64_t closings = counts_[index(Command::ACT)] - std::popcount(open_);
    for (std::uint64_t banks = banks_; banks != 0; banks &= banks - 1) {
      const int bank = std::countr_zero(banks);
      // What ends after the last command is not part of the run.
      open_time -= std::max<std::int64_t>(0, refreshed_[bank] - last_command);
      if (open_ & bit(bank)) {
        open_time += last_command;
      } else if (since_[bank] > last_command) {
        open_time -= since_[bank] - last_command;
        --closings;
      }
    }
    const auto active_power_down = cycles_in(Mode::ActivePowerDown);
    const auto precharged_power_down = cycles_in(Mode::PrechargedPowerDown);
    const auto self_refresh = cycles_in(Mode::SelfRefresh);
    const auto precharged = static_cast<double>(precharged_time_);
    const double active = static_cast<double>(last_command - start_) - precharged -
                          active_power_down - precharged_power_down - self_refresh;
    const EnergyTable& e = system_.energy;
    EnergySplit split;
    split.activate = of(Command::ACT);
    split.precharge = e.precharge * static_cast<double>(closings);
    split.read = of(Command::RD) + of(Command::RDA);
    split.write = of(Command::WR) + of(Command::WRA);
    split.refresh = of(Command::REFAB) + of(Command::REFPB) + of(Command::REFP2B) +
                    of(Command::REFSB) + of(Command::SREFEN);
    split.background = e.active_cycle * active +
                       e.open_bank_cycle * static_cast<double>(open_time) +
                       e.precharged_cycle * precharged;
    split.power_down = e.active_power_down_cycle * active_power_down +
                       e.precharged_power_down_cycle * precharged_power_down;
    split.self_refresh = e.self_refresh_cycle * self_refresh;
    return split;
  }

 private:
  enum class Mode : int { Awake, ActivePowerDown, PrechargedPowerDown, SelfRefresh };

  static constexpr std::int64_t kLongAgo = -(std::int64_t{1} << 40);

  static std::uint64_t bit(int bank) { return std::uint64_t{1} << bank; }

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

  // `banks` are closed and count as active while they are refreshed.
  void refresh(Command command, std::uint64_t banks, std::int64_t now) {
    if (open_ == 0) end_idleness(now);
    const std::int32_t duration = refresh_cycles(command);
    open_time_ += std::popcount(banks) * std::int64_t{duration};
    active_until_ = std::max(active_until_, now + duration);
    for (; banks != 0; banks &= banks - 1) refreshed_[std::countr_zero(banks)] = now + duration;
  }

  // A rank that has been told to power down does so once what is under way has ended.
  void power_down(Mode mode, std::int64_t now) {
    mode_ = mode;
    powered_down_ = std::max(now, settled(now));
  }

  void power_up(std::int64_t now) {
    if (now > powered_down_) {
      // Banks keep their state, but draw no more for it.
      for (std::uint64_t banks = banks_; banks != 0; banks &= banks - 1) {
        const int bank = std::countr_zero(banks);
        const std::int64_t until = open_ & bit(bank) ? now : std::min(now, since_[bank]);
        open_time_ -= std::max<std::int64_t>(0, until - powered_down_);
      }
      if (open_ == 0) end_idleness(powered_down_);
      active_until_ = std::max(active_until_, now);
      time_in_[static_cast<int>(mode_)] += now - powered_down_;
    }
    mode_ = Mode::Awake;
  }

  // When all that has begun is over. A precharge that is still to come from an auto-precharge is
  // hidden from the rank, which may power down before it.
  std::int64_t settled(std::int64_t now) const {
    const EnergyTable& table = system_.energy;
    std::int64_t result = now;
    for (std::uint64_t banks = banks_; banks != 0; banks &= banks - 1) {
      const int bank = std::countr_zero(banks);
      result = std::max(result, refreshed_[bank]);
      if (open_ & bit(bank))
        result = std::max(result, since_[bank] + table.activate_cycles);
      else if (since_[bank] <= now)
        result = std::max(result, since_[bank] + table.precharge_cycles);
    }
    return result;
  }

  // The rank has had no bank open since `active_until_`, unless it is active until later.
  void end_idleness(std::int64_t now) {
    precharged_time_ += std::max<std::int64_t>(0, now - active_until_);
    active_until_ = std::max(active_until_, now);
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
      if (other % per_group == bank % per_group) result |= bit(other);
    }
    return result;
  }

  // What REFP2B refreshes beside `bank`: the bank half a rank away.
  int partner(int bank) const { return bank ^ (system_.banks_per_rank() / 2); }

  double of(Command command) const {
    return system_.energy.command[index(command)] * static_cast<double>(counts_[index(command)]);
  }

  double cycles_in(Mode mode) const {
    return static_cast<double>(time_in_[static_cast<int>(mode)]);
  }

  const System& system_;
  std::uint64_t banks_;  // of the rank, a bit each
  std::int32_t read_to_precharge_, write_to_precharge_, row_active_min_;
  std::int64_t start_;

  std::array<std::int64_t, kCommands> counts_{};
  std::int64_t last_command_ = 0;
  std::uint64_t open_ = 0;              // banks, a bit each
  std::int64_t open_time_ = 0;          // bank-cycles: less when a bank opened, plus when it closed
  std::int64_t precharged_time_ = 0;    // cycles
  std::int64_t active_until_;           // while no bank is open
  Mode mode_ = Mode::Awake;
  std::int64_t powered_down_ = 0;       // since when, unless awake
  std::array<std::int64_t, 4> time_in_{};  // cycles, by Mode
  std::array<std::int64_t, kMaxBanks> since_;      // when each bank was opened or closed last
  std::array<std::int64_t, kMaxBanks> refreshed_;  // until when
};

}  // namespace archgym
