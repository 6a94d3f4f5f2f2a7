// What each bank wants to issue next, by the scheduler and the page policy, and from when it can.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "bank_sets.hpp"
#include "design.hpp"
#include "timing_state.hpp"
#include "transaction.hpp"

namespace archgym {

// `kPlain`: it is known at compile time that the multiplexer is not strict.
template <class BankScheduler, int kLanes, bool kPlain>
class BankCommands {
 public:
  using Timing = TimingState<kLanes>;
  using CommandCandidate = typename Timing::CommandCandidate;
  static constexpr std::int32_t kNoRequest = CommandCandidates<kLanes>::kNobody;

  BankCommands(const System& system, const DelayTable& delays, const Design& design,
               const Admission& admission, const Transactions& transactions)
      : banks_(system.banks),
        transactions_(transactions),
        timing_(system, delays),
        scheduler_(design, admission, transactions, system.banks),
        is_strict_(design.cmd_mux == CmdMux::Strict),
        closes_after_(auto_precharges(design.page_policy)),
        closes_adaptively_(closes_after_ != 0b0000 && closes_after_ != 0b1111) {}

  Timing& timing() { return timing_; }
  const Timing& timing() const { return timing_; }
  BankSets& sets() { return sets_; }

  // Of a bank that wants to issue anything: which command, and for which transaction.
  bool waits(int bank) const { return order(bank) != kNoRequest; }
  Command command(int bank) const { return command_[bank]; }
  std::int32_t order(int bank) const { return timing_.candidates().order(bank); }

  // Whether the preferred direction has changed, so that all banks have to choose again.
  bool has_turned() const { return scheduler_.has_turned(); }

  // A transaction has been accepted. Returns whether its bank may now want something else.
  [[gnu::always_inline]] bool store(std::int32_t id, const Transaction& transaction) {
    return scheduler_.store(id, transaction) || closes_adaptively_;
  }

  // The candidate of a bank, an access, has been issued.
  [[gnu::always_inline]] void remove(const Transaction& transaction, Command command) {
    const int bank = transaction.bank;
    scheduler_.remove(transaction, pick_[bank].position);
    sets_.held &= ~BankSets::bit(bank);
    sets_.occupied &= ~BankSets::bit(bank);
    if (has_auto_precharge(command)) close(bank);
  }

  // The candidate of a bank, the ACT for a transaction, has been issued. Returns the next one.
  [[gnu::always_inline]] CommandCandidate open(std::int32_t id, std::int64_t served) {
    const int bank = transactions_[id].bank;
    scheduler_.open(bank, transactions_[id].row);
    sets_.open |= BankSets::bit(bank);
    sets_.held |= BankSets::bit(bank);
    // Unless directions matter, it is the queue's oldest request and so its first hit.
    return BankScheduler::kDirected || is_strict() ? choose(bank, served)
                                                   : propose_access(bank, {bank, 0}, id);
  }

  // The candidate of a bank, the precharge for a transaction, has been issued. Returns the next
  // one.
  [[gnu::always_inline]] CommandCandidate reopen(std::int32_t id, std::int64_t served) {
    const int bank = transactions_[id].bank;
    close(bank);
    // Unless directions matter, it is the queue's oldest request.
    return BankScheduler::kGrouped ? choose(bank, served) : propose(bank, Command::ACT, id);
  }

  void close(int bank) {
    scheduler_.close(bank);
    sets_.held &= ~BankSets::bit(bank);
    sets_.open &= ~BankSets::bit(bank);
  }

  // Banks must not issue until they have been refreshed.
  void block(std::uint64_t banks) {
    for (; banks != 0; banks &= banks - 1) timing_.withdraw(std::countr_zero(banks));
  }

  // The preferred direction matters to a single queue only in what hits its open row.
  [[gnu::noinline]] void choose_all(std::int64_t served) {
    scheduler_.all_chose_again();
    for (int bank = 0; bank < banks_; ++bank)
      if (BankScheduler::kGrouped || (sets_.open & BankSets::bit(bank))) choose(bank, served);
  }

  // Decides what `bank` wants to issue next; so many transactions have been served.
  [[gnu::always_inline]] CommandCandidate choose(int bank, std::int64_t served) {
    if ((sets_.blocked | sets_.asleep) & BankSets::bit(bank)) return Timing::kNone;
    const int queue = scheduler_.serving(bank);
    if (scheduler_.queues().size(queue) == 0) return withdraw(bank);
    sets_.occupied |= BankSets::bit(bank);
    Pick pick{queue, scheduler_.next(queue)};
    // A row opened for a request is held for it: only another hit may take its place.
    const bool held = BankScheduler::kGrouped && (sets_.held & BankSets::bit(bank));
    if (held && !scheduler_.queues().is_hit(pick.queue, pick.position)) pick = pick_[bank];
    const std::int32_t id = scheduler_.queues().request(pick.queue, pick.position);
    // A strict multiplexer takes accesses in order of arrival alone.
    if (scheduler_.hits(pick.queue, pick.position))
      return is_strict() && id != served ? withdraw(bank) : propose_access(bank, pick, id);
    pick_[bank] = pick;
    return propose(bank, sets_.open & BankSets::bit(bank) ? Command::PREPB : Command::ACT, id);
  }

 private:
  using Pick = typename BankScheduler::Pick;

  [[gnu::always_inline]] CommandCandidate propose_access(int bank, const Pick& pick,
                                                         std::int32_t id) {
    pick_[bank] = pick;
    const bool closes = closes_after(scheduler_.further(bank, pick.queue));
    return propose(bank, access(transactions_[id].write, closes), id);
  }

  [[gnu::always_inline]] CommandCandidate propose(int bank, Command command, std::int32_t id) {
    command_[bank] = command;
    return timing_.propose(bank, command, id);
  }

  CommandCandidate withdraw(int bank) {
    timing_.withdraw(bank);
    return Timing::kNone;
  }

  // Whether an access closes its row; `queue` is where the page policy looks for what comes after.
  bool closes_after(int queue) const {
    if (!closes_adaptively_) return closes_after_ & 1;
    const int others =
        2 * scheduler_.has_further_request(queue) + scheduler_.has_further_hit(queue);
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

  bool is_strict() const { return !kPlain && is_strict_; }

  int banks_;
  const Transactions& transactions_;
  Timing timing_;
  BankScheduler scheduler_;
  bool is_strict_;
  unsigned closes_after_;   // see auto_precharges
  bool closes_adaptively_;  // depends on what else waits
  BankSets sets_;

  // What each waiting bank wants to issue next: which command, and for which request of its queues.
  std::array<Command, kMaxBanks> command_{};
  std::array<Pick, kMaxBanks> pick_{};
};

}  // namespace archgym
