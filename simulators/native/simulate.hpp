// Runs designs: one with its commands recorded, or a batch of them on several threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "controller.hpp"
#include "design.hpp"
#include "metrics.hpp"
#include "requests.hpp"
#include "system.hpp"

namespace archgym {

std::vector<IssuedCommand> trace_commands(const System& system, const DelayTable& delays,
                                          const Requests& requests, const Design& design);

// Metrics of no value stand for a run that got stuck.
std::vector<Metrics> evaluate(const System& system, const DelayTable& delays,
                              const Requests& requests, std::span<const Design> designs,
                              int threads);

}  // namespace archgym
