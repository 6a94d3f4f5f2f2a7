// The memory controller: one step at every cycle in which something can happen.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>

#include "admission.hpp"
#include "bank_queue.hpp"
#include "energy_meter.hpp"
#include "front_end.hpp"
#include "lanes.hpp"
#include "refresh_manager.hpp"
#include "response_path.hpp"
#include "timing_state.hpp"

namespace archgym {

struct RowOutcomes {
  std::int64_t hits = 0, misses = 0, conflicts = 0;
};

// Semantics follow DRAMSys 5 (Steiner et al., SAMOS 2020). `Sink` receives every command, and
// costs nothing where it does nothing.
template <Scheduler kScheduler, PagePolicy kPagePolicy, class Sink>
class Controller {
 public:
  Controller(const System& system, const DelayTable& delays, const Requests& requests,
             const Design& design, Sink& sink)
      : system_(system),
        bursts_(requests.bursts),
        timing_(system, delays),
        queues_(system.banks, capacity(design)),
        admission_(design),
        refresh_(system, design),
        front_end_(requests, design),
        responses_(design, front_end_, bursts_.size(), times_),
        energy_(system),
        sink_(sink) {
    request_.fill(kNoRequest);
  }

  void run() {
    Candidate winner = select(0);
    while (true) {
      const std::int64_t arrival = door_is_shut_ ? kNever : front_end_.entry();
      const std::int64_t wake = refresh_.command() ? kNever : refresh_.trigger();
      const std::int64_t now = std::min({winner.time, arrival, wake});
      if (served_ == bursts_.size() && now > times_.last_end) return;
      timing_.advance_to(now);
      if (arrival <= now) {
        door_is_shut_ = !admission_.has_space();
        if (!door_is_shut_) store(now);
      }
      refresh_.evaluate(now, admission_.stored() > 0, open_banks_ != 0);
      if (arrival <= now || wake <= now) winner = select(now);
      const bool issues = winner.time == now;
      if (issues) issue(winner, now);
      refresh_.evaluate(now, admission_.stored() > 0, open_banks_ != 0);
      if (issues || refresh_.command()) winner = select(now + 1);
    }
  }

  const ResponseTimes& times() const { return times_; }
  const RowOutcomes& rows() const { return rows_; }
  EnergyMeter& energy() { return energy_; }

 private:
  // Requests are numbered in order of arrival, which makes their number their age.
  static constexpr std::int32_t kNoRequest = std::numeric_limits<std::int32_t>::max();
  static constexpr std::int32_t kRefresh = -1;

  struct Candidate {
    std::int64_t time;     // earliest cycle in which it can issue
    std::int32_t request;  // the request it is for, or kRefresh
  };

  std::size_t capacity(const Design& design) const {
    return std::min<std::size_t>(Admission::most_per_bank(design), bursts_.size());
  }

  // Oldest first among the commands that can issue earliest; the refresh manager wins ties.
  Candidate select(std::int64_t not_before) const {
    const auto floor = static_cast<std::int32_t>(not_before - timing_.epoch());
    std::int32_t soonest = TimingState::kNotWaiting;
    std::int32_t oldest = kNoRequest;
    if (!refresh_.blocks_banks()) {
      soonest = std::max(least(timing_.ready()), floor);
      oldest = least_where(request_, timing_.ready(), soonest);
    }
    if (refresh_.command()) {
      const std::int32_t ready = std::max(timing_.earliest_rank(*refresh_.command()), floor);
      if (ready <= soonest) return {timing_.epoch() + ready, kRefresh};
    }
    if (oldest == kNoRequest) return {kNever, kNoRequest};
    return {timing_.epoch() + soonest, oldest};
  }

  void store(std::int64_t request_end) {
    const auto request = static_cast<std::int32_t>(front_end_.next());
    const Burst& burst = bursts_[request];
    times_.service_begin[request] = front_end_.request_begin();
    queues_.push(burst.bank, request, burst.row);
    admission_.store(burst);
    choose(burst.bank);
    front_end_.taken(request_end);
  }

  void issue(const Candidate& winner, std::int64_t now) {
    if (winner.request == kRefresh) return issue_refresh(*refresh_.command(), now);
    const Burst& burst = bursts_[winner.request];
    const int bank = burst.bank;
    const Command command = command_[bank];
    record(command, bank, now, burst, winner.request);
    switch (command) {
      case Command::ACT:
        energy_.activate(bank, now);
        queues_.open(bank, burst.row);
        open_banks_ |= 1u << bank;
        effort_[bank] = std::max(effort_[bank], kMiss);
        break;
      case Command::PREPB:
        energy_.precharge(bank, now);
        close(bank);
        effort_[bank] = kConflict;
        break;
      default:
        energy_.access(command, bank, now);
        serve(winner.request, burst, command, now);
    }
    choose(bank);
  }

  // A CAS: the request leaves its buffer, and its place may be taken in the same cycle.
  void serve(std::int32_t request, const Burst& burst, Command command, std::int64_t now) {
    queues_.erase_hit(burst.bank, position_[burst.bank]);
    if (has_auto_precharge(command)) close(burst.bank);
    admission_.remove(burst);
    count_row_outcome(burst.bank);
    ++served_;
    if constexpr (kScheduler == Scheduler::FrFcfsGrp)
      if (burst.write != last_was_write_) {
        last_was_write_ = burst.write;
        for (std::uint32_t open = open_banks_; open != 0; open &= open - 1)
          choose(std::countr_zero(open));
      }
    if (front_end_.entry() <= now) {
      door_is_shut_ = !admission_.has_space();
      if (!door_is_shut_) store(now + 1);
    }
    responses_.insert(request,
                      now + (burst.write ? system_.write_latency : system_.read_latency));
  }

  void issue_refresh(Command command, std::int64_t now) {
    record(command, 0, now, Burst{}, kRefresh);
    if (command == Command::PREAB) {
      energy_.precharge_all(now);
      for (int bank = 0; bank < system_.banks; ++bank) close(bank);
    } else {
      energy_.refresh(now);
      refresh_.refreshed(now);
    }
    for (int bank = 0; bank < system_.banks; ++bank) choose(bank);
  }

  void record(Command command, int bank, std::int64_t now, const Burst& burst,
              std::int32_t request) {
    timing_.record(command, bank, now);
    sink_.record(command, bank, now, burst, request);
  }

  void close(int bank) {
    queues_.close(bank);
    open_banks_ &= ~(1u << bank);
  }

  // Decides what `bank` wants to issue next, by the scheduler and the page policy.
  void choose(int bank) {
    if (queues_.size(bank) == 0) {
      timing_.want_nothing(bank);
      request_[bank] = kNoRequest;
      return;
    }
    position_[bank] = scheduled_position(bank);
    request_[bank] = queues_.request(bank, position_[bank]);
    Command command = Command::ACT;
    if (queues_.is_open(bank))
      command = queues_.is_hit(bank, position_[bank]) ? cas(bank, request_[bank]) : Command::PREPB;
    command_[bank] = command;
    timing_.want(bank, command);
  }

  std::uint32_t scheduled_position(int bank) const {
    if constexpr (kScheduler == Scheduler::Fifo) return 0;
    if (queues_.hits(bank) == 0) return 0;
    const std::uint32_t oldest = queues_.next_hit(bank, 0);
    if constexpr (kScheduler == Scheduler::FrFcfsGrp) return grouped_hit(bank, oldest);
    return oldest;
  }

  // The oldest hit in the direction of the last CAS, unless an earlier hit has its address.
  std::uint32_t grouped_hit(int bank, std::uint32_t oldest) const {
    const std::uint32_t hits = queues_.hits(bank);
    std::uint32_t position = oldest;
    for (std::uint32_t seen = 0; seen < hits; ++seen) {
      if (seen > 0) position = queues_.next_hit(bank, position + 1);
      if (bursts_[queues_.request(bank, position)].write == last_was_write_ &&
          !follows_same_address(bank, oldest, position))
        return position;
    }
    return oldest;
  }

  bool follows_same_address(int bank, std::uint32_t first_hit, std::uint32_t position) const {
    const std::uint32_t column = bursts_[queues_.request(bank, position)].column;
    for (std::uint32_t p = first_hit; p < position; ++p)
      if (queues_.is_hit(bank, p) && bursts_[queues_.request(bank, p)].column == column)
        return true;
    return false;
  }

  Command cas(int bank, std::int32_t request) const {
    const bool close_after = precharges_automatically(bank);
    if (bursts_[request].write) return close_after ? Command::WRA : Command::WR;
    return close_after ? Command::RDA : Command::RD;
  }

  bool precharges_automatically(int bank) const {
    if constexpr (kPagePolicy == PagePolicy::Open) return false;
    if constexpr (kPagePolicy == PagePolicy::Closed) return true;
    const bool further_request = queues_.size(bank) >= 2;
    // Fifo looks no further than the next request in its queue.
    const bool further_hit = kScheduler == Scheduler::Fifo
                                 ? further_request && queues_.is_hit(bank, 1)
                                 : queues_.hits(bank) >= 2;
    if constexpr (kPagePolicy == PagePolicy::OpenAdaptive) return further_request && !further_hit;
    return !further_hit;
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
  const std::vector<Burst>& bursts_;
  TimingState timing_;
  BankQueues queues_;
  Admission admission_;
  RefreshManager refresh_;
  ResponseTimes times_;
  FrontEnd front_end_;
  ResponsePath responses_;
  EnergyMeter energy_;
  Sink& sink_;

  // What each waiting bank wants to issue next: for which request, where in its queue.
  alignas(64) Lanes request_;
  std::array<Command, kMaxBanks> command_{};
  std::array<std::uint32_t, kMaxBanks> position_{};
  std::uint32_t open_banks_ = 0;  // banks with an open row
  bool door_is_shut_ = false;     // the request at the door was refused
  bool last_was_write_ = false;
  std::size_t served_ = 0;
  std::array<std::uint8_t, kMaxBanks> effort_{};
  RowOutcomes rows_;
};

}  // namespace archgym
