// What is kept of the commands that a controller issues: counts, energy, and the commands
// themselves.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "design.hpp"
#include "drampower.hpp"
#include "energy_meter.hpp"
#include "issued_command.hpp"
#include "transaction.hpp"

namespace archgym {

// Whether DRAMPower's books are kept beside the controller's own.
inline bool keeps_books(const System& system) {
  return system.energy.available && system.energy_books != EnergyBooks::Plain;
}

class CommandRecord {
 public:
  // Every command is added to `trace` unless that is null.
  CommandRecord(const System& system, const Design& design, int channel, CommandList* trace)
      : system_(system),
        bus_delay_(design.phy_delay_fw),
        channel_(channel),
        trace_(trace),
        keeps_books_(keeps_books(system)) {
    for (int rank = 0; rank < system.ranks; ++rank) {
      meters_.emplace_back(system, rank, bus_delay_);
      if (keeps_books_) books_.emplace_back(system, rank);
    }
  }

  // Each command has to be recorded here by its kind.
  EnergyMeter& meter(int rank) { return meters_[rank]; }

  // Whether each command has to be noted too.
  bool is_watched() const { return trace_ || keeps_books_; }

  // `transaction`: what the command is for; null for one of a manager.
  [[gnu::noinline]] void note(Command command, int bank, std::int64_t now,
                              const Transaction* transaction) {
    if (keeps_books_) books_[system_.rank_of(bank)].record(command, bank, now + bus_delay_);
    if (!trace_) return;
    IssuedCommand issued{now * system_.clock_ps, command, channel_, bank, 0, 0, -1};
    if (transaction) {
      issued.row = transaction->row;
      issued.column = transaction->column;
      issued.burst = transaction->burst;
    }
    trace_->add(issued);
  }

  std::int64_t count(Command command) const {
    std::int64_t count = 0;
    for (const EnergyMeter& meter : meters_) count += meter.counts()[index(command)];
    return count;
  }

  EnergySplit energy() {
    std::int64_t last_command = 0;
    for (const EnergyMeter& meter : meters_)
      last_command = std::max(last_command, meter.last_command());
    EnergySplit total;
    for (DramPower& books : books_) total += books.energy(last_command + bus_delay_);
    if (keeps_books_) return total;
    for (EnergyMeter& meter : meters_) total += meter.energy(last_command);
    return total;
  }

  // See repetition.hpp.
  template <class Visitor>
  void show(Visitor& visitor) {
    for (EnergyMeter& meter : meters_) meter.show(visitor);
    for (DramPower& books : books_) books.show(visitor);
  }

 private:
  const System& system_;
  std::int64_t bus_delay_;  // from the controller to the DRAM
  int channel_;
  CommandList* trace_;
  bool keeps_books_;

  // By rank.
  std::vector<EnergyMeter> meters_;
  std::vector<DramPower> books_;  // if any are kept
};

}  // namespace archgym
