// The DRAM commands that the controller issues.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace archgym {

// PB: one bank; P2B: a bank and its partner; SB: the same bank of every group; AB: all of a rank.
enum class Command : std::uint8_t {
  ACT,
  PREPB,
  RD,
  RDA,
  WR,
  WRA,
  REFPB,
  REFP2B,
  REFSB,
  PRESB,
  PREAB,
  REFAB,
  PDEA,
  PDXA,
  PDEP,
  PDXP,
  SREFEN,
  SREFEX
};

inline constexpr int kCommands = 18;
// The first commands address banks; the rest, from PREAB on, address a whole rank.
inline constexpr int kBankCommands = 10;

inline constexpr std::array<std::string_view, kCommands> kCommandNames = {
    "ACT",   "PREPB", "RD",    "RDA",  "WR",   "WRA",  "REFPB", "REFP2B", "REFSB",
    "PRESB", "PREAB", "REFAB", "PDEA", "PDXA", "PDEP", "PDXP",  "SREFEN", "SREFEX"};

constexpr int index(Command command) { return static_cast<int>(command); }

constexpr bool is_access(Command command) {
  return command >= Command::RD && command <= Command::WRA;
}

constexpr Command access(bool write, bool auto_precharge) {
  return static_cast<Command>(index(Command::RD) + 2 * write + auto_precharge);
}

constexpr bool has_auto_precharge(Command command) {
  return command == Command::RDA || command == Command::WRA;
}

// Precharges alone; see has_auto_precharge.
constexpr bool is_precharge(Command command) {
  return command == Command::PREPB || command == Command::PRESB || command == Command::PREAB;
}

constexpr bool is_write(Command command) {
  return command == Command::WR || command == Command::WRA;
}

}  // namespace archgym
