// Plays accesses to caches as they are, with nothing between the two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hierarchy.hpp"

namespace archgym::recorder {

// One cache per level, at addresses of up to 64 bits.
class Playback {
 public:
  Playback(unsigned line_bits, const std::vector<Shape>& levels, Inclusion inclusion,
           Prefetcher prefetcher)
      : line_bits_(line_bits),
        caches_({levels.front()}, {levels.begin() + 1, levels.end()}, inclusion, prefetcher, {}) {}

  // An access of at least one byte, whose last one has an address.
  void access(std::uint64_t address, std::uint64_t bytes, bool is_write) {
    const Line last = (address + (bytes - 1)) >> line_bits_;
    for (Line line = address >> line_bits_; line <= last; ++line) caches_.touch(0, line, is_write);
    caches_.end_access(0);
  }

  const std::vector<Counts>& counts() const { return caches_.counts(); }
  void reset_counts() { caches_.reset_counts(); }

 private:
  struct Memory {
    void operator()(Line, bool) const {}
  };

  unsigned line_bits_;
  Hierarchy<Memory> caches_;
};

}  // namespace archgym::recorder
