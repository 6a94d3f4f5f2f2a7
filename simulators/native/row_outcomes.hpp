// How accesses find their rows: open, closed, or with another row open in their bank.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "lanes.hpp"

namespace archgym {

struct RowOutcomes {
  std::int64_t hits = 0, misses = 0, conflicts = 0;

  RowOutcomes& operator+=(const RowOutcomes& other) {
    hits += other.hits;
    misses += other.misses;
    conflicts += other.conflicts;
    return *this;
  }
};

// Counts them by what each bank had to do since its last access.
class RowOutcomeCounter {
 public:
  void activated(int bank) { effort_[bank] = std::max(effort_[bank], Effort::Miss); }
  void precharged(int bank) { effort_[bank] = Effort::Conflict; }
  void accessed(int bank) {
    ++accesses_[static_cast<int>(effort_[bank])];
    effort_[bank] = Effort::Hit;
  }

  RowOutcomes outcomes() const { return {accesses_[0], accesses_[1], accesses_[2]}; }

 private:
  enum class Effort : std::uint8_t { Hit, Miss, Conflict };  // in rising order of cost

  std::array<Effort, kMaxBanks> effort_{};
  std::array<std::int64_t, 3> accesses_{};  // by effort
};

}  // namespace archgym
