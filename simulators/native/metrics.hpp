// From the times of every burst to the metrics of a run.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "admission.hpp"
#include "controller.hpp"
#include "energy_meter.hpp"
#include "requests.hpp"
#include "response_path.hpp"

namespace archgym {

enum class Metric : int {
  Runtime, Latency, LatencyP50, LatencyP99, LatencyMax, ReadLatency, WriteLatency,
  ServiceLatency, ServiceLatencyP99, ServiceLatencyMax,
  Energy, Power, EnergyActivate, EnergyPrecharge, EnergyRead, EnergyWrite, EnergyRefresh,
  EnergyBackground, Bandwidth, RowHits, RowMisses, RowConflicts,
  CommandsAct, CommandsPrepb, CommandsRd, CommandsRda, CommandsWr, CommandsWra, CommandsPreab,
  CommandsRefab, RefreshesOwed, RefreshDebtTime, RefreshDebtEnergy, QueueEntries,
};

inline constexpr std::array<std::string_view, 34> kMetricNames = {
    "runtime_ns", "latency_ns", "latency_p50_ns", "latency_p99_ns", "latency_max_ns",
    "read_latency_ns", "write_latency_ns",
    "service_latency_ns", "service_latency_p99_ns", "service_latency_max_ns",
    "energy_nj", "power_mw", "energy_activate_nj", "energy_precharge_nj", "energy_read_nj",
    "energy_write_nj", "energy_refresh_nj",
    "energy_background_nj", "bandwidth_gb_per_s", "row_hits", "row_misses", "row_conflicts",
    "commands_act", "commands_prepb", "commands_rd", "commands_rda", "commands_wr", "commands_wra",
    "commands_preab",
    "commands_refab", "refreshes_owed", "refresh_debt_ns", "refresh_debt_nj", "queue_entries"};

// Indexed by Metric; NaN where a metric does not apply to the run.
class Metrics {
 public:
  Metrics() { values_.fill(std::numeric_limits<double>::quiet_NaN()); }
  double& operator[](Metric metric) { return values_[static_cast<int>(metric)]; }
  const std::array<double, kMetricNames.size()>& values() const { return values_; }

 private:
  std::array<double, kMetricNames.size()> values_;
};

// Latencies of one kind, in picoseconds; order does not matter and is not kept.
class LatencySample {
 public:
  explicit LatencySample(std::vector<std::int64_t>& values) : values_(values) {}

  double mean_ns() const {
    double sum = 0;
    for (std::int64_t value : values_) sum += static_cast<double>(value);
    return sum / static_cast<double>(values_.size()) * 1e-3;
  }

  double max_ns() const {
    return static_cast<double>(*std::max_element(values_.begin(), values_.end())) * 1e-3;
  }

  // The element at index floor(quantile * (n - 1)) of the sorted values.
  double quantile_ns(double quantile) {
    const auto n = static_cast<double>(values_.size() - 1);
    const auto at = values_.begin() + static_cast<std::ptrdiff_t>(std::floor(quantile * n));
    std::nth_element(values_.begin(), at, values_.end());
    return static_cast<double>(*at) * 1e-3;
  }

 private:
  std::vector<std::int64_t>& values_;
};

inline void summarize_latency(const System& system, const Requests& requests,
                              const ResponseTimes& times, Metrics& metrics) {
  const std::size_t count = requests.count();
  std::vector<std::int64_t> latency(count), service(count);
  double read_sum = 0, write_sum = 0, reads = 0;
  std::size_t first = 0;
  for (std::size_t request = 0; request < count; ++request) {
    const std::size_t last = requests.last_burst.empty() ? request : requests.last_burst[request];
    std::int64_t end = times.end[first], service_end = times.service_end[first];
    for (std::size_t burst = first + 1; burst <= last; ++burst) {
      end = std::max(end, times.end[burst]);
      service_end = std::max(service_end, times.service_end[burst]);
    }
    latency[request] = end * system.clock_ps - requests.arrival_ps[first];
    service[request] = (service_end - times.service_begin[first]) * system.clock_ps;
    const bool write = requests.bursts[first].write;
    (write ? write_sum : read_sum) += static_cast<double>(latency[request]);
    reads += !write;
    first = last + 1;
  }
  const double writes = static_cast<double>(count) - reads;
  if (reads > 0) metrics[Metric::ReadLatency] = read_sum / reads * 1e-3;
  if (writes > 0) metrics[Metric::WriteLatency] = write_sum / writes * 1e-3;

  LatencySample at_initiator(latency);
  metrics[Metric::Latency] = at_initiator.mean_ns();
  metrics[Metric::LatencyMax] = at_initiator.max_ns();
  metrics[Metric::LatencyP50] = at_initiator.quantile_ns(0.5);
  metrics[Metric::LatencyP99] = at_initiator.quantile_ns(0.99);
  LatencySample at_controller(service);
  metrics[Metric::ServiceLatency] = at_controller.mean_ns();
  metrics[Metric::ServiceLatencyMax] = at_controller.max_ns();
  metrics[Metric::ServiceLatencyP99] = at_controller.quantile_ns(0.99);
}

inline void summarize_energy(const System& system, const EnergySplit& split, double runtime_ns,
                             Metrics& metrics) {
  metrics[Metric::Energy] = split.total();
  metrics[Metric::Power] = split.total() / runtime_ns * 1e3;  // nJ/ns = W
  metrics[Metric::EnergyActivate] = split.activate;
  metrics[Metric::EnergyPrecharge] = split.precharge;
  metrics[Metric::EnergyRead] = split.read;
  metrics[Metric::EnergyWrite] = split.write;
  metrics[Metric::EnergyRefresh] = split.refresh;
  metrics[Metric::EnergyBackground] = split.background;
  metrics[Metric::RefreshDebtEnergy] = metrics[Metric::RefreshesOwed] * system.energy.refresh;
}

template <class ControllerT>
Metrics summarize(const System& system, const Requests& requests, const Design& design,
                  ControllerT& controller) {
  Metrics metrics;
  const ResponseTimes& times = controller.times();
  const double runtime_ns = static_cast<double>(times.last_end * system.clock_ps) * 1e-3;
  metrics[Metric::Runtime] = runtime_ns;
  metrics[Metric::Bandwidth] =
      static_cast<double>(requests.bursts.size()) *
      static_cast<double>(system.bytes_per_burst) / runtime_ns;
  summarize_latency(system, requests, times, metrics);
  metrics[Metric::RowHits] = static_cast<double>(controller.rows().hits);
  metrics[Metric::RowMisses] = static_cast<double>(controller.rows().misses);
  metrics[Metric::RowConflicts] = static_cast<double>(controller.rows().conflicts);

  for (int command = 0; command < kCommands; ++command)
    metrics[static_cast<Metric>(static_cast<int>(Metric::CommandsAct) + command)] =
        static_cast<double>(controller.count(static_cast<Command>(command)));
  // Intervals that have passed without their refresh; a run may end before it pays them.
  const std::int64_t due = design.refresh_policy == RefreshPolicy::NoRefresh
                               ? 0
                               : system.ranks * (times.last_end / system.refresh_interval);
  const std::int64_t owed = std::max<std::int64_t>(0, due - controller.count(Command::REFAB));
  metrics[Metric::RefreshesOwed] = static_cast<double>(owed);
  metrics[Metric::RefreshDebtTime] =
      static_cast<double>(owed * system.refresh_cycle * system.clock_ps) * 1e-3;
  metrics[Metric::QueueEntries] =
      static_cast<double>(Admission::total_entries(design, system.banks));
  if (system.energy.available)
    summarize_energy(system, controller.energy(), runtime_ns, metrics);
  return metrics;
}

}  // namespace archgym
