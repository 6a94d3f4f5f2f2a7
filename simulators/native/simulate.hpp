// Runs designs: one with its commands recorded, or a batch of them on several threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "command.hpp"
#include "design.hpp"
#include "metrics.hpp"
#include "requests.hpp"
#include "system.hpp"

namespace archgym {

struct IssuedCommand {
  std::int64_t time_ps;
  Command command;
  int bank;               // PREAB and REFAB address a whole rank and name its first bank
  std::uint32_t row;
  std::uint32_t column;
  std::int64_t burst;     // index of the burst it serves; -1 for refresh
};

std::vector<IssuedCommand> trace_commands(const System& system, const DelayTable& delays,
                                          const Requests& requests, const Design& design);

std::vector<Metrics> evaluate(const System& system, const DelayTable& delays,
                              const Requests& requests, std::span<const Design> designs,
                              int threads);

}  // namespace archgym
