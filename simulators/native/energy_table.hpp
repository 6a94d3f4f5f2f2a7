// What DRAM core energy is made of: all devices of a rank together, in nanojoules.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "command.hpp"

namespace archgym {

struct EnergyTable {
  bool available = false;
  std::array<double, kCommands> command{};  // of each, above the background
  double precharge = 0;                     // per bank closed, whatever closes it
  // Background per cycle:
  double active_cycle = 0;     // at least one bank open
  double open_bank_cycle = 0;  // in addition, per open bank
  double precharged_cycle = 0;
  double active_power_down_cycle = 0;
  double precharged_power_down_cycle = 0;
  double self_refresh_cycle = 0;
  // What a rank takes to settle after ACT and after a precharge, cycles.
  std::int32_t activate_cycles = 0;   // tRCD
  std::int32_t precharge_cycles = 0;  // tRP

  // The events by their names on the Python side; commands that are missing do not exist.
  static EnergyTable from(const std::map<std::string, double>& values) {
    EnergyTable table;
    table.available = true;
    for (int i = 0; i < kCommands; ++i) {
      const auto found = values.find(std::string(kCommandNames[i]));
      if (found != values.end()) table.command[i] = found->second;
    }
    const auto same_as = [&table](Command command, Command other) {
      table.command[index(command)] = table.command[index(other)];
    };
    same_as(Command::RDA, Command::RD);
    same_as(Command::WRA, Command::WR);
    same_as(Command::SREFEN, Command::REFAB);  // self-refresh begins with a refresh
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
};

}  // namespace archgym
