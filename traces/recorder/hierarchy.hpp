// Caches between a core and its memory: what is left of its accesses are line fills and write-backs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "cache.hpp"

namespace archgym::recorder {

struct Shape {
  std::size_t sets;
  std::size_t ways;
};

// Accesses of the core that came to a cache, those that it could not serve at once, and the lines
// that it fetched for them: an access may lie on several.
struct Counts {
  std::uint64_t accesses = 0;
  std::uint64_t misses = 0;
  std::uint64_t fills = 0;
};

// First-level caches of instructions and data before one or two levels that hold both. All are
// write-back and write-allocate. `emit(line, is_write)` takes the requests to memory, in order.
//
// A victim that is dirty is written to the next level: it is made dirty there if it is there, which
// is no use of it, and is put in otherwise, unread since all of it is known. Where caches are
// inclusive, what leaves one leaves those before it. The prefetcher fetches the line after each one
// that the last level is asked for, into that level alone and within a page.
template <class Emit>
class Hierarchy {
 public:
  static constexpr std::size_t kInstruction = 0;
  static constexpr std::size_t kData = 1;
  static constexpr std::size_t kFirstShared = 2;

  Hierarchy(Shape first, std::optional<Shape> second, Shape last, bool inclusive, bool prefetch,
            Line lines_per_page, Emit emit)
      : inclusive_(inclusive), prefetch_(prefetch), page_mask_(lines_per_page - 1), emit_(emit) {
    caches_.emplace_back(first.sets, first.ways);
    caches_.emplace_back(first.sets, first.ways);
    if (second) caches_.emplace_back(second->sets, second->ways);
    caches_.emplace_back(last.sets, last.ways);
    counts_.resize(caches_.size());
  }

  // A line of an access of the core: `first` is kInstruction or kData.
  void touch(std::size_t first, Line line, bool store) {
    if (caches_[first].touch(line, store)) return;
    miss(first);
    const bool asked_last = fill(kFirstShared, line);
    put(first, kFirstShared, line, store);
    if (prefetch_ && asked_last) prefetch(line + 1);
  }

  // The end of an access, all of whose lines have been touched.
  void end_access(std::size_t first) {
    ++counts_[first].accesses;
    if (missed_ == 0) return;
    for (std::size_t cache = 0; cache < caches_.size(); ++cache) {
      counts_[cache].accesses += asked_ >> cache & 1;
      counts_[cache].misses += missed_ >> cache & 1;
    }
    asked_ = missed_ = 0;
  }

  // Instructions, data, then each further level.
  const std::vector<Counts>& counts() const { return counts_; }
  void reset_counts() { counts_.assign(counts_.size(), {}); }

 private:
  // Reads a line from a level on behalf of the one before it; says whether the last was asked.
  bool fill(std::size_t level, Line line) {
    if (level == caches_.size()) {
      emit_(line, false);
      return true;
    }
    asked_ |= 1u << level;
    if (caches_[level].touch(line, false)) return level + 1 == caches_.size();
    miss(level);
    const bool asked_last = fill(level + 1, line);
    put(level, level + 1, line, false);
    return asked_last;
  }

  void miss(std::size_t cache) {
    missed_ |= 1u << cache;
    ++counts_[cache].fills;
  }

  // Puts a line in a cache, and its victim in the next level.
  void put(std::size_t cache, std::size_t next, Line line, bool dirty) {
    const std::optional<Eviction> victim = caches_[cache].insert(line, dirty);
    if (!victim) return;
    bool write = victim->dirty;
    if (inclusive_ && cache >= kFirstShared)
      for (std::size_t before = 0; before < cache; ++before)
        write |= caches_[before].invalidate(victim->line);
    if (write) write_back(next, victim->line);
  }

  void write_back(std::size_t level, Line line) {
    if (level == caches_.size()) return emit_(line, true);
    if (!caches_[level].mark_dirty(line)) put(level, level + 1, line, true);
  }

  void prefetch(Line line) {
    if ((line & page_mask_) == 0 || caches_.back().contains(line)) return;
    emit_(line, false);
    put(caches_.size() - 1, caches_.size(), line, false);
  }

  bool inclusive_;
  bool prefetch_;
  Line page_mask_;
  Emit emit_;
  std::vector<Cache> caches_;
  std::vector<Counts> counts_;
  // Of the access under way: a bit for each level asked after the first, and for each miss.
  unsigned asked_ = 0;
  unsigned missed_ = 0;
};

}  // namespace archgym::recorder
