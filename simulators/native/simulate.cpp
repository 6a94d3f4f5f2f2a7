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

struct NoRecord {
  void record(Command, int, std::int64_t, const Burst&, std::int32_t) {}
};

class CommandRecord {
 public:
  explicit CommandRecord(std::int64_t clock_ps) : clock_ps_(clock_ps) {}

  void record(Command command, int bank, std::int64_t now, const Burst& burst,
              std::int32_t request) {
    commands.push_back({now * clock_ps_, command, bank, burst.row, burst.column, request});
  }

  std::vector<IssuedCommand> commands;

 private:
  std::int64_t clock_ps_;
};

template <Scheduler kScheduler, class Sink>
Metrics run(const System& system, const DelayTable& delays, const Requests& requests,
            const Design& design, Sink& sink) {
  const auto simulate = [&](auto controller) {
    controller->run();
    return summarize(system, requests, design, *controller);
  };
  if (system.banks <= 16)
    return simulate(std::make_unique<Controller<kScheduler, 16, Sink>>(system, delays, requests,
                                                                       design, sink));
  return simulate(std::make_unique<Controller<kScheduler, kMaxBanks, Sink>>(
      system, delays, requests, design, sink));
}

// The scheduler is a template argument, so that the inner loop holds no test of it.
template <class Sink>
Metrics run(const System& system, const DelayTable& delays, const Requests& requests,
            const Design& design, Sink& sink) {
  switch (design.scheduler) {
    case Scheduler::Fifo:
      return run<Scheduler::Fifo>(system, delays, requests, design, sink);
    case Scheduler::FrFcfs:
      return run<Scheduler::FrFcfs>(system, delays, requests, design, sink);
    case Scheduler::FrFcfsGrp:
      return run<Scheduler::FrFcfsGrp>(system, delays, requests, design, sink);
    case Scheduler::GrpFrFcfs:
      return run<Scheduler::GrpFrFcfs>(system, delays, requests, design, sink);
    case Scheduler::GrpFrFcfsWm:
      return run<Scheduler::GrpFrFcfsWm>(system, delays, requests, design, sink);
  }
  throw std::logic_error("scheduler out of range");
}

}  // namespace

std::vector<IssuedCommand> trace_commands(const System& system, const DelayTable& delays,
                                          const Requests& requests, const Design& design) {
  CommandRecord record(system.clock_ps);
  run(system, delays, requests, design, record);
  return std::move(record.commands);
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
      for (std::size_t i = next++; i < designs.size(); i = next++) {
        NoRecord sink;
        results[i] = run(system, delays, requests, designs[i], sink);
      }
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
