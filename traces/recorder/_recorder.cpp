// The Python module: bytes of lackey's in, columns of requests out. Checks live on the Python side.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "recorder.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using namespace archgym::recorder;

template <class T>
using Column = nb::ndarray<T, nb::numpy, nb::ndim<1>, nb::c_contig>;
using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// (sets, ways).
using ShapeRow = std::pair<std::size_t, std::size_t>;

Shape make_shape(const ShapeRow& row) { return {row.first, row.second}; }

template <class T>
Column<T> to_numpy(std::vector<T>&& values) {
  auto* owned = new std::vector<T>(std::move(values));
  nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return Column<T>(owned->data(), {owned->size()}, owner);
}

auto columns(Recorder& recorder) {
  Requests requests = recorder.requests();
  return std::make_tuple(to_numpy(std::move(requests.instruction)),
                         to_numpy(std::move(requests.address)),
                         to_numpy(std::move(requests.is_write)));
}

auto counts(const Recorder& recorder) {
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>> rows;
  for (const Counts& cache : recorder.counts())
    rows.emplace_back(cache.accesses, cache.misses, cache.fills);
  return rows;
}

}  // namespace

NB_MODULE(_recorder, m) {
  m.doc() = "Caches and pages between what lackey sees of a program and memory.";

  nb::class_<Recorder>(m, "Recorder", "Turns the text of lackey's into requests to memory.")
      .def("__init__",
           [](Recorder* self, unsigned line_bits, unsigned page_bits, const ShapeRow& first,
              const std::optional<ShapeRow>& second, const ShapeRow& last, bool inclusive,
              bool prefetch, std::uint64_t frames, bool random, std::uint64_t seed,
              std::uint64_t skip, std::uint64_t limit) {
             std::optional<Shape> middle;
             if (second) middle = make_shape(*second);
             const Machine machine{line_bits,        page_bits, make_shape(first), middle,
                                   make_shape(last), inclusive, prefetch,          frames,
                                   random,           seed};
             new (self) Recorder(machine, skip, limit);
           },
           nb::kw_only(), "line_bits"_a, "page_bits"_a, "first"_a, "second"_a.none(), "last"_a,
           "inclusive"_a, "prefetch"_a, "frames"_a, "random"_a, "seed"_a, "skip"_a, "limit"_a)
      .def("feed",
           [](Recorder& self, const Bytes& piece) {
             const std::string_view text(reinterpret_cast<const char*>(piece.data()),
                                         piece.size());
             nb::gil_scoped_release released;
             return self.feed(text);
           },
           "piece"_a, "Takes the next bytes; returns whether it wants more.")
      .def("requests", &columns,
           "Returns columns (instruction, address, is_write) of the requests since the last call.")
      .def_prop_ro("counts", &counts, "(accesses, misses, fills) of each cache, in the region.")
      .def_prop_ro("instructions", &Recorder::instructions, "Executed so far, skipped ones too.")
      .def_prop_ro("emitted", &Recorder::emitted, "Requests so far.")
      .def_prop_ro("pages", &Recorder::pages, "Pages touched so far.")
      .def_prop_ro("fault", &Recorder::fault, "What was wrong; empty if nothing was.")
      .def_prop_ro("in_line", [](const Recorder& self) { return self.lackey().in_line(); },
                   "Whether the last line has not ended yet.")
      .def_prop_ro("ended", [](const Recorder& self) { return self.lackey().ended(); },
                   "Whether the program has ended by itself.");
}
