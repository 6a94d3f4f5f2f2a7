#include "simulate.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "controller.hpp"
#include "direct_port.hpp"
#include "dramsys_network.hpp"
#include "network.hpp"
#include "schedulers.hpp"

namespace archgym {
namespace {

struct Run {
  const System& system;
  const DelayTable& delays;
  const Requests& requests;
  const Design& design;
  CommandList* trace;
  bool skips_idleness;
  Interruption& interruption;
};

// One channel, asked by one initiator in open-loop replay.
template <class BankScheduler, int kLanes, bool kPlain>
Metrics play_directly(const Run& run) {
  LatencyStatistics latencies(run.requests, run.system.clock_ps);
  using DirectController = Controller<BankScheduler, kLanes, DirectPort, kPlain>;
  const auto controller = std::make_unique<DirectController>(
      DirectPort::Place{}, run.system, run.delays, run.requests, run.design, latencies, run.trace,
      run.skips_idleness, run.interruption);
  controller->run();
  Totals totals;
  totals.add(*controller, latencies.last_end());
  return summarize(run.system, run.requests, run.design, latencies, totals);
}

template <class BankScheduler, int kLanes, class Port, class NetworkT>
auto make_controllers(const Run& run, NetworkT& network, LatencyStatistics& latencies) {
  using NetworkController = Controller<BankScheduler, kLanes, Port, false>;
  std::vector<std::unique_ptr<NetworkController>> controllers;
  for (int channel = 0; channel < run.system.channels; ++channel)
    controllers.push_back(std::make_unique<NetworkController>(
        typename Port::Place{network, channel}, run.system, run.delays, run.requests, run.design,
        latencies, run.trace, run.skips_idleness, run.interruption));
  return controllers;
}

std::int64_t next_event(const auto& network, const auto& controllers) {
  std::int64_t next = network.next_time();
  for (const auto& controller : controllers) next = std::min(next, controller->next_event());
  return next;
}

Metrics summarize_network(const Run& run, const LatencyStatistics& latencies,
                          const auto& controllers) {
  Totals totals;
  for (const auto& controller : controllers) totals.add(*controller, latencies.last_end());
  return summarize(run.system, run.requests, run.design, latencies, totals);
}

// Any system and player, in order of time; see Network.
template <class BankScheduler, int kLanes>
Metrics play_network(const Run& run) {
  LatencyStatistics latencies(run.requests, run.system.clock_ps);
  Network network(run.requests, run.design, run.system.channels, run.system.clock_ps, latencies);
  const auto controllers =
      make_controllers<BankScheduler, kLanes, NetworkPort>(run, network, latencies);
  while (true) {
    const std::int64_t now = next_event(network, controllers);
    if (network.is_finished() && now > latencies.last_end()) break;
    if (now == kNever) throw Stuck();
    network.advance_to(now);
    for (const auto& controller : controllers)
      if (controller->next_event() <= now) controller->step(now);
  }
  return summarize_network(run, latencies, controllers);
}

// The same as DRAMSys plays it; see DramsysNetwork.
template <class BankScheduler, int kLanes>
Metrics play_dramsys_network(const Run& run) {
  LatencyStatistics latencies(run.requests, run.system.clock_ps);
  DramsysNetwork network(run.requests, run.design, run.system.channels, run.system.clock_ps,
                         latencies);
  const auto controllers =
      make_controllers<BankScheduler, kLanes, DramsysPort>(run, network, latencies);
  std::int64_t now = 0;
  while (true) {
    const std::int64_t next = next_event(network, controllers);
    if (network.is_finished() && next > latencies.last_end()) break;
    if (next == kNever) {
      for (const auto& controller : controllers)
        if (!controller->has_all_served()) controller->wake(now + 1);
      if (next_event(network, controllers) == kNever) throw Stuck();
      continue;
    }
    now = next;
    network.begin_instant(now);
    do {
      network.begin_round();
      for (const auto& controller : controllers)
        if (controller->next_event() <= now) controller->step(now);
      network.deliver();
    } while (next_event(network, controllers) <= now);
  }
  return summarize_network(run, latencies, controllers);
}

template <class BankScheduler, int kLanes>
Metrics play(const Run& run) {
  const bool is_direct =
      run.system.channels == 1 && run.requests.initiators == 1 && !run.requests.player.closed;
  if (!is_direct)
    return run.system.handshakes ? play_dramsys_network<BankScheduler, kLanes>(run)
                                 : play_network<BankScheduler, kLanes>(run);
  return is_plain(run.system, run.design, run.trace)
             ? play_directly<BankScheduler, kLanes, true>(run)
             : play_directly<BankScheduler, kLanes, false>(run);
}

template <class BankScheduler>
Metrics play(const Run& run) {
  return lanes_for(run.system.banks) == 16 ? play<BankScheduler, 16>(run)
                                           : play<BankScheduler, kMaxBanks>(run);
}

// The scheduler is a template argument, so that the inner loop holds no test of it.
Metrics play(const Run& run) {
  return with_scheduler(run.design.scheduler,
                        [&]<class BankScheduler> { return play<BankScheduler>(run); });
}

}  // namespace

CommandList trace_commands(const System& system, const DelayTable& delays, const Requests& requests,
                           const Design& design, Interruption& interruption) {
  CommandList commands;
  play({system, delays, requests, design, &commands, false, interruption});
  return commands;
}

std::vector<Metrics> evaluate(const System& system, const DelayTable& delays,
                              const Requests& requests, std::span<const Design> designs,
                              int threads, bool skips_idleness, Interruption& interruption) {
  std::vector<Metrics> results(designs.size());
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::size_t at_work = 0;
  std::mutex mutex;  // of the two
  std::condition_variable finished;
  // The first failure ends the work of all.
  const auto guarded = [&](auto&& action) {
    try {
      action();
    } catch (const Interrupted&) {
    } catch (...) {
      interruption.end();
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  const auto work = [&] {
    for (std::size_t i = next++; i < designs.size(); i = next++) {
      try {
        results[i] =
            play({system, delays, requests, designs[i], nullptr, skips_idleness, interruption});
      } catch (const Stuck&) {
      } catch (const TooLong&) {
        results[i][Metric::runtime_ns] = std::numeric_limits<double>::infinity();
      }
    }
  };
  const auto help = [&] {
    guarded(work);
    const std::lock_guard lock(mutex);
    --at_work;
    finished.notify_one();
  };
  std::vector<std::jthread> pool;
  guarded([&] {
    for (std::size_t i = 1; i < std::min<std::size_t>(threads, designs.size()); ++i) {
      pool.emplace_back(help);
      const std::lock_guard lock(mutex);
      ++at_work;
    }
    work();
  });
  std::unique_lock lock(mutex);
  while (!finished.wait_for(lock, Interruption::kInterval, [&] { return at_work == 0; })) {
    lock.unlock();
    guarded([&] { interruption.poll(); });
    lock.lock();
  }
  lock.unlock();
  pool.clear();
  if (failure) std::rethrow_exception(failure);
  return results;
}

}  // namespace archgym
