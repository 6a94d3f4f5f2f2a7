// The memory controller: one step at every cycle in which something can happen.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "admission.hpp"
#include "bank_commands.hpp"
#include "command_multiplexer.hpp"
#include "command_record.hpp"
#include "interruption.hpp"
#include "latency_statistics.hpp"
#include "rank_managers.hpp"
#include "repetition.hpp"
#include "row_outcomes.hpp"
#include "run_limits.hpp"
#include "wake_ups.hpp"

namespace archgym {

// Whether one rank, whose commands last one cycle each on one bus, is asked for nothing unusual.
inline bool is_plain(const System& system, const Design& design, const CommandList* trace) {
  return system.ranks == 1 && system.uniform_commands && !trace && !keeps_books(system) &&
         design.power_down_policy == PowerDownPolicy::NoPowerDown &&
         design.cmd_mux == CmdMux::Oldest;
}

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
        bursts_(requests.bursts),
        total_(static_cast<std::int64_t>(requests.bursts.size())),
        admission_(design),
        banks_(system, delays, design, admission_, transactions_),
        managers_(system, design),
        multiplexer_(system, banks_, managers_),
        latencies_(latencies),
        sleeps_(kMaySleep && system.handshakes),
        acceptance_delay_(system.handshakes ? design.think_delay_fw : 1),
        port_(place, system, requests, design, transactions_, latencies,
              sleeps_ ? &wake_ups_ : nullptr),
        data_delay_{data_delay(system, design, false), data_delay(system, design, true)},
        is_strict_(design.cmd_mux == CmdMux::Strict),
        record_(system, design, port_.channel(), trace),
        skips_idleness_(skips_idleness && !trace),
        interruption_(interruption) {
    evaluate_managers(0);
    winner_ = multiplexer_.select(0);
  }

  // Plays all requests of a system that has no other channel.
  void run() {
    Winner winner = winner_;
    std::int64_t now = 0;
    while (true) {
      const std::int64_t next = std::min({winner.time, next_arrival(), managers_.trigger()});
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
    return std::min({winner_.time, next_arrival(), managers_.trigger(), port_.next_response()});
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
    if (sleeps() && is_woken) winner_ = multiplexer_.select(now);
    winner_ = stepped(winner_, now);
  }

  // What the run came to.
  RefreshDebt refresh_debt(std::int64_t end) const { return managers_.debt(end); }
  RowOutcomes rows() const { return rows_.outcomes(); }
  std::int64_t count(Command command) const { return record_.count(command); }
  EnergySplit energy() { return record_.energy(); }

 private:
  using Banks = BankCommands<BankScheduler, kLanes, kPlain>;
  using Managers = RankManagers<kPlain>;
  using CommandCandidate = typename Banks::CommandCandidate;
  static constexpr bool kMaySleep = BankScheduler::kTurnsOnArrival;
  static constexpr int kNoBank = -1;

  // Cycles after which to see whether there is anything to do that is not worth a test at every
  // step.
  static constexpr std::int64_t kCheckpoint = std::int64_t{1} << 14;
  // Cycles without a request from which on to look for repetition.
  static constexpr std::int64_t kLongIdleness = 16 * kCheckpoint;

  // Of a controller that would sleep forever, as DRAMSys's do, over what it has not noticed.
  Winner awakened(std::int64_t now) const {
    const Winner next = multiplexer_.select(now);
    if (next.time == kNever) throw Stuck();
    return next;
  }

  // Precedes a step in cycle `now`, which may be put off. Returns what can be issued next.
  [[gnu::noinline]] Winner pass_checkpoint(Winner winner, std::int64_t now) {
    interruption_.poll();
    if (now > kLongestRunPs / system_.clock_ps) throw TooLong();
    banks_.timing().advance_to(now);
    const std::int64_t skipped = skip_idleness(winner, now);
    checkpoint_ = now + skipped + kCheckpoint;
    if (winner.time != kNever) winner.time += skipped;
    return winner;
  }

  // Without requests, refreshes and power-down go on in the same way until the next one comes.
  std::int64_t skip_idleness(Winner winner, std::int64_t now) {
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
  void show(Visitor& visitor, Winner winner) {
    visitor.time(winner.time);
    visitor.state(winner.order);
    visitor.state(winner.rank);
    progress_.show(visitor);
    multiplexer_.show(visitor);
    banks_.sets().show(visitor);
    wake_ups_.show(visitor);
    managers_.show(visitor);
    if (visitor.is_decided()) return;
    record_.show(visitor);
    banks_.timing().show(visitor);
  }

  // Goes to `now` and does there what is due; returns what can be issued next.
  [[gnu::always_inline]] Winner stepped(Winner winner, std::int64_t now) {
    if (sleeps()) wake_ups_.step_begins(now);
    if (next_arrival() <= now || managers_.are_due(now)) winner = prepare(winner, now);
    const bool issues = winner.time == now;
    const Winner next = issues ? issue(winner, now) : winner;
    const bool has_turned = banks_.has_turned();
    if (has_turned) banks_.choose_all(served_);
    const bool asks_managers = managers_.are_due(now);
    evaluate_managers(now);
    const bool is_blocked = !issues && winner.order != Winner::kNoRequest;
    if (sleeps()) return select_awake(now, is_blocked);
    if (kMaySleep && has_turned && !issues) return multiplexer_.select(now + is_blocked);
    if (issues ? has_turned || asks_managers || !multiplexer_.is_uniform() : managers_.want())
      return multiplexer_.select(now + !system_.has_column_bus);
    return next;
  }

  // What precedes the choice of a command: a request may arrive, managers may want something else.
  [[gnu::noinline]] Winner prepare(const Winner& winner, std::int64_t now) {
    const std::int64_t arrival = next_arrival();
    const bool wakes = managers_.trigger() <= now;
    const bool arrives = arrival <= now && !(port_.shows_late() && (winner.time <= now || wakes));
    if (arrives) {
      head_is_stalled_ = !admission_.has_space();
      if (!head_is_stalled_) store(now, kNoBank);
    }
    // Managers that have waited for long may want something else, or have blocked banks.
    const bool asks_managers = managers_.are_due(now);
    evaluate_managers(now);
    return arrives || asks_managers ? multiplexer_.select(now) : winner;
  }

  // When the next request reaches a buffer that has room for it. One that is refused changes
  // nothing until an access makes room, but wakes a controller that sleeps.
  std::int64_t next_arrival() const {
    if (sleeps() ? head_is_stalled_ : !admission_.has_space()) return kNever;
    return port_.entry();
  }

  // What can be issued next, after a step of a controller that sleeps. It is blocked if there was
  // something to issue, but nothing that could be issued yet.
  [[gnu::noinline]] Winner select_awake(std::int64_t now, bool is_blocked) {
    const Winner next = multiplexer_.select(is_blocked ? now + 1 : now);
    if (!is_blocked) {
      wake_ups_.set_alarm(std::min(next.time, managers_.trigger()));
      return next;
    }
    // What became ready unnoticed does not set the alarm.
    wake_ups_.set_alarm(std::min(multiplexer_.next_ready(now), managers_.trigger()));
    if (next.time != now + 1) return next;
    const std::int64_t wake = wake_ups_.next(now);
    return wake == kNever ? Winner::none() : multiplexer_.select(wake);
  }

  void evaluate_managers(std::int64_t now) {
    if (managers_.are_due(now)) ask_managers(now);
  }

  [[gnu::noinline]] void ask_managers(std::int64_t now) {
    progress_.look(now, served_, served_ != stored_);
    banks_.block(managers_.ask(now, banks_.sets()));
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
    managers_.stored(rank_of(burst.bank));
    admission_.store(transaction);
    const bool matters = banks_.store(id, transaction);
    port_.taken(request_end);
    if (matters && burst.bank != will_choose) banks_.choose(burst.bank, served_);
  }

  // Returns what can be issued next, unless managers or a change of direction interfere.
  [[gnu::always_inline]] Winner issue(const Winner& winner, std::int64_t now) {
    if (winner.rank != Winner::kNoRank) [[unlikely]] {
      issue_manager(winner, now);
      return Winner::none();
    }
    const Transaction& transaction = transactions_[winner.order];
    const int bank = transaction.bank;
    const int rank = rank_of(bank);
    const Command command = banks_.command(bank);
    multiplexer_.occupy(command, now);
    if (!kPlain && record_.is_watched()) [[unlikely]]
      record_.note(command, bank, now, &transaction);
    EnergyMeter& meter = record_.meter(rank);
    // Each branch records the command on its own: what it delays is then as good as known, so that
    // the processor foresees how often the loops inside go round. Each chooses what comes next
    // before it does the accounts, so that the processor does both at the same time.
    if (is_access(command)) {
      banks_.timing().record(command, bank, rank, now);
      serve(winner.order, command, now);
      const CommandCandidate others = multiplexer_.first_but(bank, now);
      const Winner next = multiplexer_.first(others, banks_.choose(bank, served_), now);
      meter.access(command, bank, now);
      rows_.accessed(bank);
      port_.answer(winner.order, now + data_delay_[is_write(command)]);
      return next;
    }
    if (command == Command::ACT) {
      banks_.timing().record(command, bank, rank, now);
      const CommandCandidate others = multiplexer_.first_but(bank, now);
      const Winner next = multiplexer_.first(others, banks_.open(winner.order, served_), now);
      meter.activate(bank, now);
      rows_.activated(bank);
      return next;
    }
    banks_.timing().record(command, bank, rank, now);
    const CommandCandidate others = multiplexer_.first_but(bank, now);
    const Winner next = multiplexer_.first(others, banks_.reopen(winner.order, served_), now);
    meter.precharge(bank, now);
    rows_.precharged(bank);
    return next;
  }

  // A CAS: the request leaves its buffer, and its place may be taken in the same cycle.
  [[gnu::always_inline]] void serve(std::int32_t id, Command command, std::int64_t now) {
    const Transaction& transaction = transactions_[id];
    const int bank = transaction.bank;
    const bool was_full = !admission_.has_space();
    admission_.remove(transaction);
    banks_.remove(transaction, command);
    ++served_;
    if (was_full && is_head_stalled(now) && admission_.has_space()) {
      head_is_stalled_ = false;
      store(now + acceptance_delay_, bank);
    }
    managers_.served(rank_of(bank));
    if (is_strict() && served_ < stored_) banks_.choose(transactions_[served_].bank, served_);
  }

  // Whether the next request has been refused before.
  bool is_head_stalled(std::int64_t now) const {
    if (sleeps()) return head_is_stalled_;
    return port_.entry() < now || (port_.entry() == now && !port_.shows_late());
  }

  // From a CAS to the end of its data at the response queue.
  static std::int64_t data_delay(const System& system, const Design& design, bool write) {
    const std::int64_t both_ways = design.phy_delay_fw + design.think_delay_bw;
    return write ? system.write_latency + both_ways
                 : system.read_latency + both_ways + design.phy_delay_bw;
  }

  [[gnu::noinline]] void issue_manager(const Winner& winner, std::int64_t now) {
    const int rank = winner.rank;
    const bool refreshes = winner.order == Winner::kRefresh;
    const ManagerCommand issued =
        refreshes ? *managers_.refresh(rank)
                  : ManagerCommand{*managers_.power_down(rank), system_.banks_of(rank)};
    const Command command = issued.command;
    const int first = std::countr_zero(issued.banks);
    multiplexer_.occupy(command, now);
    // What holds for a whole rank is recorded once, at its first bank.
    banks_.timing().record(command,
                           index(command) < kBankCommands ? issued.banks : BankSets::bit(first),
                           refreshes && managers_.ends_round(rank), now);
    if (record_.is_watched()) record_.note(command, first, now, nullptr);
    if (command == Command::PREPB)
      record_.meter(rank).precharge(first, now);
    else
      record_.meter(rank).record(command, first, now);
    if (is_precharge(command))
      for (std::uint64_t left = issued.banks; left != 0; left &= left - 1)
        banks_.close(std::countr_zero(left));
    std::uint64_t choose_again =
        refreshes ? managers_.refresh_issued(rank, issued, now, banks_.sets())
                  : managers_.power_down_issued(rank, command, now, banks_.sets());
    for (; choose_again != 0; choose_again &= choose_again - 1)
      banks_.choose(std::countr_zero(choose_again), served_);
  }

  bool sleeps() const { return kMaySleep && sleeps_; }

  // What is known of a plain controller before it is compiled.
  bool is_strict() const { return !kPlain && is_strict_; }
  int rank_of(int bank) const { return kPlain ? 0 : system_.rank_of(bank); }

  const System& system_;
  const std::vector<Burst>& bursts_;
  std::int64_t total_;  // bursts
  std::int64_t stored_ = 0, served_ = 0;
  Transactions transactions_;
  Admission admission_;
  Banks banks_;
  Managers managers_;
  CommandMultiplexer<Banks, Managers, kPlain> multiplexer_;
  LatencyStatistics& latencies_;
  WakeUps wake_ups_;
  bool sleeps_;
  bool head_is_stalled_ = false;   // the next request was refused
  std::int64_t acceptance_delay_;  // until it is known that a place freed by a CAS was taken
  Port port_;
  std::array<std::int64_t, 2> data_delay_;  // by read or write
  bool is_strict_;
  Winner winner_ = Winner::none();  // between steps
  CommandRecord record_;
  RowOutcomeCounter rows_;

  // What is looked at once in a while.
  ProgressWatch progress_;
  std::int64_t checkpoint_ = kCheckpoint;  // the next cycle to pass one in
  bool skips_idleness_;
  std::int64_t idle_after_ = 0;  // requests stored when last seen
  Repetition repetition_;        // since then
  Interruption& interruption_;
};

}  // namespace archgym
