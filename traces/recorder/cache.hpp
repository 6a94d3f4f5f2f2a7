// One set-associative cache with least-recently-used replacement.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace archgym::recorder {

using Line = std::uint64_t;

struct Eviction {
  Line line;
  bool dirty;
};

class Cache {
 public:
  // Sets are a power of two.
  Cache(std::size_t sets, std::size_t ways) : ways_(ways), mask_(sets - 1), slots_(sets * ways, kEmpty) {}

  // A use of the line: whether it is there; it becomes the most recently used, and dirty if asked.
  bool touch(Line line, bool dirty) {
    Slot* set = set_of(line);
    if (set[0] >> 1 == line) {
      set[0] |= dirty;
      return true;
    }
    for (std::size_t way = 1; way < ways_; ++way) {
      if (set[way] >> 1 != line) continue;
      const Slot found = set[way] | Slot{dirty};
      std::copy_backward(set, set + way, set + way + 1);
      set[0] = found;
      return true;
    }
    return false;
  }

  // Makes the line dirty if it is there, which is no use of it.
  bool mark_dirty(Line line) {
    Slot* slot = find(line);
    if (slot == nullptr) return false;
    *slot |= 1;
    return true;
  }

  bool contains(Line line) { return find(line) != nullptr; }

  // Puts in a line that is not there, as the most recently used.
  std::optional<Eviction> insert(Line line, bool dirty) {
    Slot* set = set_of(line);
    const Slot last = set[ways_ - 1];
    std::copy_backward(set, set + ways_ - 1, set + ways_);
    set[0] = line << 1 | Slot{dirty};
    if (last == kEmpty) return std::nullopt;
    return Eviction{last >> 1, (last & 1) != 0};
  }

  // Throws the line out if it is there; returns whether it was dirty.
  bool invalidate(Line line) {
    Slot* slot = find(line);
    if (slot == nullptr) return false;
    const bool dirty = (*slot & 1) != 0;
    Slot* end = set_of(line) + ways_;
    std::copy(slot + 1, end, slot);
    end[-1] = kEmpty;
    return dirty;
  }

 private:
  // The line, and in the lowest bit whether it is dirty. A set's slots go from the most to the
  // least recently used.
  using Slot = std::uint64_t;
  static constexpr Slot kEmpty = ~Slot{0};

  Slot* set_of(Line line) { return slots_.data() + (line & mask_) * ways_; }

  Slot* find(Line line) {
    Slot* set = set_of(line);
    Slot* found = std::find_if(set, set + ways_, [&](Slot slot) { return slot >> 1 == line; });
    return found == set + ways_ ? nullptr : found;
  }

  std::size_t ways_;
  Line mask_;
  std::vector<Slot> slots_;
};

}  // namespace archgym::recorder
