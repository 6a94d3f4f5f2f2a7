// From the times of every burst to the metrics of a run.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "admission.hpp"
#include "controller.hpp"
#include "energy_meter.hpp"
#include "latency_statistics.hpp"
#include "metric.hpp"
#include "requests.hpp"

namespace archgym {

// The counts of commands come in the order of the commands.
inline constexpr bool is_count_of(Metric metric, Command command) {
  constexpr std::string_view kPrefix = "commands_";
  const std::string_view name = kMetricNames[static_cast<std::size_t>(metric)];
  return name.starts_with(kPrefix) &&
         std::ranges::equal(name.substr(kPrefix.size()), kCommandNames[index(command)], {}, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
}
inline constexpr Metric count_of(Command command) {
  return static_cast<Metric>(static_cast<int>(Metric::commands_act) + index(command));
}
static_assert([] {
  for (int i = 0; i < kCommands; ++i) {
    const auto command = static_cast<Command>(i);
    if (!is_count_of(count_of(command), command)) return false;
  }
  return true;
}());

// Indexed by Metric; NaN where a metric does not apply to the run.
class Metrics {
 public:
  Metrics() { values_.fill(std::numeric_limits<double>::quiet_NaN()); }
  double& operator[](Metric metric) { return values_[static_cast<int>(metric)]; }
  const std::array<double, kMetricNames.size()>& values() const { return values_; }

 private:
  std::array<double, kMetricNames.size()> values_;
};

inline void summarize_latency(const System& system, const LatencyStatistics& latencies,
                              Metrics& metrics) {
  const auto mean = [](std::int64_t sum, std::int64_t count) {
    return static_cast<double>(sum) / static_cast<double>(count);
  };
  const std::int64_t count = latencies.count();
  std::int64_t sum = 0;
  for (bool write : {false, true}) {
    sum += latencies.sum_at_initiator(write);
    if (latencies.count(write) > 0)
      metrics[write ? Metric::write_latency_ns : Metric::read_latency_ns] =
          mean(latencies.sum_at_initiator(write), latencies.count(write)) * 1e-3;
  }
  const auto quantile = [](LatencyHistogram::Parts parts, double share, std::int64_t of) {
    return static_cast<double>(LatencyHistogram::quantile(parts, share, of));
  };
  const LatencyHistogram &reads = latencies.at_initiator(false),
                         &writes = latencies.at_initiator(true);
  if (const std::int64_t read_count = latencies.count(false); read_count > 0)
    metrics[Metric::read_latency_p99_ns] = quantile({reads}, 0.99, read_count) * 1e-3;
  metrics[Metric::latency_ns] = mean(sum, count) * 1e-3;
  metrics[Metric::latency_p50_ns] = quantile({reads, writes}, 0.5, count) * 1e-3;
  metrics[Metric::latency_p95_ns] = quantile({reads, writes}, 0.95, count) * 1e-3;
  metrics[Metric::latency_p99_ns] = quantile({reads, writes}, 0.99, count) * 1e-3;
  metrics[Metric::latency_max_ns] =
      static_cast<double>(std::max(reads.greatest(), writes.greatest())) * 1e-3;
  const LatencyHistogram& controller = latencies.at_controller();
  const double clock_ns = static_cast<double>(system.clock_ps) * 1e-3;
  metrics[Metric::service_latency_ns] = mean(latencies.sum_at_controller(), count) * clock_ns;
  metrics[Metric::service_latency_max_ns] = static_cast<double>(controller.greatest()) * clock_ns;
  metrics[Metric::service_latency_p99_ns] = quantile({controller}, 0.99, count) * clock_ns;
}

inline void summarize_energy(const EnergySplit& split, double runtime_ns, Metrics& metrics) {
  metrics[Metric::energy_nj] = split.total();
  metrics[Metric::power_mw] = split.total() / runtime_ns * 1e3;  // nJ/ns = W
  metrics[Metric::energy_activate_nj] = split.activate;
  metrics[Metric::energy_precharge_nj] = split.precharge;
  metrics[Metric::energy_read_nj] = split.read;
  metrics[Metric::energy_write_nj] = split.write;
  metrics[Metric::energy_refresh_nj] = split.refresh;
  metrics[Metric::energy_background_nj] = split.background;
  metrics[Metric::energy_power_down_nj] = split.power_down;
  metrics[Metric::energy_self_refresh_nj] = split.self_refresh;
}

// What the controllers of all channels have counted.
struct Totals {
  std::array<std::int64_t, kCommands> commands{};
  RowOutcomes rows;
  EnergySplit energy;
  RefreshDebt debt;

  // `end`: of the run.
  template <class ControllerT>
  void add(ControllerT& controller, std::int64_t end) {
    for (int i = 0; i < kCommands; ++i) commands[i] += controller.count(static_cast<Command>(i));
    rows += controller.rows();
    energy += controller.energy();
    debt += controller.refresh_debt(end);
  }
};

// A run may end before all refreshes that have fallen due are issued.
inline void summarize_refresh_debt(const System& system, const Design& design,
                                   const RefreshDebt& debt, Metrics& metrics) {
  const Refresh& refresh = system.refreshes[static_cast<int>(design.refresh_policy)];
  metrics[Metric::refreshes_owed] = static_cast<double>(debt.total);
  metrics[Metric::refresh_debt_ns] =
      static_cast<double>(debt.largest * refresh.duration * system.clock_ps) * 1e-3;
  if (system.energy.available)
    metrics[Metric::refresh_debt_nj] =
        static_cast<double>(debt.total) * system.energy.command[index(refresh.command)];
}

inline Metrics summarize(const System& system, const Requests& requests, const Design& design,
                         const LatencyStatistics& latencies, const Totals& totals) {
  Metrics metrics;
  const std::int64_t last_end = latencies.last_end();
  const double runtime_ns = static_cast<double>(last_end * system.clock_ps) * 1e-3;
  metrics[Metric::runtime_ns] = runtime_ns;
  metrics[Metric::bandwidth_gb_per_s] = static_cast<double>(requests.bytes) / runtime_ns;
  metrics[Metric::bus_bandwidth_gb_per_s] = static_cast<double>(requests.bursts.size()) *
                                            static_cast<double>(system.bytes_per_burst) /
                                            runtime_ns;
  summarize_latency(system, latencies, metrics);
  metrics[Metric::row_hits] = static_cast<double>(totals.rows.hits);
  metrics[Metric::row_misses] = static_cast<double>(totals.rows.misses);
  metrics[Metric::row_conflicts] = static_cast<double>(totals.rows.conflicts);
  for (int command = 0; command < kCommands; ++command)
    metrics[count_of(static_cast<Command>(command))] =
        static_cast<double>(totals.commands[command]);
  summarize_refresh_debt(system, design, totals.debt, metrics);
  metrics[Metric::queue_entries] =
      static_cast<double>(system.channels * Admission::total_entries(design, system.banks));
  if (system.energy.available) summarize_energy(totals.energy, runtime_ns, metrics);
  return metrics;
}

}  // namespace archgym
