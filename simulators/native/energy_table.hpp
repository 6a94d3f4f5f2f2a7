// From what a rank has done to the energy of its DRAM cores.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "command.hpp"

namespace archgym {

// What a rank has done, and for how many cycles it has been in each state.
struct RankActivity {
  std::array<std::int64_t, kCommands> commands{};
  std::int64_t precharges = 0;  // of single banks, whatever closed them
  std::int64_t open_banks = 0;  // bank-cycles
  std::int64_t active = 0;      // at least one bank open
  std::int64_t precharged = 0;
  std::int64_t active_power_down = 0;
  std::int64_t precharged_power_down = 0;
  std::int64_t self_refresh = 0;
};

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

// Who keeps count of a rank's activity: EnergyMeter, or one of DRAMPower's standards; see there.
enum class EnergyBooks : int { Plain, DramPowerDdr4, DramPowerLpddr4 };

// Energy per event, all devices of a rank together, in nanojoules. After DRAMPower (Chandrasekar
// et al., 2012): an amount per command, and a background that depends on the state.
struct EnergyTable {
  bool available = false;
  std::array<double, kCommands> command{};  // of each, above the background
  double precharge = 0;                     // per bank closed
  double active_cycle = 0;
  double open_bank_cycle = 0;  // in addition, per open bank
  double precharged_cycle = 0;
  double active_power_down_cycle = 0;
  double precharged_power_down_cycle = 0;
  double self_refresh_cycle = 0;
  // Before it can power down, a rank needs this long to settle after ACT and after a precharge.
  std::int32_t activate_cycles = 0;   // tRCD
  std::int32_t precharge_cycles = 0;  // tRP

  // `values`: by names of commands, and by the names below.
  static EnergyTable from(const std::map<std::string, double>& values) {
    EnergyTable table;
    table.available = true;
    for (int i = 0; i < kCommands; ++i) {
      const auto found = values.find(std::string(kCommandNames[i]));
      if (found != values.end()) table.command[i] = found->second;
    }
    const auto copy = [&table](Command from, Command to) {
      table.command[index(to)] = table.command[index(from)];
    };
    copy(Command::RD, Command::RDA);
    copy(Command::WR, Command::WRA);
    copy(Command::REFAB, Command::SREFEN);  // self-refresh begins with a refresh
    table.precharge = values.at("precharge");
    table.active_cycle = values.at("active_cycle");
    table.open_bank_cycle = values.at("open_bank_cycle");
    table.precharged_cycle = values.at("precharged_cycle");
    table.active_power_down_cycle = values.at("active_power_down_cycle");
    table.precharged_power_down_cycle = values.at("precharged_power_down_cycle");
    table.self_refresh_cycle = values.at("self_refresh_cycle");
    table.activate_cycles = static_cast<std::int32_t>(values.at("tRCD"));
    table.precharge_cycles = static_cast<std::int32_t>(values.at("tRP"));
    return table;
  }

  EnergySplit split(const RankActivity& rank) const {
    const auto times = [](double energy, std::int64_t n) {
      return energy * static_cast<double>(n);
    };
    const auto of = [&](Command c) { return times(command[index(c)], rank.commands[index(c)]); };
    EnergySplit split;
    split.activate = of(Command::ACT);
    split.precharge = times(precharge, rank.precharges);
    split.read = of(Command::RD) + of(Command::RDA);
    split.write = of(Command::WR) + of(Command::WRA);
    split.refresh = of(Command::REFAB) + of(Command::REFPB) + of(Command::REFP2B) +
                    of(Command::REFSB) + of(Command::SREFEN);
    split.background = times(active_cycle, rank.active) + times(open_bank_cycle, rank.open_banks) +
                       times(precharged_cycle, rank.precharged);
    split.power_down = times(active_power_down_cycle, rank.active_power_down) +
                       times(precharged_power_down_cycle, rank.precharged_power_down);
    split.self_refresh = times(self_refresh_cycle, rank.self_refresh);
    return split;
  }
};

}  // namespace archgym
