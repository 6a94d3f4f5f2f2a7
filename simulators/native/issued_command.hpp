// Commands for those who want to see every one.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "command.hpp"

namespace archgym {

struct IssuedCommand {
  std::int64_t time_ps;
  Command command;
  int channel;
  int bank;  // commands that address several banks name the first
  std::uint32_t row;
  std::uint32_t column;
  std::int64_t burst;  // index of the burst it serves; -1 for those of managers
};

// The commands of a run, in order of issue. Those of managers go on for as long as nobody asks for
// anything, so their number is limited.
class CommandList {
 public:
  static constexpr std::int64_t kMostOfManagers = 4'000'000;

  struct TooMany : std::runtime_error {
    TooMany() : std::runtime_error("too many commands that serve no request") {}
  };

  void add(const IssuedCommand& issued) {
    if (issued.burst < 0 && ++of_managers_ > kMostOfManagers) throw TooMany();
    commands_.push_back(issued);
  }

  std::vector<IssuedCommand>::const_iterator begin() const { return commands_.begin(); }
  std::vector<IssuedCommand>::const_iterator end() const { return commands_.end(); }

 private:
  std::vector<IssuedCommand> commands_;
  std::int64_t of_managers_ = 0;
};

}  // namespace archgym
