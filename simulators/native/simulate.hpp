// Runs designs: one with its commands recorded, or a batch of them on several threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "controller.hpp"
#include "design.hpp"
#include "interruption.hpp"
#include "issued_command.hpp"
#include "metrics.hpp"
#include "requests.hpp"
#include "system.hpp"

namespace archgym {

// Both ask the interruption now and then whether to go on.
CommandList trace_commands(const System& system, const DelayTable& delays, const Requests& requests,
                           const Design& design, Interruption& interruption);

// Metrics of no value stand for a run that got stuck, an infinite runtime for one that is too long.
// The metrics are the same whether or not long idleness is skipped.
std::vector<Metrics> evaluate(const System& system, const DelayTable& delays,
                              const Requests& requests, std::span<const Design> designs,
                              int threads, bool skips_idleness, Interruption& interruption);

}  // namespace archgym
