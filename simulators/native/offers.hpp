// What each bank wants to issue next: which kind of command, for whom, and from when it can.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "lanes.hpp"

namespace archgym {

template <int kLanes>
class Offers {
 public:
  static constexpr std::int32_t kNobody = std::numeric_limits<std::int32_t>::max();

  struct First {
    std::int32_t ready;
    std::int32_t order;  // kNobody if no bank wants anything
  };

  // `kind`: a number for what delays it; `order`: the lowest goes first; `ready`: the earliest cycle.
  [[gnu::always_inline]] void make(unsigned bank, int kind, std::int32_t order,
                                   std::int32_t ready) {
    Part& part = parts_[bank / kBlock];
    const Block mask = kIota == static_cast<std::int32_t>(bank % kBlock);
    part.kind = mask ? Block{} + kind : part.kind;
    part.order = mask ? Block{} + order : part.order;
    part.ready = mask ? Block{} + ready : part.ready;
  }
  void withdraw(unsigned bank) { make(bank, -1, kNobody, kNobody); }

  std::int32_t order(unsigned bank) const { return parts_[bank / kBlock].order[bank % kBlock]; }
  std::int32_t ready(unsigned bank) const { return parts_[bank / kBlock].ready[bank % kBlock]; }

  // Offers of `kind` in the banks of block `i` are not ready before `bound`.
  void delay(int i, int kind, Block bound) {
    Part& part = parts_[i];
    part.ready = greater(part.ready, part.kind == kind ? bound : Block{} + kLongAgo);
  }

  // The first in order among those that are ready soonest; what is ready before `floor` counts as
  // ready then.
  [[gnu::always_inline]] First first(std::int32_t floor) const {
    Keys least = keys(parts_[0], floor);
    for (int i = 1; i < kParts; ++i) least = lesser(least, keys(parts_[i], floor));
    least = lesser(least, Keys{least[2], least[3], least[0], least[1]});
    const std::int64_t key = std::min(least[0], least[1]);
    return {static_cast<std::int32_t>(key >> 32), static_cast<std::int32_t>(key)};
  }

  // Moves every cycle but that of withdrawn offers.
  template <class Move>
  void rebase(Move&& moved) {
    for (Part& part : parts_)
      for (unsigned lane = 0; lane < kBlock; ++lane)
        if (part.order[lane] != kNobody) part.ready[lane] = moved(part.ready[lane]);
  }

 private:
  static constexpr int kParts = kLanes / kBlock;
  static constexpr std::int32_t kLongAgo = std::numeric_limits<std::int32_t>::min();
  static constexpr Block kIota = {0, 1, 2, 3, 4, 5, 6, 7};

  struct Part {
    Block kind = Block{} - 1;
    Block order = Block{} + kNobody;
    Block ready = Block{} + kNobody;
  };
  // Cycle and order in one number, so that one minimum finds both.
  using Keys = std::int64_t __attribute__((vector_size(4 * kBlock)));

  static Keys lesser(Keys a, Keys b) { return a < b ? a : b; }

  // The lesser key of each lane of the lower and of the upper half.
  static Keys keys(const Part& part, std::int32_t floor) {
    const Block ready = greater(part.ready, Block{} + floor);
    return lesser(reinterpret_cast<Keys>(shuffled<0, 8, 1, 9, 4, 12, 5, 13>(part.order, ready)),
                  reinterpret_cast<Keys>(shuffled<2, 10, 3, 11, 6, 14, 7, 15>(part.order, ready)));
  }

  std::array<Part, kParts> parts_;
};

}  // namespace archgym
