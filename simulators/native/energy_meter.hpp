// Counts what a rank does and for how long it is active, and turns that into energy.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "command.hpp"
#include "system.hpp"

namespace archgym {

struct EnergySplit {  // nanojoules
  double activate = 0, precharge = 0, read = 0, write = 0, refresh = 0, background = 0;
  double total() const { return activate + precharge + read + write + refresh + background; }

  EnergySplit& operator+=(const EnergySplit& other) {
    activate += other.activate;
    precharge += other.precharge;
    read += other.read;
    write += other.write;
    refresh += other.refresh;
    background += other.background;
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
        first_bank_(rank * system.banks_per_rank()),
        last_bank_(first_bank_ + system.banks_per_rank()),
        bus_delay_(bus_delay) {}

  void activate(int bank, std::int64_t now) {
    count(Command::ACT, now);
    begin_rank_activity(now);
    is_open_[bank] = true;
    opened_[bank] = now;
    ++open_banks_;
  }

  void precharge(int bank, std::int64_t now) {
    count(Command::PREPB, now);
    close(bank, now);
  }

  void precharge_all(std::int64_t now) {
    count(Command::PREAB, now);
    for (int bank = first_bank_; bank < last_bank_; ++bank)
      if (is_open_[bank]) close(bank, now);
  }

  // RD, RDA, WR or WRA. An auto-precharge begins once the row has been open for tRAS.
  void access(Command command, int bank, std::int64_t now) {
    count(command, now);
    if (!has_auto_precharge(command)) return;
    const std::int32_t delay =
        is_write(command) ? system_.write_to_precharge : system_.read_to_precharge;
    close(bank, std::max(now + delay, opened_[bank] + system_.row_active_min));
  }

  // Every bank counts as active while it is refreshed.
  void refresh(std::int64_t now) {
    count(Command::REFAB, now);
    begin_rank_activity(now);
    const std::int64_t until = now + system_.refresh_cycle;
    rank_active_until_ = std::max(rank_active_until_, until);
    for (int bank = first_bank_; bank < last_bank_; ++bank) {
      closed_[bank] = until;
      closed_by_command_[bank] = false;
      bank_active_ += until - now;
    }
  }

  const std::array<std::int64_t, kCommands>& counts() const { return counts_; }

  std::int64_t last_command() const { return last_command_; }

  // Ends the measurement with the last command of the channel.
  EnergySplit energy(std::int64_t last_command) {
    last_command_ = last_command;
    for (int b = first_bank_; b < last_bank_; ++b)
      if (is_open_[b]) {
        bank_active_ += last_command_ - opened_[b];
        rank_active_until_ = std::max(rank_active_until_, last_command_);
      }
    // What ends after the last command is not part of the run.
    std::int64_t closings = closed_banks_;
    for (int b = first_bank_; b < last_bank_; ++b)
      if (closed_[b] > last_command_) {
        bank_active_ -= closed_[b] - last_command_;
        closings -= closed_by_command_[b];
      }
    const std::int64_t rank_active =
        rank_active_ + std::max<std::int64_t>(
                           0, std::min(rank_active_until_, last_command_) - rank_active_since_);
    const EnergyTable& e = system_.energy;
    const auto issued = [this](Command c) { return static_cast<double>(counts_[index(c)]); };
    EnergySplit split;
    split.activate = e.activate * issued(Command::ACT);
    split.precharge = e.precharge * static_cast<double>(closings);
    split.read = e.read * (issued(Command::RD) + issued(Command::RDA));
    split.write = e.write * (issued(Command::WR) + issued(Command::WRA));
    split.refresh = e.refresh * issued(Command::REFAB);
    split.background = e.rank_active_cycle * static_cast<double>(rank_active) +
                       e.bank_active_cycle * static_cast<double>(bank_active_) +
                       e.rank_precharged_cycle * static_cast<double>(bus_delay_ + last_command_ - rank_active);
    return split;
  }

 private:
  void count(Command command, std::int64_t now) {
    ++counts_[index(command)];
    last_command_ = now;
  }

  void close(int bank, std::int64_t at) {
    is_open_[bank] = false;
    closed_[bank] = at;
    closed_by_command_[bank] = true;
    bank_active_ += at - opened_[bank];
    rank_active_until_ = std::max(rank_active_until_, at);
    --open_banks_;
    ++closed_banks_;
  }

  void begin_rank_activity(std::int64_t now) {
    if (open_banks_ > 0 || now <= rank_active_until_) return;
    rank_active_ += rank_active_until_ - rank_active_since_;
    rank_active_since_ = now;
  }

  const System& system_;
  int first_bank_, last_bank_;  // of the rank; `last_bank_` is the first of the next rank
  std::int64_t bus_delay_;
  std::array<std::int64_t, kCommands> counts_{};
  std::array<bool, kMaxBanks> is_open_{}, closed_by_command_{};
  std::array<std::int64_t, kMaxBanks> opened_{}, closed_{};
  int open_banks_ = 0;
  std::int64_t closed_banks_ = 0;
  std::int64_t bank_active_ = 0;  // bank-cycles
  std::int64_t rank_active_ = 0, rank_active_since_ = 0, rank_active_until_ = 0;
  std::int64_t last_command_ = 0;
};

}  // namespace archgym
