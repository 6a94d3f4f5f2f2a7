// The memory controller: one step at every cycle in which something can happen.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "admission.hpp"
#include "energy_meter.hpp"
#include "front_end.hpp"
#include "lanes.hpp"
#include "refresh_manager.hpp"
#include "request_scheduler.hpp"
#include "response_path.hpp"
#include "timing_state.hpp"
#include "wake_ups.hpp"

namespace archgym {

struct RowOutcomes {
  std::int64_t hits = 0, misses = 0, conflicts = 0;
};

// Semantics follow DRAMSys 5 (Steiner et al., SAMOS 2020). `Sink` receives every command, and
// costs nothing where it does nothing.
template <Scheduler kScheduler, int kLanes, class Sink>
class Controller {
 public:
  Controller(const System& system, const DelayTable& delays, const Requests& requests,
             const Design& design, Sink& sink)
      : system_(system),
        design_(design),
        bursts_(requests.bursts),
        timing_(system, delays),
        admission_(design),
        scheduler_(design, admission_, bursts_, system.banks, capacity(design)),
        front_end_(requests, design),
        responses_(design, front_end_, bursts_.size(), times_, kSleeps ? &wake_ups_ : nullptr),
        sink_(sink) {
    request_.fill(kNoRequest);
    for (int rank = 0; rank < system.ranks; ++rank) {
      refresh_.emplace_back(system, design, rank);
      next_trigger_ = std::min(next_trigger_, refresh_.back().trigger());
      energy_.emplace_back(system, rank, design.phy_delay_forward);
    }
  }

  void run() {
    Candidate winner = select(0);
    while (true) {
      const std::int64_t arrival = door_is_shut_ ? kNever : front_end_.entry();
      const std::int64_t wake = next_trigger_;
      const std::int64_t now = std::min({winner.time, arrival, wake});
      if (served_ == bursts_.size() && now > times_.last_end) return;
      timing_.advance_to(now);
      if constexpr (kSleeps) wake_ups_.step_begins(now);
      const bool arrives =
          arrival <= now && !(front_end_.shows_late() && std::min(winner.time, wake) <= now);
      if (arrives) {
        door_is_shut_ = !admission_.has_space();
        if (!door_is_shut_) store(now);
      }
      evaluate_refresh(now);
      if (arrives || wake <= now) winner = select(std::max(now, bus_free_));
      const bool issues = winner.time == now;
      if (issues) issue(winner, now);
      if (direction_changed_) choose_again();
      evaluate_refresh(now);
      if constexpr (kSleeps)
        winner = select_awake(winner, now);
      else if (issues || refreshes_)
        winner = select(now + 1);
    }
  }

  const ResponseTimes& times() const { return times_; }
  const RowOutcomes& rows() const { return rows_; }

  std::int64_t count(Command command) const {
    std::int64_t count = 0;
    for (const EnergyMeter& meter : energy_) count += meter.counts()[index(command)];
    return count;
  }

  EnergySplit energy() {
    std::int64_t last_command = 0;
    for (const EnergyMeter& meter : energy_)
      last_command = std::max(last_command, meter.last_command());
    EnergySplit total;
    for (EnergyMeter& meter : energy_) total += meter.energy(last_command);
    return total;
  }

 private:
  using Timing = TimingState<kLanes>;
  using BankScheduler = RequestScheduler<kScheduler>;
  // Only a direction that changes when a request arrives shows that the controller sleeps.
  static constexpr bool kSleeps = kScheduler == Scheduler::GrpFrFcfsWm;

  // Requests are numbered in order of arrival, which makes their number their age.
  static constexpr std::int32_t kNoRequest = std::numeric_limits<std::int32_t>::max();
  static constexpr std::int32_t kRefresh = -1;  // for rank 0; others follow below

  struct Candidate {
    std::int64_t time;     // earliest cycle in which it can issue
    std::int32_t request;  // the request it is for, or kRefresh - rank
  };

  std::size_t capacity(const Design& design) const {
    return std::min<std::size_t>(Admission::most_per_bank(design), bursts_.size());
  }

  // Oldest first among the commands that can issue earliest; refresh managers win ties.
  Candidate select(std::int64_t not_before) const {
    const auto floor = static_cast<std::int32_t>(not_before - timing_.epoch());
    const std::int32_t soonest = std::max(least(timing_.ready()), floor);
    const std::int32_t oldest = least_where(request_, timing_.ready(), soonest);
    if (refreshes_) {
      const Candidate refresh = select_refresh(floor);
      if (refresh.time <= timing_.epoch() + soonest) return refresh;
    }
    if (oldest == kNoRequest) return {kNever, kNoRequest};
    return {timing_.epoch() + soonest, oldest};
  }

  Candidate select_refresh(std::int32_t floor) const {
    Candidate best{kNever, kNoRequest};
    for (int rank = 0; rank < system_.ranks; ++rank)
      if (const auto command = refresh_[rank].command()) {
        const std::int64_t ready =
            timing_.epoch() + std::max(timing_.earliest(*command, rank), floor);
        if (ready < best.time) best = {ready, kRefresh - rank};
      }
    return best;
  }

  // As `select`, after a step of a controller that sleeps. It was blocked if `last`, the best of
  // what there was to issue, could not be issued yet though the command bus was free.
  Candidate select_awake(const Candidate& last, std::int64_t now) {
    const bool was_blocked = last.request != kNoRequest && bus_free_ <= now;
    const Candidate next = select(was_blocked ? now + 1 : std::max(now, bus_free_));
    std::int64_t alarm = next_trigger_;
    if (!was_blocked) {
      wake_ups_.set_alarm(std::min(next.time, alarm));
      return next;
    }
    // What became ready unnoticed does not set the alarm.
    const auto present = static_cast<std::int32_t>(now - timing_.epoch());
    for (std::int32_t cycle : timing_.ready())
      if (cycle > present && cycle != Timing::kNotWaiting)
        alarm = std::min(alarm, timing_.epoch() + cycle);
    for (int rank = 0; rank < system_.ranks; ++rank)
      if (const auto command = refresh_[rank].command())
        alarm = std::min(alarm, timing_.epoch() + timing_.earliest(*command, rank));
    wake_ups_.set_alarm(alarm);
    return next.time == now + 1 ? select(wake_ups_.next(now)) : next;
  }

  // Whether a refresh would get in the way. A bank whose requests must wait for the channel's
  // direction is not busy once it has served the last one of the other direction.
  bool is_busy(int rank) const {
    if constexpr (kSleeps) return (occupied_ & banks_of(rank)) != 0;
    const int first = rank << system_.rank_shift;
    return admission_.stored() > 0 &&
           (system_.ranks == 1 || admission_.stored(first, first + system_.banks_per_rank()) > 0);
  }

  std::uint32_t banks_of(int rank) const {
    const int count = system_.banks_per_rank();
    return (~std::uint32_t{0} >> (32 - count)) << (rank * count);
  }

  void evaluate_refresh(std::int64_t now) {
    if (now < next_trigger_ && !refreshes_) return;
    next_trigger_ = kNever;
    refreshes_ = false;
    for (int rank = 0; rank < system_.ranks; ++rank) {
      RefreshManager& refresh = refresh_[rank];
      refresh.evaluate(now, is_busy(rank), (open_banks_ & banks_of(rank)) != 0);
      if (refresh.blocks_banks()) block(rank);
      if (refresh.command())
        refreshes_ = true;
      else
        next_trigger_ = std::min(next_trigger_, refresh.trigger());
    }
  }

  void block(int rank) {
    for (std::uint32_t banks = banks_of(rank) & ~blocked_; banks != 0; banks &= banks - 1)
      offer_nothing(std::countr_zero(banks));
    blocked_ |= banks_of(rank);
  }

  void store(std::int64_t request_end) {
    const auto request = static_cast<std::int32_t>(front_end_.next());
    const Burst& burst = bursts_[request];
    times_.service_begin[request] = front_end_.request_begin();
    admission_.store(burst);
    direction_changed_ |= scheduler_.store(request);
    choose(burst.bank);
    front_end_.taken(request_end);
  }

  void issue(const Candidate& winner, std::int64_t now) {
    bus_free_ = now + 1;
    if (winner.request <= kRefresh) return issue_refresh(kRefresh - winner.request, now);
    const Burst& burst = bursts_[winner.request];
    const int bank = burst.bank;
    const Command command = command_[bank];
    record(command, bank, now, burst, winner.request);
    EnergyMeter& energy = energy_[system_.rank_of(bank)];
    switch (command) {
      case Command::ACT:
        energy.activate(bank, now);
        scheduler_.open(bank, burst.row);
        held_ |= 1u << bank;
        open_banks_ |= 1u << bank;
        effort_[bank] = std::max(effort_[bank], kMiss);
        break;
      case Command::PREPB:
        energy.precharge(bank, now);
        close(bank);
        effort_[bank] = kConflict;
        break;
      default:
        energy.access(command, bank, now);
        serve(winner.request, burst, command, now);
    }
    choose(bank);
  }

  // A CAS: the request leaves its buffer, and its place may be taken in the same cycle.
  void serve(std::int32_t request, const Burst& burst, Command command, std::int64_t now) {
    admission_.remove(burst);
    direction_changed_ |= scheduler_.remove(burst, pick_[burst.bank].position);
    held_ &= ~(1u << burst.bank);
    occupied_ &= ~(1u << burst.bank);
    if (has_auto_precharge(command)) close(burst.bank);
    count_row_outcome(burst.bank);
    ++served_;
    if (door_is_shut_) {
      door_is_shut_ = !admission_.has_space();
      if (!door_is_shut_) store(now + design_.think_delay_forward);
    }
    responses_.insert(request, now + data_delay(burst.write));
    if (design_.command_mux == CommandMux::Strict && served_ < front_end_.next())
      choose(bursts_[served_].bank);
  }

  // From a CAS to the end of its data at the response queue.
  std::int64_t data_delay(bool write) const {
    const std::int64_t both_ways = design_.phy_delay_forward + design_.think_delay_backward;
    return write ? system_.write_latency + both_ways
                 : system_.read_latency + both_ways + design_.phy_delay_backward;
  }

  void issue_refresh(int rank, std::int64_t now) {
    const Command command = *refresh_[rank].command();
    const int first = rank << system_.rank_shift;
    const int last = first + system_.banks_per_rank();
    record(command, first, now, Burst{}, kRefresh);
    if (command == Command::PREAB) {
      energy_[rank].precharge_all(now);
      for (int bank = first; bank < last; ++bank) close(bank);
    } else {
      energy_[rank].refresh(now);
      refresh_[rank].refreshed(now);
      blocked_ &= ~banks_of(rank);
    }
    for (int bank = first; bank < last; ++bank) choose(bank);
  }

  void record(Command command, int bank, std::int64_t now, const Burst& burst,
              std::int32_t request) {
    timing_.record(command, bank, now);
    sink_.record(command, bank, now, burst, request);
  }

  void close(int bank) {
    scheduler_.close(bank);
    held_ &= ~(1u << bank);
    open_banks_ &= ~(1u << bank);
  }

  // The preferred direction matters to a single queue only in what hits its open row.
  void choose_again() {
    direction_changed_ = false;
    for (int bank = 0; bank < system_.banks; ++bank)
      if (BankScheduler::kGrouped || (open_banks_ >> bank & 1)) choose(bank);
  }

  // Decides what `bank` wants to issue next, by the scheduler and the page policy.
  void choose(int bank) {
    if (blocked_ >> bank & 1) return;
    const int queue = scheduler_.serving(bank);
    if (scheduler_.queues().size(queue) == 0) return offer_nothing(bank);
    occupied_ |= 1u << bank;
    const typename BankScheduler::Pick next{queue, scheduler_.next(queue)};
    // A row opened for a request is held for it: only another hit may take its place.
    const bool held = BankScheduler::kGrouped && (held_ >> bank & 1);
    if (!held || scheduler_.queues().is_hit(next.queue, next.position)) pick_[bank] = next;
    const auto [picked, position] = pick_[bank];
    request_[bank] = scheduler_.queues().request(picked, position);
    Command command = Command::ACT;
    if (scheduler_.queues().is_open(bank))
      command = scheduler_.queues().is_hit(picked, position)
                    ? cas(request_[bank], scheduler_.further(bank, picked))
                    : Command::PREPB;
    // A strict multiplexer takes accesses in order of arrival alone.
    if (design_.command_mux == CommandMux::Strict && is_access(command) &&
        static_cast<std::size_t>(request_[bank]) != served_)
      return offer_nothing(bank);
    command_[bank] = command;
    timing_.want(bank, command);
  }

  void offer_nothing(int bank) {
    timing_.want_nothing(bank);
    request_[bank] = kNoRequest;
  }

  // `queue` is where the page policy looks for what comes after the request.
  Command cas(std::int32_t request, int queue) const {
    const bool close_after = precharges_automatically(queue);
    if (bursts_[request].write) return close_after ? Command::WRA : Command::WR;
    return close_after ? Command::RDA : Command::RD;
  }

  bool precharges_automatically(int queue) const {
    switch (design_.page_policy) {
      case PagePolicy::Open: return false;
      case PagePolicy::Closed: return true;
      case PagePolicy::OpenAdaptive:
        return scheduler_.has_further_request(queue) && !scheduler_.has_further_hit(queue);
      case PagePolicy::ClosedAdaptive: return !scheduler_.has_further_hit(queue);
    }
    return false;
  }

  void count_row_outcome(int bank) {
    switch (effort_[bank]) {
      case kHit: ++rows_.hits; break;
      case kMiss: ++rows_.misses; break;
      default: ++rows_.conflicts;
    }
    effort_[bank] = kHit;
  }

  // What a bank had to do since its last CAS, in rising order of cost.
  static constexpr std::uint8_t kHit = 0, kMiss = 1, kConflict = 2;

  const System& system_;
  const Design& design_;
  const std::vector<Burst>& bursts_;
  Timing timing_;
  Admission admission_;
  BankScheduler scheduler_;
  std::vector<RefreshManager> refresh_;  // by rank
  bool refreshes_ = false;               // any of them has a command to issue
  std::int64_t next_trigger_ = kNever;   // when the first of the others must be asked again
  ResponseTimes times_;
  FrontEnd front_end_;
  WakeUps wake_ups_;
  ResponsePath responses_;
  std::vector<EnergyMeter> energy_;  // by rank
  Sink& sink_;

  // What each waiting bank wants to issue next: for which request, in which queue and where.
  alignas(64) Lanes<kLanes> request_;
  std::array<Command, kMaxBanks> command_{};
  std::array<typename BankScheduler::Pick, kMaxBanks> pick_{};
  std::uint32_t open_banks_ = 0;  // banks with an open row
  bool door_is_shut_ = false;     // the request at the door was refused
  std::uint32_t held_ = 0;        // banks with a row open for a request not served yet
  std::uint32_t occupied_ = 0;    // banks that have settled on a request
  std::uint32_t blocked_ = 0;     // banks that wait for a forced refresh
  bool direction_changed_ = false;
  std::int64_t bus_free_ = 0;     // when the command bus takes the next command
  std::size_t served_ = 0;
  std::array<std::uint8_t, kMaxBanks> effort_{};
  RowOutcomes rows_;
};

}  // namespace archgym
