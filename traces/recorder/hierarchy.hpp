// Caches between a core and its memory: what is left of its accesses are line fills and
// write-backs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "cache.hpp"
#include "prefetcher.hpp"

namespace archgym::recorder {

struct Shape {
  std::size_t sets;
  std::size_t ways;
};

// What later levels hold of the lines in those before them: perhaps some, all or none.
enum class Inclusion { kNonInclusive, kInclusive, kExclusive };

// Of a cache.
struct Counts {
  std::uint64_t accesses = 0;     // of the core that came to it
  std::uint64_t misses = 0;       // those that it could not serve at once
  std::uint64_t fills = 0;        // lines that it fetched for them: an access may lie on several
  std::uint64_t write_backs = 0;  // lines that it wrote to the next level, or to memory
  std::uint64_t prefetches = 0;   // lines that it fetched unasked
  std::uint64_t useful_prefetches = 0;  // those that were asked for before they left
};

// First-level caches, each for accesses of its own, before any number of levels that they share.
// All are write-back and write-allocate. `emit(line, is_write)` takes the requests to memory, in
// order.
//
// A victim that is dirty is written to the next level: it is made dirty there if it is there, which
// is no use of it, and is put in otherwise, unread since all of it is known. Where caches are
// inclusive, what leaves one leaves those before it. Where they are exclusive, which takes a single
// first-level cache, a line goes from where it is found, or from memory, straight to the first
// level, and clean victims too go to the next level. The prefetcher sees what the last level is
// asked for, and fetches into that level alone.
template <class Emit>
class Hierarchy {
 public:
  Hierarchy(const std::vector<Shape>& first, const std::vector<Shape>& shared, Inclusion inclusion,
            Prefetcher prefetcher, Emit emit)
      : inclusion_(inclusion), first_shared_(first.size()), prefetcher_(prefetcher), emit_(emit) {
    for (const std::vector<Shape>& shapes : {first, shared})
      for (const Shape& shape : shapes) caches_.emplace_back(shape.sets, shape.ways);
    counts_.resize(caches_.size());
  }

  // A line of an access of the core to a cache of the first level.
  void touch(std::size_t first, Line line, bool store) {
    bool asked_last = first + 1 == caches_.size();
    if (!use(first, line, store)) {
      const Source source = fill(first_shared_, line);
      put(first, first_shared_, line, store || source.dirty);
      asked_last |= source.asked_last;
    }
    if (asked_last) prefetcher_.observe(line, [this](Line guess) { prefetch(guess); });
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

  // Of the first-level caches, then of each further level.
  const std::vector<Counts>& counts() const { return counts_; }
  void reset_counts() { counts_.assign(counts_.size(), {}); }

 private:
  // Where a line came from: whether the last level was asked for it, and whether it comes dirty.
  struct Source {
    bool asked_last;
    bool dirty;
  };

  bool is_exclusive() const { return inclusion_ == Inclusion::kExclusive; }

  // Whether a cache has a line that it is asked for.
  bool use(std::size_t cache, Line line, bool store) {
    const Lookup lookup = caches_[cache].touch(line, store);
    counts_[cache].useful_prefetches += lookup == Lookup::kFirstUse;
    if (lookup != Lookup::kMiss) return true;
    missed_ |= 1u << cache;
    ++counts_[cache].fills;
    return false;
  }

  // Reads a line from a level on behalf of the one before it.
  Source fill(std::size_t level, Line line) {
    if (level == caches_.size()) {
      emit_(line, false);
      return {true, false};
    }
    asked_ |= 1u << level;
    if (use(level, line, false))
      return {level + 1 == caches_.size(), is_exclusive() && caches_[level].invalidate(line)};
    const Source source = fill(level + 1, line);
    if (!is_exclusive()) put(level, level + 1, line, false);
    return source;
  }

  // Puts a line in a cache, and its victim in the next level.
  void put(std::size_t cache, std::size_t next, Line line, bool dirty, bool prefetched = false) {
    const std::optional<Eviction> victim = caches_[cache].insert(line, dirty, prefetched);
    if (!victim) return;
    bool write = victim->dirty;
    if (inclusion_ == Inclusion::kInclusive && cache >= first_shared_)
      for (std::size_t before = 0; before < cache; ++before)
        write |= caches_[before].invalidate(victim->line);
    if (!write && !(is_exclusive() && next < caches_.size())) return;
    ++counts_[cache].write_backs;
    write_back(next, victim->line, write);
  }

  void write_back(std::size_t level, Line line, bool dirty) {
    if (level == caches_.size()) return emit_(line, true);
    if (!caches_[level].mark(line, dirty)) put(level, level + 1, line, dirty);
  }

  void prefetch(Line line) {
    const auto has_it = [line](Cache& cache) { return cache.contains(line); };
    const auto begin = is_exclusive() ? caches_.begin() : caches_.end() - 1;
    if (std::any_of(begin, caches_.end(), has_it)) return;
    emit_(line, false);
    ++counts_.back().prefetches;
    put(caches_.size() - 1, caches_.size(), line, false, true);
  }

  Inclusion inclusion_;
  std::size_t first_shared_;
  Prefetcher prefetcher_;
  Emit emit_;
  std::vector<Cache> caches_;
  std::vector<Counts> counts_;
  // Of the access under way: a bit for each level asked after the first, and for each miss.
  unsigned asked_ = 0;
  unsigned missed_ = 0;
};

}  // namespace archgym::recorder
