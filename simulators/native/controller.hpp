// The memory controller: one step at every cycle in which something can happen.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "admission.hpp"
#include "drampower.hpp"
#include "energy_meter.hpp"
#include "interruption.hpp"
#include "issued_command.hpp"
#include "lanes.hpp"
#include "latency_statistics.hpp"
#include "power_down_manager.hpp"
#include "refresh_manager.hpp"
#include "repetition.hpp"
#include "timing_state.hpp"
#include "wake_ups.hpp"

namespace archgym {

struct RowOutcomes {
  std::int64_t hits = 0, misses = 0, conflicts = 0;

  RowOutcomes& operator+=(const RowOutcomes& other) {
    hits += other.hits;
    misses += other.misses;
    conflicts += other.conflicts;
    return *this;
  }
};

// Whether DRAMPower's books are kept beside the controller's own.
inline bool keeps_books(const System& system) {
  return system.energy.available && system.energy_books != EnergyBooks::Plain;
}

// Whether one rank, whose commands last one cycle each on one bus, is asked for nothing unusual.
inline bool is_plain(const System& system, const Design& design, const CommandList* trace) {
  return system.ranks == 1 && system.uniform_commands && !trace && !keeps_books(system) &&
         design.power_down_policy == PowerDownPolicy::NoPowerDown &&
         design.cmd_mux == CmdMux::Oldest;
}

// Requests wait, but no command can ever serve them.
struct Stuck : std::runtime_error {
  Stuck() : std::runtime_error("requests wait, but nothing can ever be issued for them") {}
};

// The run takes more simulated time than its numbers have room for.
struct TooLong : std::runtime_error {
  TooLong() : std::runtime_error("the run takes too much simulated time") {}
};

inline constexpr std::int64_t kLongestRunPs = 2'000'000'000'000'000'000;

// Semantics follow DRAMSys 5 (Steiner et al., SAMOS 2020). `kPlain` leaves out what `is_plain` says
// is not asked for, which makes it faster.
template <class BankScheduler, int kLanes, class Port, bool kPlain>
class Controller {
 public:
  // Every command is added to `trace` unless that is null. None is added for several steps, so that
  // no idleness is skipped then.
  Controller(typename Port::Place place, const System& system, const DelayTable& delays,
             const Requests& requests, const Design& design, LatencyStatistics& latencies,
             CommandList* trace, bool skips_idleness, Interruption& interruption)
      : system_(system),
        design_(design),
        bursts_(requests.bursts),
        total_(static_cast<std::int64_t>(requests.bursts.size())),
        timing_(system, delays),
        admission_(design),
        scheduler_(design, admission_, transactions_, system.banks),
        latencies_(latencies),
        sleeps_(kMaySleep && system.handshakes),
        acceptance_delay_(system.handshakes ? design.think_delay_fw : 1),
        port_(place, system, requests, design, transactions_, latencies,
              sleeps_ ? &wake_ups_ : nullptr),
        uniform_commands_(system.uniform_commands),
        data_delay_{data_delay(system, design, false), data_delay(system, design, true)},
        powers_down_(design.power_down_policy == PowerDownPolicy::Staggered),
        closes_after_(auto_precharges(design.page_policy)),
        closes_adaptively_(closes_after_ != 0b0000 && closes_after_ != 0b1111),
        trace_(trace),
        keeps_books_(keeps_books(system)),
        skips_idleness_(skips_idleness && !trace),
        interruption_(interruption) {
    for (int rank = 0; rank < system.ranks; ++rank) {
      refresh_.emplace_back(system, design, rank);
      power_down_.emplace_back(powers_down_);
      energy_.emplace_back(system, rank, design.phy_delay_fw);
      if (keeps_books_) books_.emplace_back(system, rank);
    }
    evaluate_managers(0);
    winner_ = select(0);
  }

  // Plays all requests of a system that has no other channel.
  void run() {
    Candidate winner = winner_;
    std::int64_t now = 0;
    while (true) {
      const std::int64_t next = std::min({winner.time, next_arrival(), next_trigger_});
      if (served_ == total_ && next > latencies_.last_end()) return;
      if (next == kNever) [[unlikely]] {
        winner = awakened(now + 1);
        continue;
      }
      if (next >= checkpoint_) [[unlikely]] {
        winner = pass_checkpoint(winner, next);
        continue;
      }
      now = next;
      winner = stepped(winner, now);
    }
  }

  // The next cycle in which something happens, and what happens then.
  std::int64_t next_event() const {
    return std::min({winner_.time, next_arrival(), next_trigger_, port_.next_response()});
  }
  void wake(std::int64_t now) { winner_ = awakened(now); }
  bool has_all_served() const { return served_ == stored_; }
  void step(std::int64_t now) {
    if (now >= checkpoint_) [[unlikely]] {
      winner_ = pass_checkpoint(winner_, now);
      if (next_event() > now) return;
    }
    const bool is_woken = port_.respond();
    // What it has not noticed yet, it does now.
    if (sleeps() && is_woken) winner_ = select(now);
    winner_ = stepped(winner_, now);
  }

  // The refreshes that each rank owes at the end of the run.
  RefreshDebt refresh_debt(std::int64_t end) const {
    RefreshDebt debt;
    for (const RefreshManager& refresh : refresh_) debt.add(refresh.owed(end));
    return debt;
  }

  RowOutcomes rows() const { return {outcomes_[0], outcomes_[1], outcomes_[2]}; }

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
    for (DramPower& books : books_) total += books.energy(last_command + design_.phy_delay_fw);
    if (keeps_books_) return total;
    for (EnergyMeter& meter : energy_) total += meter.energy(last_command);
    return total;
  }

 private:
  using Timing = TimingState<kLanes>;
  using Offer = typename Timing::Offer;
  using Pick = typename BankScheduler::Pick;
  static constexpr bool kMaySleep = BankScheduler::kTurnsOnArrival;

  // Transactions are numbered as they are accepted, which makes their number their age.
  static constexpr std::int32_t kNoRequest = Offers<kLanes>::kNobody;
  // What managers want counts as older or, to power down, as younger than every request.
  static constexpr std::int32_t kRefresh = -1;
  static constexpr std::int32_t kPowerDown = kNoRequest - 1;
  static constexpr int kNoRank = -1;
  static constexpr int kNoBank = -1;

  // What a bank had to do since its last CAS, in rising order of cost.
  enum class Effort : std::uint8_t { Hit, Miss, Conflict };

  struct Candidate {
    std::int64_t time;   // earliest cycle in which it can issue
    std::int32_t order;  // the transaction it is for, kRefresh or kPowerDown
    int rank;            // of a manager, kNoRank for a transaction
  };
  // Cycles without an access while requests wait: longer than any delays make of it.
  static constexpr std::int64_t kPatience = std::int64_t{1} << 28;
  // Cycles after which to see whether there is anything to do that is not worth a test at every step.
  static constexpr std::int64_t kCheckpoint = std::int64_t{1} << 14;
  // Cycles without a request from which on to look for repetition.
  static constexpr std::int64_t kLongIdleness = 16 * kCheckpoint;
  static constexpr Candidate kNothing{kNever, kNoRequest, kNoRank};

  struct Managers {
    bool want = false;  // any of them has a command to issue
    std::uint64_t silenced = 0;  // banks of ranks that must change their power state first
  };

  // Of a controller that would sleep forever, as DRAMSys's do, over what it has not noticed.
  Candidate awakened(std::int64_t now) const {
    const Candidate next = select(now);
    if (next.time == kNever) throw Stuck();
    return next;
  }

  // Precedes a step in cycle `now`, which may be put off. Returns what can be issued next.
  [[gnu::noinline]] Candidate pass_checkpoint(Candidate winner, std::int64_t now) {
    interruption_.poll();
    if (now > kLongestRunPs / system_.clock_ps) throw TooLong();
    timing_.advance_to(now);
    const std::int64_t skipped = skip_idleness(winner, now);
    checkpoint_ = now + skipped + kCheckpoint;
    if (winner.time != kNever) winner.time += skipped;
    return winner;
  }

  // Without requests, refreshes and power-down go on in the same way until the next one comes.
  std::int64_t skip_idleness(Candidate winner, std::int64_t now) {
    const bool is_idle = served_ == stored_ && now > latencies_.last_end();
    const std::int64_t until = is_idle && skips_idleness_ ? port_.quiet_until() : kNever;
    if (until == kNever || until - now < kLongIdleness || stored_ != idle_after_) {
      idle_after_ = stored_;
      repetition_.forget();
      return 0;
    }
    return repetition_.skip(now, until, [&](auto& visitor) { show(visitor, winner); });
  }

  // What matters while no request waits; see repetition.hpp.
  template <class Visitor>
  void show(Visitor& visitor, Candidate winner) {
    visitor.time(winner.time);
    visitor.state(winner.order);
    visitor.state(winner.rank);
    for (std::int64_t* cycle : {&next_trigger_, &manager_step_, &progress_, &bus_free_[0],
                                &bus_free_[1]})
      visitor.time(*cycle);
    for (std::uint64_t banks : {open_, held_, occupied_, blocked_, asleep_, managers_.silenced})
      visitor.state(static_cast<std::int64_t>(banks));
    visitor.state(managers_.want);
    wake_ups_.show(visitor);
    for (PowerDownManager& power_down : power_down_) power_down.show(visitor);
    for (RefreshManager& refresh : refresh_) refresh.show(visitor);
    if (visitor.is_decided()) return;
    for (EnergyMeter& meter : energy_) meter.show(visitor);
    for (DramPower& books : books_) books.show(visitor);
    timing_.show(visitor);
  }

  // Goes to `now` and does there what is due; returns what can be issued next.
  [[gnu::always_inline]] Candidate stepped(Candidate winner, std::int64_t now) {
    if (sleeps()) wake_ups_.step_begins(now);
    if (next_arrival() <= now || manager_step_ <= now) winner = prepare(winner, now);
    const bool issues = winner.time == now;
    const Candidate next = issues ? issue(winner, now) : winner;
    const bool has_turned = scheduler_.has_turned();
    if (has_turned) choose_again();
    const bool asks_managers = now >= manager_step_;
    evaluate_managers(now);
    const bool is_blocked = !issues && winner.order != kNoRequest;
    if (sleeps()) return select_awake(now, is_blocked);
    if (kMaySleep && has_turned && !issues) return select(now + is_blocked);
    if (issues ? has_turned || asks_managers || !uniform_commands() : managers_.want)
      return select(now + !system_.has_column_bus);
    return next;
  }

  // What precedes the choice of a command: a request may arrive, managers may want something else.
  [[gnu::noinline]] Candidate prepare(const Candidate& winner, std::int64_t now) {
    const std::int64_t arrival = next_arrival();
    const bool wakes = next_trigger_ <= now;
    const bool arrives =
        arrival <= now && !(port_.shows_late() && (winner.time <= now || wakes));
    if (arrives) {
      door_is_shut_ = !admission_.has_space();
      if (!door_is_shut_) store(now, kNoBank);
    }
    // Managers that have waited for long may want something else, or have blocked banks.
    const bool asks_managers = now >= manager_step_;
    evaluate_managers(now);
    return arrives || asks_managers ? select(now) : winner;
  }

  // When the next request reaches a buffer that has room for it. One that is refused changes
  // nothing until an access makes room, but wakes a controller that sleeps.
  std::int64_t next_arrival() const {
    if (sleeps() ? door_is_shut_ : !admission_.has_space()) return kNever;
    return port_.entry();
  }

  // Oldest first among the commands that can issue earliest; refresh managers win ties.
  [[gnu::always_inline]] Candidate select(std::int64_t not_before) const {
    if (managers_.want || !uniform_commands()) [[unlikely]]
      return select_among_all(not_before);
    const auto floor =
        static_cast<std::int32_t>(std::max(not_before, bus_free_[0]) - timing_.epoch());
    return candidate(timing_.offers().first(floor));
  }

  Candidate candidate(const Offer& offer) const {
    const bool is_any = offer.ready != Timing::kNone.ready;
    return {is_any ? timing_.epoch() + offer.ready : kNever, offer.order, kNoRank};
  }

  // The same where commands last several cycles or have a bus of their own, or where managers want
  // to issue. What ends first wins on each bus, and of the two winners the one that can begin
  // first.
  [[gnu::noinline]] Candidate select_among_all(std::int64_t not_before) const {
    const Candidate rows = select_on_bus(0, not_before);
    if (!system_.has_column_bus) return rows;
    const Candidate columns = select_on_bus(1, not_before);
    const bool columns_first = columns.time != rows.time ? columns.time < rows.time
                                                         : columns.order < rows.order;
    return columns_first ? columns : rows;
  }

  Candidate select_on_bus(int bus, std::int64_t not_before) const {
    const std::int64_t floor = std::max(not_before, bus_free_[bus]);
    Candidate best = kNothing;
    std::int64_t best_end = kNever;
    const auto consider = [&](Command command, std::int32_t ready, std::int32_t order, int rank) {
      const std::int64_t time = std::max(timing_.epoch() + ready, floor);
      const std::int64_t end = time + system_.command_cycles[index(command)];
      if (end < best_end || (end == best_end && order < best.order)) {
        best = {time, order, rank};
        best_end = end;
      }
    };
    for (int rank = 0; rank < system_.ranks && bus == 0 && managers_.want; ++rank) {
      if (const auto command = power_down_[rank].command())
        consider(*command, timing_.earliest(*command, rank), kPowerDown, rank);
      else if (const auto& refresh = refresh_[rank].command())
        consider(refresh->command, earliest(*refresh, rank), kRefresh, rank);
    }
    for (int bank = 0; bank < system_.banks; ++bank) {
      const bool is_candidate = timing_.offers().order(bank) != kNoRequest && !(managers_.silenced & bit(bank));
      if (is_candidate && bus_of(command_[bank]) == bus)
        consider(command_[bank], timing_.offers().ready(bank), timing_.offers().order(bank), kNoRank);
    }
    return best;
  }

  int bus_of(Command command) const { return system_.has_column_bus && is_access(command); }

  std::int32_t earliest(const ManagerCommand& wanted, int rank) const {
    return index(wanted.command) < kBankCommands ? timing_.earliest(wanted.command, wanted.banks)
                                                 : timing_.earliest(wanted.command, rank);
  }

  // As `select`, after a step of a controller that sleeps. It is blocked if there was something to
  // issue, but nothing that could be issued yet.
  [[gnu::noinline]] Candidate select_awake(std::int64_t now, bool is_blocked) {
    const Candidate next = select(is_blocked ? now + 1 : now);
    std::int64_t alarm = next_trigger_;
    if (!is_blocked) {
      wake_ups_.set_alarm(std::min(next.time, alarm));
      return next;
    }
    // What became ready unnoticed does not set the alarm.
    for (int bank = 0; bank < system_.banks; ++bank) {
      if (timing_.offers().order(bank) == kNoRequest) continue;
      const std::int64_t ready = std::max(timing_.epoch() + timing_.offers().ready(bank),
                                          bus_free_[bus_of(command_[bank])]);
      if (ready > now) alarm = std::min(alarm, ready);
    }
    const auto consider = [&](std::int32_t earliest) {
      const std::int64_t ready = std::max(timing_.epoch() + earliest, bus_free_[0]);
      if (ready > now) alarm = std::min(alarm, ready);
    };
    for (int rank = 0; rank < system_.ranks; ++rank) {
      if (const auto& refresh = refresh_[rank].command()) consider(earliest(*refresh, rank));
      if (const auto command = power_down_[rank].command())
        consider(timing_.earliest(*command, rank));
    }
    wake_ups_.set_alarm(alarm);
    if (next.time != now + 1) return next;
    const std::int64_t wake = wake_ups_.next(now);
    return wake == kNever ? kNothing : select(wake);
  }

  void evaluate_managers(std::int64_t now) {
    if (now >= manager_step_) ask_managers(now);
  }

  [[gnu::noinline]] void ask_managers(std::int64_t now) {
    watch_progress(now);
    next_trigger_ = kNever;
    managers_ = {};
    for (int rank = 0; rank < system_.ranks; ++rank) {
      const std::uint64_t banks = system_.banks_of(rank);
      RefreshManager& refresh = refresh_[rank];
      refresh.evaluate(now, occupied_, open_, power_down_[rank]);
      if (refresh.blocked() & ~blocked_) block(refresh.blocked());
      if (refresh.command())
        managers_.want = true;
      else if (refresh.trigger() > now)  // or else it waits for the rank to wake up
        next_trigger_ = std::min(next_trigger_, refresh.trigger());
      if (!powers_down()) continue;
      power_down_[rank].evaluate((open_ & banks) != 0);
      if (power_down_[rank].command()) {
        managers_.want = true;
        managers_.silenced |= banks;
      }
    }
    manager_step_ = managers_.want || powers_down() ? 0 : next_trigger_;
  }

  // Managers go on even where their commands leave no room for any access.
  void watch_progress(std::int64_t now) {
    if (served_ != served_before_ || !were_waiting_) {
      served_before_ = served_;
      progress_ = now;
    } else if (now - progress_ > kPatience) {
      throw Stuck();
    }
    were_waiting_ = served_ != stored_;
  }

  void block(std::uint64_t banks) {
    for (std::uint64_t left = banks & ~blocked_; left != 0; left &= left - 1)
      timing_.withdraw(std::countr_zero(left));
    blocked_ |= banks;
  }

  // The next request enters its bank's queue, and the bank chooses again where that can matter,
  // except for one that will do so anyway.
  [[gnu::always_inline]] void store(std::int64_t request_end, int will_choose) {
    const auto id = static_cast<std::int32_t>(stored_++);
    const std::size_t number = port_.burst();
    const Burst& burst = bursts_[number];
    Transaction& transaction = transactions_.add(id);
    transaction.arrival_ps = port_.arrival_ps();
    transaction.begin = port_.request_begin();
    transaction.row = burst.row;
    transaction.column = burst.column;
    transaction.burst = static_cast<std::int32_t>(number);
    transaction.bank = burst.bank;
    transaction.write = burst.write;
    latencies_.accepted(transaction);
    if (powers_down() && waiting_for_[rank_of(burst.bank)]++ == 0)
      power_down_[rank_of(burst.bank)].exit();
    admission_.store(transaction);
    const bool matters = scheduler_.store(id, transaction) || closes_adaptively_;
    port_.taken(request_end);
    if (matters && burst.bank != will_choose) choose(burst.bank);
  }

  // Returns what can be issued next, unless managers or a change of direction interfere.
  [[gnu::always_inline]] Candidate issue(const Candidate& winner, std::int64_t now) {
    if (winner.rank != kNoRank) [[unlikely]] {
      issue_manager(winner, now);
      return kNothing;
    }
    const Transaction& transaction = transactions_[winner.order];
    const int bank = transaction.bank;
    const int rank = rank_of(bank);
    const Command command = command_[bank];
    occupy_bus(command, now);
    if (!kPlain && is_watched()) [[unlikely]] note(command, bank, now, &transaction);
    EnergyMeter& energy = energy_[rank];
    // Each branch records the command on its own: what it delays is then as good as known, so that
    // the processor foresees how often the loops inside go round. Each chooses what comes next
    // before it does the accounts, so that the processor does both at the same time.
    if (is_access(command)) {
      timing_.record(command, bank, rank, now);
      serve(winner.order, command, now);
      const Offer others = first_but(bank, now);
      const Candidate next = first(others, choose(bank), now);
      energy.access(command, bank, now);
      ++outcomes_[static_cast<int>(effort_[bank])];
      effort_[bank] = Effort::Hit;
      port_.answer(winner.order, now + data_delay_[is_write(command)]);
      return next;
    }
    if (command == Command::ACT) {
      timing_.record(command, bank, rank, now);
      scheduler_.open(bank, transaction.row);
      open_ |= bit(bank);
      held_ |= bit(bank);
      const Offer others = first_but(bank, now);
      // Unless directions matter, it is the queue's oldest request and so its first hit.
      const Offer offered = BankScheduler::kDirected || is_strict()
                                ? choose(bank)
                                : offer_access(bank, {bank, 0}, winner.order);
      const Candidate next = first(others, offered, now);
      energy.activate(bank, now);
      effort_[bank] = std::max(effort_[bank], Effort::Miss);
      return next;
    }
    timing_.record(command, bank, rank, now);
    close(bank);
    const Offer others = first_but(bank, now);
    // Unless directions matter, it is the queue's oldest request.
    const Offer offered =
        BankScheduler::kGrouped ? choose(bank) : offer(bank, Command::ACT, winner.order);
    const Candidate next = first(others, offered, now);
    energy.precharge(bank, now);
    effort_[bank] = Effort::Conflict;
    return next;
  }

  // What is first after `now` among all offers but that of `bank`, and among those and it. Both are
  // of use to uniform commands only.
  [[gnu::always_inline]] Offer first_but(int bank, std::int64_t now) const {
    return uniform_commands() ? timing_.offers().first_but(bank, after(now)) : Timing::kNone;
  }
  [[gnu::always_inline]] Candidate first(Offer others, Offer offered, std::int64_t now) const {
    return candidate(Offers<kLanes>::first(others, offered, after(now)));
  }
  std::int32_t after(std::int64_t now) const {
    return static_cast<std::int32_t>(now + 1 - timing_.epoch());
  }

  void occupy_bus(Command command, std::int64_t now) {
    if (uniform_commands())
      bus_free_[0] = now + 1;
    else
      bus_free_[bus_of(command)] = now + system_.command_cycles[index(command)];
  }

  // A CAS: the request leaves its buffer, and its place may be taken in the same cycle.
  [[gnu::always_inline]] void serve(std::int32_t id, Command command, std::int64_t now) {
    const int bank = transactions_[id].bank;
    const bool was_full = !admission_.has_space();
    admission_.remove(transactions_[id]);
    scheduler_.remove(transactions_[id], pick_[bank].position);
    held_ &= ~bit(bank);
    occupied_ &= ~bit(bank);
    if (has_auto_precharge(command)) close(bank);
    ++served_;
    if (was_full && stands_at_door(now) && admission_.has_space()) {
      door_is_shut_ = false;
      store(now + acceptance_delay_, bank);
    }
    if (powers_down() && --waiting_for_[rank_of(bank)] == 0) power_down_[rank_of(bank)].enter();
    if (is_strict() && served_ < stored_) choose(transactions_[served_].bank);
  }

  // Whether the next request has been refused before.
  bool stands_at_door(std::int64_t now) const {
    if (sleeps()) return door_is_shut_;
    return port_.entry() < now || (port_.entry() == now && !port_.shows_late());
  }

  // From a CAS to the end of its data at the response queue.
  static std::int64_t data_delay(const System& system, const Design& design, bool write) {
    const std::int64_t both_ways = design.phy_delay_fw + design.think_delay_bw;
    return write ? system.write_latency + both_ways
                 : system.read_latency + both_ways + design.phy_delay_bw;
  }

  [[gnu::noinline]] void issue_manager(const Candidate& winner, std::int64_t now) {
    const int rank = winner.rank;
    const std::uint64_t rank_banks = system_.banks_of(rank);
    const bool refreshes = winner.order == kRefresh;
    const ManagerCommand issued = refreshes ? *refresh_[rank].command()
                                            : ManagerCommand{*power_down_[rank].command(),
                                                             rank_banks};
    const Command command = issued.command;
    const int first = std::countr_zero(issued.banks);
    occupy_bus(command, now);
    // What holds for a whole rank is recorded once, at its first bank.
    timing_.record(command, index(command) < kBankCommands ? issued.banks : bit(first),
                   refreshes && refresh_[rank].ends_round(), now);
    if (is_watched()) note(command, first, now, nullptr);
    std::uint64_t chosen_again = issued.banks;
    switch (command) {
      case Command::PREPB:
      case Command::PRESB:
      case Command::PREAB:
        if (command == Command::PREPB)
          energy_[rank].precharge(first, now);
        else
          energy_[rank].record(command, first, now);
        for (std::uint64_t left = issued.banks; left != 0; left &= left - 1)
          close(std::countr_zero(left));
        break;
      case Command::PDEA:
      case Command::PDEP:
      case Command::SREFEN:
        energy_[rank].record(command, first, now);
        asleep_ |= rank_banks;
        if (command == Command::SREFEN)
          refresh_[rank].enter_self_refresh(now);
        else
          refresh_[rank].sleep();
        power_down_[rank].issued(command);
        break;
      case Command::PDXA:
      case Command::PDXP:
        energy_[rank].record(command, first, now);
        asleep_ &= ~rank_banks;
        refresh_[rank].wake();
        power_down_[rank].issued(command);
        chosen_again = rank_banks;
        break;
      case Command::SREFEX:
        energy_[rank].record(command, first, now);
        refresh_[rank].leave_self_refresh(now);
        power_down_[rank].issued(command);
        break;
      default:  // a refresh
        energy_[rank].record(command, first, now);
        if (power_down_[rank].leaves_self_refresh())
          refresh_[rank].resume(now);
        else
          refresh_[rank].refreshed(now);
        power_down_[rank].issued(command);
        chosen_again |= blocked_ & rank_banks;
        blocked_ &= ~rank_banks;
        asleep_ &= ~issued.banks;
    }
    if (powers_down() && waiting_for_[rank] == 0) power_down_[rank].enter();
    for (std::uint64_t left = chosen_again; left != 0; left &= left - 1)
      choose(std::countr_zero(left));
  }

  bool is_watched() const { return trace_ || keeps_books_; }

  [[gnu::noinline]] void note(Command command, int bank, std::int64_t now,
                              const Transaction* transaction) {
    if (keeps_books_)
      books_[rank_of(bank)].record(command, bank, now + design_.phy_delay_fw);
    if (!trace_) return;
    IssuedCommand issued{now * system_.clock_ps, command, port_.channel(), bank, 0, 0, -1};
    if (transaction) {
      issued.row = transaction->row;
      issued.column = transaction->column;
      issued.burst = transaction->burst;
    }
    trace_->add(issued);
  }

  void close(int bank) {
    scheduler_.close(bank);
    held_ &= ~bit(bank);
    open_ &= ~bit(bank);
  }

  // The preferred direction matters to a single queue only in what hits its open row.
  [[gnu::noinline]] void choose_again() {
    scheduler_.all_chose_again();
    for (int bank = 0; bank < system_.banks; ++bank)
      if (BankScheduler::kGrouped || (open_ & bit(bank))) choose(bank);
  }

  // Decides what `bank` wants to issue next, by the scheduler and the page policy.
  [[gnu::always_inline]] Offer choose(int bank) {
    if ((blocked_ | asleep_) & bit(bank)) return Timing::kNone;
    const int queue = scheduler_.serving(bank);
    if (scheduler_.queues().size(queue) == 0) return withdraw(bank);
    occupied_ |= bit(bank);
    Pick pick{queue, scheduler_.next(queue)};
    // A row opened for a request is held for it: only another hit may take its place.
    const bool held = BankScheduler::kGrouped && (held_ & bit(bank));
    if (held && !scheduler_.queues().is_hit(pick.queue, pick.position)) pick = pick_[bank];
    const std::int32_t id = scheduler_.queues().request(pick.queue, pick.position);
    // A strict multiplexer takes accesses in order of arrival alone.
    if (scheduler_.hits(pick.queue, pick.position))
      return is_strict() && id != served_ ? withdraw(bank) : offer_access(bank, pick, id);
    pick_[bank] = pick;
    return offer(bank, open_ & bit(bank) ? Command::PREPB : Command::ACT, id);
  }

  [[gnu::always_inline]] Offer offer_access(int bank, const Pick& pick, std::int32_t id) {
    pick_[bank] = pick;
    const bool closes = closes_after(scheduler_.further(bank, pick.queue));
    return offer(bank, access(transactions_[id].write, closes), id);
  }

  [[gnu::always_inline]] Offer offer(int bank, Command command, std::int32_t id) {
    command_[bank] = command;
    return timing_.offer(bank, command, id);
  }

  Offer withdraw(int bank) {
    timing_.withdraw(bank);
    return Timing::kNone;
  }

  // Whether an access closes its row; `queue` is where the page policy looks for what comes after.
  bool closes_after(int queue) const {
    if (!closes_adaptively_) return closes_after_ & 1;
    const int others = 2 * scheduler_.has_further_request(queue) + scheduler_.has_further_hit(queue);
    return closes_after_ >> others & 1;
  }

  // Bit 2 * (others wait for the bank) + (one of them hits the row): whether to precharge.
  static unsigned auto_precharges(PagePolicy policy) {
    switch (policy) {
      case PagePolicy::Open: return 0b0000;
      case PagePolicy::OpenAdaptive: return 0b0100;
      case PagePolicy::Closed: return 0b1111;
      case PagePolicy::ClosedAdaptive: return 0b0101;
    }
    return 0;
  }

  static constexpr std::uint64_t bit(int bank) { return std::uint64_t{1} << bank; }

  bool sleeps() const { return kMaySleep && sleeps_; }

  // What is known of a plain controller before it is compiled.
  bool uniform_commands() const { return kPlain || uniform_commands_; }
  bool powers_down() const { return !kPlain && powers_down_; }
  bool is_strict() const { return !kPlain && design_.cmd_mux == CmdMux::Strict; }
  int rank_of(int bank) const { return kPlain ? 0 : system_.rank_of(bank); }

  const System& system_;
  const Design& design_;
  const std::vector<Burst>& bursts_;
  std::int64_t total_;  // bursts
  Transactions transactions_;
  Timing timing_;
  Admission admission_;
  BankScheduler scheduler_;
  LatencyStatistics& latencies_;
  WakeUps wake_ups_;
  bool sleeps_;
  std::int64_t acceptance_delay_;  // until it is known that a place freed by a CAS was taken
  Port port_;
  bool uniform_commands_;
  std::array<std::int64_t, 2> data_delay_;  // by read or write
  bool powers_down_;
  unsigned closes_after_;  // see auto_precharges
  bool closes_adaptively_;  // depends on what else waits
  CommandList* trace_;

  // By rank.
  std::vector<RefreshManager> refresh_;
  std::vector<PowerDownManager> power_down_;
  std::vector<EnergyMeter> energy_;
  std::array<std::int64_t, kMaxRanks> waiting_for_{};  // requests stored, kept for power-down
  Managers managers_;
  std::int64_t next_trigger_ = kNever;  // when the first of those that want nothing wakes up
  std::int64_t manager_step_ = 0;       // from when on to ask them at every step
  std::int64_t checkpoint_ = kCheckpoint;  // the next cycle to pass one in

  // What each waiting bank wants to issue next: which command, and for which request of its queues.
  std::array<Command, kMaxBanks> command_{};
  std::array<Pick, kMaxBanks> pick_{};

  // Banks, a bit each.
  std::uint64_t open_ = 0;      // with an open row
  std::uint64_t held_ = 0;      // with a row open for a request not served yet
  std::uint64_t occupied_ = 0;  // that have settled on a request
  std::uint64_t blocked_ = 0;   // that wait for a forced refresh
  std::uint64_t asleep_ = 0;    // of ranks that are powered down

  Candidate winner_ = kNothing;  // between steps
  bool door_is_shut_ = false;  // the request at the door was refused
  std::array<std::int64_t, 2> bus_free_{};  // when each command bus takes the next command
  std::int64_t stored_ = 0, served_ = 0;
  std::int64_t served_before_ = 0, progress_ = 0;  // when managers were asked last; since then
  bool were_waiting_ = false;                      // requests, when they were asked last
  std::array<Effort, kMaxBanks> effort_{};
  std::array<std::int64_t, 3> outcomes_{};  // accesses by effort

  // What is rarely of use.
  bool keeps_books_;
  std::vector<DramPower> books_;  // by rank, if any are kept
  bool skips_idleness_;
  std::int64_t idle_after_ = 0;  // requests stored when last seen
  Repetition repetition_;        // since then
  Interruption& interruption_;
};

}  // namespace archgym
