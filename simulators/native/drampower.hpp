// The books that DRAMPower 5.4.1 keeps of a rank, from which DRAMSys 5.5 reports energy.
//
// For comparisons only: where they differ from EnergyMeter, they follow from how that program works
// rather than from the device.
// - Refresh closes a bank at its end, even one that has been opened since: commands count from
//   their first cycle, and LPDDR4 may begin the four of ACT before the refresh is over. The row is
//   then missing from the time that banks are open and from the precharges.
// - Power-down ends only when a precharge that began before or during it is over, even if a bank
//   has been opened by then. The time counts twice, and that of the open banks begins again.
// - A row that has been open throughout power-down counts as opened at its end: an auto-precharge
//   waits for tRAS from there.
// - A self-refresh that is left before the refresh it begins with is over begins all the same, and
//   goes on until the next one is left.
#pragma once

#include <algorithm>
#include <cstdint>
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
      case Command::PDEA: return later(settled(now), {Action::PowerDownActive});
      case Command::PDXA: return later(settled(now), {Action::LeaveActive});
      case Command::PDEP: return later(settled(now), {Action::PowerDownPrecharged});
      case Command::PDXP: return later(settled(now), {Action::LeavePrecharged});
      case Command::SREFEN:
        refresh_all(now);
        return later(now + refresh_cycles(Command::REFAB), {Action::StartSelfRefresh});
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

  // While no request waits for the rank; see repetition.hpp.
  template <class Visitor>
  void show(Visitor& visitor) {
    catch_up(visitor.now());
    const std::int64_t settling = std::max(
        {system_.row_active_min, system_.energy.activate_cycles, system_.energy.precharge_cycles});
    for (Bank& bank : banks_) {
      for (bool is : {bank.is_open, bank.was_activated, bank.was_precharged,
                      bank.open.stopped() == active_.started()})
        visitor.state(is);
      bank.open.show(visitor, settling);
      visitor.time(bank.precharged, settling);
      visitor.time(bank.refreshed);
    }
    for (Stopwatch* stopwatch : {&open_, &active_, &precharged_, &self_refresh_})
      stopwatch->show(visitor, settling);
    for (std::int64_t& count : activity_.commands) visitor.count(count);
    visitor.count(activity_.precharges);
    std::multimap<std::int64_t, PutOff> put_off;
    for (const auto& [due, what] : put_off_) {
      std::int64_t at = due;
      visitor.time(at);
      visitor.state(static_cast<int>(what.action));
      visitor.state(what.bank);
      put_off.emplace(at, what);
    }
    put_off_ = std::move(put_off);
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

    // See repetition.hpp. One that runs all the time counts as started later, with what it has
    // run for until then.
    template <class Visitor>
    void show(Visitor& visitor, std::int64_t forgotten) {
      const std::int64_t shown = is_running_ ? visitor.now() - started_ : 0;
      std::int64_t total = total_ + shown;
      visitor.count(total);
      total_ = total - shown;
      visitor.state(is_running_);
      visitor.time(started_, forgotten);
      visitor.time(stopped_, forgotten);
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

  enum class Action {
    Precharge,
    EndRefresh,
    PowerDownActive,
    LeaveActive,
    PowerDownPrecharged,
    LeavePrecharged,
    StartSelfRefresh,
  };
  struct PutOff {
    Action action;
    int bank = 0;  // of the rank, where it concerns one
  };

  void later(std::int64_t at, PutOff what) { put_off_.emplace(at, what); }

  void catch_up(std::int64_t now) {
    while (!put_off_.empty() && put_off_.begin()->first <= now) {
      const auto first = put_off_.extract(put_off_.begin());
      perform(first.mapped(), first.key());
    }
  }

  void perform(PutOff what, std::int64_t at) {
    switch (what.action) {
      case Action::Precharge: return precharge(banks_[what.bank], at);
      case Action::EndRefresh: return close(banks_[what.bank], at);
      case Action::PowerDownActive: return power_down(active_, at);
      case Action::LeaveActive: return leave_active(at);
      case Action::PowerDownPrecharged: return power_down(precharged_, at);
      case Action::LeavePrecharged: return leave_precharged(at);
      case Action::StartSelfRefresh: return self_refresh_.start(at);
    }
  }

  int number(const Bank& bank) const { return static_cast<int>(&bank - banks_.data()); }

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
          {Action::Precharge, number(bank)});
  }

  void refresh(Bank& bank, std::int64_t end, std::int64_t now) {
    start_rank(now);
    bank.is_open = true;
    bank.refreshed = end;
    if (!bank.open.is_running()) bank.open.start(now);
    later(end, {Action::EndRefresh, number(bank)});
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
  Stopwatch open_;                                // at least one bank
  Stopwatch active_, precharged_, self_refresh_;  // power-down
  std::multimap<std::int64_t, PutOff> put_off_;   // by when it is due
};

}  // namespace archgym
