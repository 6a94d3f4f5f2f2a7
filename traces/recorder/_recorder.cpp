// The Python module: bytes of lackey's in, columns of requests out. Checks live on the Python side.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "access_recorder.hpp"
#include "playback.hpp"
#include "recorder.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using namespace archgym::recorder;

template <class T>
using Column = nb::ndarray<T, nb::numpy, nb::ndim<1>, nb::c_contig>;
template <class T>
using Input = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// (sets, ways).
using ShapeRow = std::pair<std::size_t, std::size_t>;

std::vector<Shape> make_shapes(const std::vector<ShapeRow>& rows) {
  std::vector<Shape> shapes;
  for (const auto& [sets, ways] : rows) shapes.push_back({sets, ways});
  return shapes;
}

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

auto access_columns(AccessRecorder& recorder) {
  Accesses accesses = recorder.accesses();
  return std::make_tuple(to_numpy(std::move(accesses.instruction)),
                         to_numpy(std::move(accesses.address)), to_numpy(std::move(accesses.size)),
                         to_numpy(std::move(accesses.is_write)));
}

template <class T>
auto counts(const T& caches) {
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t,
                         std::uint64_t>>
      rows;
  for (const Counts& cache : caches.counts())
    rows.emplace_back(cache.accesses, cache.misses, cache.fills, cache.write_backs,
                      cache.prefetches, cache.useful_prefetches);
  return rows;
}

template <class T>
bool feed(T& recorder, const Input<std::uint8_t>& piece) {
  const std::string_view text(reinterpret_cast<const char*>(piece.data()), piece.size());
  nb::gil_scoped_release released;
  return recorder.feed(text);
}

void play(Playback& caches, const Input<std::uint64_t>& address, const Input<std::uint64_t>& size,
          const Input<bool>& is_write) {
  nb::gil_scoped_release released;
  caches.reset_counts();
  for (std::size_t i = 0; i < address.size(); ++i)
    caches.access(address.data()[i], size.data()[i], is_write.data()[i]);
}

// What all recorders have.
template <class T>
void bind_recorder(nb::class_<T>& recorder) {
  recorder.def("feed", &feed<T>, "piece"_a, "Takes the next bytes; returns whether it wants more.")
      .def_prop_ro("instructions", &T::instructions, "Executed so far, skipped ones too.")
      .def_prop_ro("emitted", &T::emitted, "Requests or accesses so far.")
      .def_prop_ro("fault", &T::fault, "What was wrong; empty if nothing was.")
      .def_prop_ro(
          "in_line", [](const T& self) { return self.lackey().in_line(); },
          "Whether the last line has not ended yet.")
      .def_prop_ro(
          "ended", [](const T& self) { return self.lackey().ended(); },
          "Whether the program has ended by itself.");
}

}  // namespace

NB_MODULE(_recorder, m) {
  m.doc() = "Caches and pages between what lackey sees of a program and memory.";

  m.attr("CACHES") = ARCHGYM_CACHES;

  nb::class_<Recorder> recorder(m, "Recorder",
                                "Turns the text of lackey's into requests to memory.");
  bind_recorder(recorder);
  recorder
      .def(
          "__init__",
          [](Recorder* self, unsigned line_bits, unsigned page_bits, const ShapeRow& first,
             const std::vector<ShapeRow>& shared, bool inclusive, bool prefetch,
             std::uint64_t frames, bool random, std::uint64_t seed, std::uint64_t skip,
             std::uint64_t limit) {
            const Machine machine{line_bits,
                                  page_bits,
                                  {first.first, first.second},
                                  make_shapes(shared),
                                  inclusive,
                                  prefetch,
                                  frames,
                                  random,
                                  seed};
            new (self) Recorder(machine, skip, limit);
          },
          nb::kw_only(), "line_bits"_a, "page_bits"_a, "first"_a, "shared"_a, "inclusive"_a,
          "prefetch"_a, "frames"_a, "random"_a, "seed"_a, "skip"_a, "limit"_a)
      .def("requests", &columns,
           "Returns columns (instruction, address, is_write) of the requests since the last call.")
      .def_prop_ro("counts", &counts<Recorder>, "What each cache did in the region.")
      .def_prop_ro("pages", &Recorder::pages, "Pages touched so far.");

  nb::class_<AccessRecorder> accesses(
      m, "AccessRecorder", "Takes a program's accesses to its data out of lackey's text.");
  bind_recorder(accesses);
  accesses.def(nb::init<std::uint64_t, std::uint64_t>(), nb::kw_only(), "skip"_a, "limit"_a)
      .def("accesses", &access_columns,
           "Returns columns (instruction, address, size, is_write) of those since the last call.");

  nb::enum_<Inclusion>(m, "Inclusion")
      .value("NON_INCLUSIVE", Inclusion::kNonInclusive)
      .value("INCLUSIVE", Inclusion::kInclusive)
      .value("EXCLUSIVE", Inclusion::kExclusive);
  nb::enum_<Prefetch>(m, "Prefetch")
      .value("NONE", Prefetch::kNone)
      .value("NEXT_LINE", Prefetch::kNextLine)
      .value("STRIDE", Prefetch::kStride);

  nb::class_<Playback>(m, "Playback", "One cache per level, to which accesses are played.")
      .def(
          "__init__",
          [](Playback* self, unsigned line_bits, unsigned page_bits,
             const std::vector<ShapeRow>& levels, Inclusion inclusion, Prefetch prefetch,
             unsigned degree) {
            new (self) Playback(line_bits, make_shapes(levels), inclusion,
                                Prefetcher(prefetch, degree, page_bits - line_bits));
          },
          nb::kw_only(), "line_bits"_a, "page_bits"_a, "levels"_a, "inclusion"_a, "prefetch"_a,
          "degree"_a)
      .def("play", &play, "address"_a, "size"_a, "is_write"_a,
           "Plays accesses, on top of those of earlier calls.")
      .def_prop_ro("counts", &counts<Playback>, "What each cache did in the last call.");
}
