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

enum class Lookup { kMiss, kHit, kFirstUse };  // kFirstUse: a hit that a prefetch was for

class Cache {
 public:
  // Sets are a power of two.
  Cache(std::size_t sets, std::size_t ways)
      : ways_(ways), mask_(sets - 1), slots_(sets * ways, kEmpty) {}

  // A use of the line: whether it is there; it becomes the most recently used, and dirty if asked.
  Lookup touch(Line line, bool dirty) {
    Slot* set = set_of(line);
    std::size_t way = 0;
    if (line_of(set[0]) != line) {
      do {
        if (++way == ways_) return Lookup::kMiss;
      } while (line_of(set[way]) != line);
    }
    const Slot found = set[way];
    std::copy_backward(set, set + way, set + way + 1);
    set[0] = (found & ~kPrefetched) | Slot{dirty};
    return (found & kPrefetched) != 0 ? Lookup::kFirstUse : Lookup::kHit;
  }

  // Makes the line dirty, if asked, where it is there, which is no use of it.
  bool mark(Line line, bool dirty) {
    Slot* slot = find(line);
    if (slot == nullptr) return false;
    *slot |= Slot{dirty};
    return true;
  }

  bool contains(Line line) { return find(line) != nullptr; }

  // Puts in a line that is not there, as the most recently used.
  std::optional<Eviction> insert(Line line, bool dirty, bool prefetched = false) {
    Slot* set = set_of(line);
    const Slot last = set[ways_ - 1];
    std::copy_backward(set, set + ways_ - 1, set + ways_);
    set[0] = line << 2 | (prefetched ? kPrefetched : 0) | Slot{dirty};
    if (last == kEmpty) return std::nullopt;
    return Eviction{line_of(last), (last & kDirty) != 0};
  }

  // Throws the line out if it is there; returns whether it was dirty.
  bool invalidate(Line line) {
    Slot* slot = find(line);
    if (slot == nullptr) return false;
    const bool dirty = (*slot & kDirty) != 0;
    Slot* end = set_of(line) + ways_;
    std::copy(slot + 1, end, slot);
    end[-1] = kEmpty;
    return dirty;
  }

 private:
  // The line, which leaves two bits free as lines have 16 bytes or more, and in those whether it
  // was prefetched and not used yet, and whether it is dirty. A set's slots go from the most to the
  // least recently used.
  using Slot = std::uint64_t;
  static constexpr Slot kDirty = 1;
  static constexpr Slot kPrefetched = 2;
  static constexpr Slot kEmpty = ~Slot{0};

  static Line line_of(Slot slot) { return slot >> 2; }
  Slot* set_of(Line line) { return slots_.data() + (line & mask_) * ways_; }

  Slot* find(Line line) {
    Slot* set = set_of(line);
    Slot* found = std::find_if(set, set + ways_, [&](Slot slot) { return line_of(slot) == line; });
    return found == set + ways_ ? nullptr : found;
  }

  std::size_t ways_;
  Line mask_;
  std::vector<Slot> slots_;
};

}  // namespace archgym::recorder
