// The books that DRAMPower 5.4.1 keeps of a rank, from which DRAMSys 5.5 reports energy.
//
// For comparisons only: where they differ from EnergyMeter, they follow from how that program works
// rather than from the device.
// - Refresh closes a bank at its end, even one that has been opened since: commands count from
//   their first cycle, and LPDDR4 may begin the four of ACT before the refresh is over. The row is
//   then missing from the time that banks are open and from the precharges.
// - Power-down ends only when a precharge that began before or during it is over, even if a bank
//   has been opened by then. The time counts twice, and that of the open banks begins anew.
// - A row that has been open throughout power-down counts as opened at its end: an auto-precharge
//   waits for tRAS from there.
// - A self-refresh that is left before the refresh it begins with is over begins all the same, and
//   goes on until the next one is left.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "command.hpp"
#include "energy_table.hpp"
#include "system.hpp"

namespace archgym {

class DramPower {
 public:
  DramPower(const System& system, int rank)
      : system_(system),
        is_lpddr_(system.energy_books == EnergyBooks::DramPowerLpddr4),
        first_bank_(rank * system.banks_per_rank()),
        banks_(system.banks_per_rank()) {}
  DramPower(const DramPower&) = delete;  // what is put off refers to it
  DramPower& operator=(const DramPower&) = delete;

  // A command to this rank; `bank` is the one it names, or the first of the rank.
  void record(Command command, int bank, std::int64_t now) {
    catch_up(now);
    ++activity_.commands[index(command)];
    Bank& addressed = banks_[bank - first_bank_];
    switch (command) {
      case Command::ACT: return activate(addressed, now);
      case Command::PREPB: return precharge(addressed, now);
      case Command::PREAB:
        for (Bank& each : banks_) precharge(each, now);
        return;
      case Command::RDA: return precharge_later(addressed, now + system_.read_to_precharge);
      case Command::WRA: return precharge_later(addressed, now + system_.write_to_precharge);
      case Command::REFPB: return refresh(addressed, now + refresh_cycles(command), now);
      case Command::REFAB: return refresh_all(now);
      case Command::PDEA: return later(settled(now), [this](auto at) { power_down(active_, at); });
      case Command::PDXA: return later(settled(now), [this](auto at) { leave_active(at); });
      case Command::PDEP:
        return later(settled(now), [this](auto at) { power_down(precharged_, at); });
      case Command::PDXP: return later(settled(now), [this](auto at) { leave_precharged(at); });
      case Command::SREFEN:
        refresh_all(now);
        return later(now + refresh_cycles(Command::REFAB),
                     [this](auto at) { self_refresh_.start(at); });
      case Command::SREFEX: return self_refresh_.stop(now);
      default: return;  // RD, WR
    }
  }

  // Ends the books with the last command of the channel.
  EnergySplit energy(std::int64_t last_command) {
    catch_up(last_command);
    for (const Bank& bank : banks_) activity_.open_banks += bank.open.total(last_command);
    activity_.active = open_.total(last_command);
    activity_.active_power_down = active_.total(last_command);
    activity_.precharged_power_down = precharged_.total(last_command);
    activity_.self_refresh = self_refresh_.total(last_command);
    activity_.precharged = last_command - activity_.active - activity_.active_power_down -
                           activity_.precharged_power_down - activity_.self_refresh;
    return system_.energy.split(activity_);
  }

 private:
  class Stopwatch {
   public:
    // Anew, if it is running: what it has run for is lost.
    void start(std::int64_t now) {
      started_ = now;
      is_running_ = true;
    }
    void stop(std::int64_t now) {
      if (!is_running_) return;
      is_running_ = false;
      stopped_ = now;
      total_ += now - started_;
    }
    bool is_running() const { return is_running_; }
    std::int64_t started() const { return started_; }
    std::int64_t stopped() const { return is_running_ ? 0 : stopped_; }
    std::int64_t total(std::int64_t now) const {
      return is_running_ && now > started_ ? total_ + now - started_ : total_;
    }

   private:
    bool is_running_ = false;
    std::int64_t started_ = 0, stopped_ = 0, total_ = 0;
  };

  struct Bank {
    bool is_open = false;
    bool was_activated = false, was_precharged = false;
    Stopwatch open;
    std::int64_t precharged = 0;  // when last
    std::int64_t refreshed = 0;   // until when
  };

  template <class Action>
  void later(std::int64_t at, Action action) {
    put_off_.emplace(at, std::move(action));
  }

  void catch_up(std::int64_t now) {
    while (!put_off_.empty() && put_off_.begin()->first <= now) {
      const auto first = put_off_.extract(put_off_.begin());
      first.mapped()(first.key());
    }
  }

  bool is_open() const {
    for (const Bank& bank : banks_)
      if (bank.is_open) return true;
    return false;
  }

  void start_rank(std::int64_t now) {
    if (is_lpddr_ ? !is_open() : !open_.is_running()) open_.start(now);
  }

  void close(Bank& bank, std::int64_t now) {
    bank.is_open = false;
    bank.open.stop(now);
    if (!is_open()) open_.stop(now);
  }

  void activate(Bank& bank, std::int64_t now) {
    start_rank(now);
    bank.open.start(now);
    bank.is_open = bank.was_activated = true;
  }

  void precharge(Bank& bank, std::int64_t now) {
    if (!bank.is_open) return;
    ++activity_.precharges;
    bank.was_precharged = true;
    bank.precharged = now;
    close(bank, now);
  }

  void precharge_later(Bank& bank, std::int64_t due) {
    later(std::max(due, bank.open.started() + system_.row_active_min),
          [this, &bank](auto at) { precharge(bank, at); });
  }

  void refresh(Bank& bank, std::int64_t end, std::int64_t now) {
    start_rank(now);
    bank.is_open = true;
    bank.refreshed = end;
    if (!bank.open.is_running()) bank.open.start(now);
    later(end, [this, &bank](auto at) { close(bank, at); });
  }

  void refresh_all(std::int64_t now) {
    for (Bank& bank : banks_) refresh(bank, now + refresh_cycles(Command::REFAB), now);
  }

  void power_down(Stopwatch& mode, std::int64_t now) {
    mode.start(now);
    if (is_lpddr_ && &mode == &precharged_) return;
    open_.stop(now);
    for (Bank& bank : banks_) bank.open.stop(now);
  }

  void leave_active(std::int64_t now) {
    active_.stop(now);
    bool resumes = false;
    for (Bank& bank : banks_) {
      const bool was_open =
          is_lpddr_ ? bank.was_activated && bank.open.stopped() == active_.started() : bank.is_open;
      if (was_open) bank.open.start(now);
      resumes |= was_open;
    }
    if (resumes) open_.start(now);
  }

  void leave_precharged(std::int64_t now) {
    precharged_.stop(now);
    if (is_lpddr_) return;
    for (Bank& bank : banks_)
      if (bank.is_open) bank.open.start(now);
  }

  // When all that has begun by now is over.
  std::int64_t settled(std::int64_t now) const {
    std::int64_t result = now;
    for (const Bank& bank : banks_) {
      if (bank.was_activated)
        result = std::max(result, bank.open.started() + system_.energy.activate_cycles);
      if (bank.was_precharged)
        result = std::max(result, bank.precharged + system_.energy.precharge_cycles);
      result = std::max(result, bank.refreshed);
    }
    return result;
  }

  std::int32_t refresh_cycles(Command command) const {
    for (const Refresh& refresh : system_.refreshes)
      if (refresh.command == command) return refresh.duration;
    return 0;
  }

  const System& system_;
  bool is_lpddr_;  // LPDDR4 resumes activity by other rules than DDR4
  int first_bank_;
  std::vector<Bank> banks_;
  RankActivity activity_;
  Stopwatch open_;  // at least one bank
  Stopwatch active_, precharged_, self_refresh_;  // power-down
  std::multimap<std::int64_t, std::function<void(std::int64_t)>> put_off_;  // by when it is due
};

// The energy of a run from its commands, which the DRAM sees `bus_delay` cycles after their issue.
template <class IssuedCommands>
EnergySplit drampower_energy(const System& system, std::int64_t bus_delay,
                             const IssuedCommands& commands) {
  EnergySplit total;
  for (int channel = 0; channel < system.channels; ++channel)
    for (int rank = 0; rank < system.ranks; ++rank) {
      DramPower books(system, rank);
      std::int64_t cycle = 0;
      for (const auto& issued : commands) {
        if (issued.channel != channel) continue;
        cycle = issued.time_ps / system.clock_ps + bus_delay;
        if (system.rank_of(issued.bank) == rank) books.record(issued.command, issued.bank, cycle);
      }
      total += books.energy(cycle);
    }
  return total;
}

}  // namespace archgym
