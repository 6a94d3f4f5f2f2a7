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
#include "requests.hpp"
#include "latency_statistics.hpp"

namespace archgym {

enum class Metric : int {
  Runtime, Latency, LatencyP50, LatencyP99, LatencyMax, ReadLatency, ReadLatencyP99, WriteLatency,
  ServiceLatency, ServiceLatencyP99, ServiceLatencyMax,
  Energy, Power, EnergyActivate, EnergyPrecharge, EnergyRead, EnergyWrite, EnergyRefresh,
  EnergyBackground, EnergyPowerDown, EnergySelfRefresh, Bandwidth, BusBandwidth,
  RowHits, RowMisses, RowConflicts,
  RefreshesOwed, RefreshDebtTime, RefreshDebtEnergy, QueueEntries,
  CommandsAct,  // and the other commands in the order of their enumerators
};

inline constexpr auto kMetricNames = std::to_array<std::string_view>({
    "runtime_ns", "latency_ns", "latency_p50_ns", "latency_p99_ns", "latency_max_ns",
    "read_latency_ns", "read_latency_p99_ns", "write_latency_ns",
    "service_latency_ns", "service_latency_p99_ns", "service_latency_max_ns",
    "energy_nj", "power_mw", "energy_activate_nj", "energy_precharge_nj", "energy_read_nj",
    "energy_write_nj", "energy_refresh_nj",
    "energy_background_nj", "energy_power_down_nj", "energy_self_refresh_nj",
    "bandwidth_gb_per_s", "bus_bandwidth_gb_per_s", "row_hits", "row_misses", "row_conflicts",
    "refreshes_owed", "refresh_debt_ns", "refresh_debt_nj", "queue_entries",
    "commands_act", "commands_prepb", "commands_rd", "commands_rda", "commands_wr", "commands_wra",
    "commands_refpb", "commands_refp2b", "commands_refsb", "commands_presb", "commands_preab",
    "commands_refab", "commands_pdea", "commands_pdxa", "commands_pdep", "commands_pdxp",
    "commands_srefen", "commands_srefex"});

static_assert(kMetricNames.size() == static_cast<std::size_t>(Metric::CommandsAct) + kCommands);

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
      metrics[write ? Metric::WriteLatency : Metric::ReadLatency] =
          mean(latencies.sum_at_initiator(write), latencies.count(write)) * 1e-3;
  }
  const auto quantile = [](LatencyHistogram::Parts parts, double share, std::int64_t of) {
    return static_cast<double>(LatencyHistogram::quantile(parts, share, of));
  };
  const LatencyHistogram &reads = latencies.at_initiator(false),
                         &writes = latencies.at_initiator(true);
  if (const std::int64_t read_count = latencies.count(false); read_count > 0)
    metrics[Metric::ReadLatencyP99] = quantile({reads}, 0.99, read_count) * 1e-3;
  metrics[Metric::Latency] = mean(sum, count) * 1e-3;
  metrics[Metric::LatencyP50] = quantile({reads, writes}, 0.5, count) * 1e-3;
  metrics[Metric::LatencyP99] = quantile({reads, writes}, 0.99, count) * 1e-3;
  metrics[Metric::LatencyMax] =
      static_cast<double>(std::max(reads.greatest(), writes.greatest())) * 1e-3;
  const LatencyHistogram& controller = latencies.at_controller();
  const double clock_ns = static_cast<double>(system.clock_ps) * 1e-3;
  metrics[Metric::ServiceLatency] = mean(latencies.sum_at_controller(), count) * clock_ns;
  metrics[Metric::ServiceLatencyMax] = static_cast<double>(controller.greatest()) * clock_ns;
  metrics[Metric::ServiceLatencyP99] = quantile({controller}, 0.99, count) * clock_ns;
}

inline void summarize_energy(const EnergySplit& split, double runtime_ns, Metrics& metrics) {
  metrics[Metric::Energy] = split.total();
  metrics[Metric::Power] = split.total() / runtime_ns * 1e3;  // nJ/ns = W
  metrics[Metric::EnergyActivate] = split.activate;
  metrics[Metric::EnergyPrecharge] = split.precharge;
  metrics[Metric::EnergyRead] = split.read;
  metrics[Metric::EnergyWrite] = split.write;
  metrics[Metric::EnergyRefresh] = split.refresh;
  metrics[Metric::EnergyBackground] = split.background;
  metrics[Metric::EnergyPowerDown] = split.power_down;
  metrics[Metric::EnergySelfRefresh] = split.self_refresh;
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
  metrics[Metric::RefreshesOwed] = static_cast<double>(debt.total);
  metrics[Metric::RefreshDebtTime] =
      static_cast<double>(debt.largest * refresh.duration * system.clock_ps) * 1e-3;
  if (system.energy.available)
    metrics[Metric::RefreshDebtEnergy] =
        static_cast<double>(debt.total) * system.energy.command[index(refresh.command)];
}

inline Metrics summarize(const System& system, const Requests& requests, const Design& design,
                         const LatencyStatistics& latencies, const Totals& totals) {
  Metrics metrics;
  const std::int64_t last_end = latencies.last_end();
  const double runtime_ns = static_cast<double>(last_end * system.clock_ps) * 1e-3;
  metrics[Metric::Runtime] = runtime_ns;
  metrics[Metric::Bandwidth] = static_cast<double>(requests.bytes) / runtime_ns;
  metrics[Metric::BusBandwidth] = static_cast<double>(requests.bursts.size()) *
                                  static_cast<double>(system.bytes_per_burst) / runtime_ns;
  summarize_latency(system, latencies, metrics);
  metrics[Metric::RowHits] = static_cast<double>(totals.rows.hits);
  metrics[Metric::RowMisses] = static_cast<double>(totals.rows.misses);
  metrics[Metric::RowConflicts] = static_cast<double>(totals.rows.conflicts);
  for (int command = 0; command < kCommands; ++command)
    metrics[static_cast<Metric>(static_cast<int>(Metric::CommandsAct) + command)] =
        static_cast<double>(totals.commands[command]);
  summarize_refresh_debt(system, design, totals.debt, metrics);
  metrics[Metric::QueueEntries] = static_cast<double>(
      system.channels * Admission::total_entries(design, system.banks));
  if (system.energy.available) summarize_energy(totals.energy, runtime_ns, metrics);
  return metrics;
}

}  // namespace archgym
