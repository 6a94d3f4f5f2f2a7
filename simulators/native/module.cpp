// The Python module: numbers in, numbers out. Names and checks live on the Python side.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <bit>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

#include "declarations.hpp"
#include "simulate.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using namespace archgym;

template <class T>
using Column = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Table = nb::ndarray<T, nb::numpy, nb::ndim<2>, nb::c_contig>;
template <class T>
using NewColumn = nb::ndarray<T, nb::numpy, nb::ndim<1>, nb::c_contig>;

// A value of a dictionary.
template <class T>
T field(const nb::dict& row, const char* key) {
  return nb::cast<T>(row[key]);
}

// The enumerator that a value names.
template <class Enum, std::size_t kCount>
Enum named(const nb::handle& value, const std::array<std::string_view, kCount>& names) {
  const auto name = nb::cast<std::string>(value);
  const auto* found = std::ranges::find(names, name);
  if (found == names.end()) throw std::invalid_argument("there is no " + name);
  return static_cast<Enum>(found - names.begin());
}
Command command(const nb::handle& value) { return named<Command>(value, kCommandNames); }

struct Memory {
  System system;
  DelayTable delays;
};

std::vector<Constraint> make_constraints(const std::vector<nb::dict>& rows) {
  std::vector<Constraint> result;
  for (const nb::dict& row : rows)
    result.push_back({named<Scope>(row["scope"], kScopeNames), command(row["previous"]),
                      command(row["following"]), field<std::int32_t>(row, "cycles"),
                      named<When>(row["when"], kWhenNames)});
  return result;
}

std::vector<ActivateWindow> make_windows(const std::vector<nb::dict>& rows) {
  std::vector<ActivateWindow> result;
  for (const nb::dict& row : rows) {
    ActivateWindow window{0, field<int>(row, "count"), field<std::int32_t>(row, "cycles"),
                          field<std::array<std::int32_t, kCommands>>(row, "lengths"),
                          field<bool>(row, "by_last")};
    if (window.count < 1) throw std::invalid_argument("a window counts commands");
    for (const nb::handle each : row["commands"]) window.commands |= 1u << index(command(each));
    result.push_back(window);
  }
  return result;
}

// `None` where the device has no such refresh.
Refresh make_refresh(const nb::handle& value) {
  if (value.is_none()) return {};
  const auto row = nb::cast<nb::dict>(value);
  const auto number = [&](const char* key) { return field<std::int32_t>(row, key); };
  return {command(row["command"]), command(row["precharge"]), number("interval"),
          number("duration"),      number("per_interval"),    number("turn")};
}

System make_system(const nb::dict& spec) {
  const auto number = [&](const char* key) { return field<std::int64_t>(spec, key); };
  const auto cycles = [&](const char* key) { return field<std::int32_t>(spec, key); };
  System s;
  s.clock_ps = number("clock_ps");
  s.channels = cycles("channels");
  if (s.channels < 1 || s.channels > kMaxChannels)
    throw std::invalid_argument("1 to " + std::to_string(kMaxChannels) + " channels");
  s.ranks = cycles("ranks");
  s.stacks = cycles("stacks");
  s.bank_groups = cycles("bank_groups");
  s.banks = cycles("banks");
  const auto is_multiple = [](int of, int unit) {
    return std::has_single_bit(static_cast<unsigned>(unit)) && unit >= 1 && of >= unit;
  };
  if (!is_multiple(kMaxRanks, s.ranks) || !is_multiple(s.stacks, s.ranks) ||
      !is_multiple(s.bank_groups, s.stacks) || !is_multiple(s.banks, s.bank_groups) ||
      !is_multiple(kMaxBanks, s.banks))
    throw std::invalid_argument(
        "ranks, stacks, bank groups and banks must be powers of two, each at least the one before, "
        "at most " +
        std::to_string(kMaxRanks) + " ranks and " + std::to_string(kMaxBanks) + " banks");
  s.derive();
  s.command_cycles = field<std::array<std::int32_t, kCommands>>(spec, "command_cycles");
  s.has_column_bus = field<bool>(spec, "has_column_bus");
  s.uniform_commands = !s.has_column_bus && std::ranges::all_of(s.command_cycles, [](int length) {
    return length == 1;
  });
  s.read_latency = cycles("read_latency");
  s.write_latency = cycles("write_latency");
  s.read_to_precharge = cycles("read_to_precharge");
  s.write_to_precharge = cycles("write_to_precharge");
  s.row_active_min = cycles("row_active_min");
  for (const nb::handle refresh : spec["refreshes"]) s.refreshes.push_back(make_refresh(refresh));
  s.handshakes = field<bool>(spec, "handshakes");
  s.refresh_flexibility = number("refresh_flexibility");
  s.bytes_per_burst = number("bytes_per_burst");
  s.energy_books = static_cast<EnergyBooks>(cycles("energy_books"));
  if (spec.contains("energy_nj"))
    s.energy = EnergyTable::from(nb::cast<std::map<std::string, double>>(spec["energy_nj"]));
  return s;
}

Requests make_requests(const System& system, Column<std::int64_t> arrival_cycle,
                       Column<std::int64_t> arrival_ps, Column<std::uint8_t> channel,
                       Column<std::uint8_t> bank, Column<std::uint32_t> row,
                       Column<std::uint32_t> column, Column<bool> is_write,
                       Column<std::uint32_t> request, Column<std::uint16_t> initiator,
                       std::int64_t bytes, const nb::dict& player) {
  const std::size_t n = arrival_cycle.size();
  if (n == 0 || n >= 0x7FFFFFFEu || channel.size() != n || bank.size() != n || row.size() != n ||
      column.size() != n || is_write.size() != n || request.size() != n || initiator.size() != n ||
      request.data()[n - 1] + std::size_t{1} != arrival_ps.size())
    throw std::invalid_argument("columns must have one equal length, from 1 to 2^31 - 3");
  Requests requests;
  requests.bursts.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (channel.data()[i] >= system.channels || bank.data()[i] >= system.banks)
      throw std::invalid_argument("a burst lies beyond the channels or banks of its system");
    requests.bursts.push_back({arrival_cycle.data()[i], row.data()[i], column.data()[i],
                               request.data()[i], channel.data()[i], bank.data()[i],
                               is_write.data()[i]});
  }
  requests.arrival_ps.assign(arrival_ps.data(), arrival_ps.data() + arrival_ps.size());
  requests.initiators = 1 + *std::max_element(initiator.data(), initiator.data() + n);
  if (requests.initiators > 1) requests.initiator.assign(initiator.data(), initiator.data() + n);
  requests.bytes = bytes;
  requests.player = {field<bool>(player, "closed"), field<std::int64_t>(player, "max_outstanding"),
                     field<std::int64_t>(player, "think_cycles"), field<bool>(player, "dependent")};
  return requests;
}

std::vector<Design> make_designs(
    const nb::ndarray<const std::int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>& table) {
  if (table.shape(1) != kDesignFields)
    throw std::invalid_argument("a design has " + std::to_string(kDesignFields) + " fields");
  std::vector<Design> designs;
  for (std::size_t i = 0; i < table.shape(0); ++i)
    designs.push_back(make_design(table.data() + i * kDesignFields));
  return designs;
}

// Python runs the handlers of signals such as Ctrl-C's where it is asked to.
void run_signal_handlers() {
  nb::gil_scoped_acquire held;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

template <class T>
NewColumn<T> to_numpy(std::vector<T>&& values) {
  auto* owned = new std::vector<T>(std::move(values));
  nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return NewColumn<T>(owned->data(), {owned->size()}, owner);
}

Table<double> evaluate_table(
    const Memory& memory, const Requests& requests,
    const nb::ndarray<const std::int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>& designs,
    int threads, bool skips_idleness) {
  const std::vector<Design> list = make_designs(designs);
  std::vector<Metrics> metrics;
  Interruption interruption(run_signal_handlers);
  {
    nb::gil_scoped_release released;
    metrics = evaluate(memory.system, memory.delays, requests, list, threads, skips_idleness,
                       interruption);
  }
  const std::size_t width = kMetricNames.size();
  auto* values = new double[metrics.size() * width];
  nb::capsule owner(values, [](void* p) noexcept { delete[] static_cast<double*>(p); });
  for (std::size_t i = 0; i < metrics.size(); ++i)
    std::copy(metrics[i].values().begin(), metrics[i].values().end(), values + i * width);
  return Table<double>(values, {metrics.size(), width}, owner);
}

auto command_columns(
    const Memory& memory, const Requests& requests,
    const nb::ndarray<const std::int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>& design) {
  const std::vector<Design> list = make_designs(design);
  if (list.size() != 1) throw std::invalid_argument("commands are traced for one design");
  CommandList commands;
  Interruption interruption(run_signal_handlers);
  {
    nb::gil_scoped_release released;
    commands = trace_commands(memory.system, memory.delays, requests, list.front(), interruption);
  }
  std::vector<std::int64_t> time, burst;
  std::vector<std::uint8_t> command, channel, bank;
  std::vector<std::uint32_t> row, column;
  for (const IssuedCommand& c : commands) {
    time.push_back(c.time_ps);
    command.push_back(static_cast<std::uint8_t>(c.command));
    channel.push_back(static_cast<std::uint8_t>(c.channel));
    bank.push_back(static_cast<std::uint8_t>(c.bank));
    row.push_back(c.row);
    column.push_back(c.column);
    burst.push_back(c.burst);
  }
  return std::make_tuple(to_numpy(std::move(time)), to_numpy(std::move(command)),
                         to_numpy(std::move(channel)), to_numpy(std::move(bank)),
                         to_numpy(std::move(row)), to_numpy(std::move(column)),
                         to_numpy(std::move(burst)));
}

template <std::size_t N>
nb::tuple names(const std::array<std::string_view, N>& list) {
  nb::list result;
  for (std::string_view name : list) result.append(nb::str(name.data(), name.size()));
  return nb::tuple(result);
}

// Whether there is a build with AVX2, and this processor can run it.
bool processor_has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
#else
  return false;
#endif
}

}  // namespace

// NB_MODULE does not expand its argument.
#define ARCHGYM_DEFINE(name, m) NB_MODULE(name, m)

ARCHGYM_DEFINE(ARCHGYM_MODULE, m) {
  m.doc() = "Cycle-exact DRAM controller simulation, event by event.";
  m.attr("COMMANDS") = names(kCommandNames);
  m.attr("METRICS") = names(kMetricNames);
  m.attr("MAX_CHANNELS") = kMaxChannels;
  m.attr("MAX_BANKS") = kMaxBanks;
  m.attr("MAX_RANKS") = kMaxRanks;
  m.attr("UNBOUNDED") = kUnbounded;
  m.attr("SOURCES") = ARCHGYM_SOURCES;
  m.attr("DECLARATIONS") = ARCHGYM_DECLARATIONS;
  m.attr("PROCESSOR_HAS_AVX2") = processor_has_avx2();

  m.attr("MAX_MANAGER_COMMANDS") = CommandList::kMostOfManagers;
  m.attr("MAX_RUN_PS") = kLongestRunPs;

  nb::exception<Stuck>(m, "StuckError", PyExc_RuntimeError);
  nb::exception<TooLong>(m, "TooLongError", PyExc_RuntimeError);
  nb::exception<CommandList::TooMany>(m, "TooManyCommandsError", PyExc_RuntimeError);

  nb::class_<Memory>(m, "Memory", "A memory system: organisation, timing edges, energy.")
      .def(
          "__init__",
          [](Memory* self, const nb::dict& spec, const std::vector<nb::dict>& constraints,
             const std::vector<nb::dict>& activate_windows) {
            System system = make_system(spec);
            DelayTable delays(system, make_constraints(constraints),
                              make_windows(activate_windows));
            new (self) Memory{std::move(system), std::move(delays)};
          },
          "spec"_a, "constraints"_a, "activate_windows"_a);

  nb::class_<Requests>(m, "Requests", "A decoded trace, in order of arrival.")
      .def(
          "__init__",
          [](Requests* self, const Memory& memory, Column<std::int64_t> arrival_cycle,
             Column<std::int64_t> arrival_ps, Column<std::uint8_t> channel,
             Column<std::uint8_t> bank, Column<std::uint32_t> row, Column<std::uint32_t> column,
             Column<bool> is_write, Column<std::uint32_t> request, Column<std::uint16_t> initiator,
             std::int64_t bytes, const nb::dict& player) {
            new (self)
                Requests(make_requests(memory.system, arrival_cycle, arrival_ps, channel, bank, row,
                                       column, is_write, request, initiator, bytes, player));
          },
          "memory"_a, "arrival_cycle"_a, "arrival_ps"_a, "channel"_a, "bank"_a, "row"_a, "column"_a,
          "is_write"_a, "request"_a, "initiator"_a, "bytes"_a, "player"_a);

  m.def("evaluate", &evaluate_table, "memory"_a, "requests"_a, "designs"_a, "threads"_a,
        "skips_idleness"_a = true,
        "Returns one row of METRICS a design; NaN where a metric does not apply.");
  m.def(
      "command_trace", &command_columns, "memory"_a, "requests"_a, "design"_a,
      "Returns columns (time_ps, command, channel, bank, row, column, burst) of one design's run.");
}
