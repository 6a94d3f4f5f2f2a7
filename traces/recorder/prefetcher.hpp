// Guesses from the lines that a cache is asked for which ones it will be asked for next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "cache.hpp"

namespace archgym::recorder {

enum class Prefetch { kNone, kNextLine, kStride };

// The `degree` lines that follow each line, as far as they lie within its page: the next ones, or
// those at the page's stride once two lines in a row had the same distance from the one before.
// Pages share a small table by the lowest bits of their number, and the one seen last has the
// entry.
class Prefetcher {
 public:
  Prefetcher(Prefetch kind, unsigned degree, unsigned lines_per_page_bits)
      : kind_(kind), degree_(degree), lines_per_page_bits_(lines_per_page_bits) {}

  // Takes the line that the cache is asked for; `fetch(line)` takes each guess, the nearest first.
  template <class Fetch>
  void observe(Line line, Fetch&& fetch) {
    if (kind_ == Prefetch::kNone) return;
    const Line stride = kind_ == Prefetch::kStride ? stride_at(line) : 1;
    if (stride == 0) return;
    Line guess = line;
    for (unsigned i = 0; i < degree_; ++i) {
      guess += stride;
      if (page_of(guess) != page_of(line)) return;
      fetch(guess);
    }
  }

 private:
  static constexpr std::size_t kPages = 64;

  // Strides are modulo 2^64, so that they may be negative.
  struct Stream {
    Line page = ~Line{0};
    Line last = 0;
    Line stride = 0;
  };

  Line page_of(Line line) const { return line >> lines_per_page_bits_; }

  // The stride that the line has confirmed, or 0. A line asked for again says nothing.
  Line stride_at(Line line) {
    Stream& stream = streams_[page_of(line) % kPages];
    if (stream.page != page_of(line)) {
      stream = {page_of(line), line, 0};
      return 0;
    }
    const Line stride = line - stream.last;
    if (stride == 0) return 0;
    const bool confirmed = stride == stream.stride;
    stream.last = line;
    stream.stride = stride;
    return confirmed ? stride : 0;
  }

  Prefetch kind_;
  unsigned degree_;
  unsigned lines_per_page_bits_;
  std::array<Stream, kPages> streams_;
};

}  // namespace archgym::recorder
