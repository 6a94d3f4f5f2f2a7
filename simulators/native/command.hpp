// The DRAM commands that the controller issues.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace archgym {

enum class Command : std::uint8_t { ACT, PREPB, RD, RDA, WR, WRA, PREAB, REFAB };

inline constexpr int kCommands = 8;
// The first commands address one bank; the rest (PREAB, REFAB) address a whole rank.
inline constexpr int kBankCommands = 6;

inline constexpr std::array<std::string_view, kCommands> kCommandNames = {
    "ACT", "PREPB", "RD", "RDA", "WR", "WRA", "PREAB", "REFAB"};

constexpr int index(Command command) { return static_cast<int>(command); }

constexpr bool is_access(Command command) {
  return command >= Command::RD && command <= Command::WRA;
}

constexpr bool has_auto_precharge(Command command) {
  return command == Command::RDA || command == Command::WRA;
}

constexpr bool is_write(Command command) {
  return command == Command::WR || command == Command::WRA;
}

}  // namespace archgym
