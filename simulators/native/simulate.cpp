#include "simulate.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "controller.hpp"

namespace archgym {
namespace {

template <Scheduler kScheduler>
Metrics run(const System& system, const DelayTable& delays, const Requests& requests,
            const Design& design, std::vector<IssuedCommand>* trace) {
  const auto simulate = [&](auto controller) {
    controller->run();
    return summarize(system, requests, design, *controller);
  };
  if (system.banks <= 16)
    return simulate(std::make_unique<Controller<kScheduler, 16>>(system, delays, requests, design,
                                                                 trace));
  return simulate(std::make_unique<Controller<kScheduler, kMaxBanks>>(system, delays, requests,
                                                                      design, trace));
}

// The scheduler is a template argument, so that the inner loop holds no test of it.
Metrics run(const System& system, const DelayTable& delays, const Requests& requests,
            const Design& design, std::vector<IssuedCommand>* trace = nullptr) {
  switch (design.scheduler) {
    case Scheduler::Fifo:
      return run<Scheduler::Fifo>(system, delays, requests, design, trace);
    case Scheduler::FrFcfs:
      return run<Scheduler::FrFcfs>(system, delays, requests, design, trace);
    case Scheduler::FrFcfsGrp:
      return run<Scheduler::FrFcfsGrp>(system, delays, requests, design, trace);
    case Scheduler::GrpFrFcfs:
      return run<Scheduler::GrpFrFcfs>(system, delays, requests, design, trace);
    case Scheduler::GrpFrFcfsWm:
      return run<Scheduler::GrpFrFcfsWm>(system, delays, requests, design, trace);
  }
  throw std::logic_error("scheduler out of range");
}

}  // namespace

std::vector<IssuedCommand> trace_commands(const System& system, const DelayTable& delays,
                                          const Requests& requests, const Design& design) {
  std::vector<IssuedCommand> commands;
  run(system, delays, requests, design, &commands);
  return commands;
}

std::vector<Metrics> evaluate(const System& system, const DelayTable& delays,
                              const Requests& requests, std::span<const Design> designs,
                              int threads) {
  std::vector<Metrics> results(designs.size());
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < designs.size(); i = next++)
        results[i] = run(system, delays, requests, designs[i]);
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      failure = std::current_exception();
    }
  };
  const auto helpers = std::min<std::size_t>(threads, designs.size());
  std::vector<std::jthread> pool;
  for (std::size_t i = 1; i < helpers; ++i) pool.emplace_back(work);
  work();
  pool.clear();
  if (failure) std::rethrow_exception(failure);
  return results;
}

}  // namespace archgym
