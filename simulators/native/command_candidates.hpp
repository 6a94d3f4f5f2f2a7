// The command candidates: what each bank wants to issue next, for whom, and from when it can.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "lanes.hpp"

namespace archgym {

template <int kLanes>
class CommandCandidates {
 public:
  static constexpr std::int32_t kNobody = std::numeric_limits<std::int32_t>::max();

  struct CommandCandidate {
    std::int32_t ready;  // the earliest cycle
    std::int32_t order;  // the lowest goes first
  };
  static constexpr CommandCandidate kNone{kNobody, kNobody};

  // `kind`: a number for what delays it.
  [[gnu::always_inline]] void make(unsigned bank, int kind, CommandCandidate candidate) {
    const auto [ready, order] = candidate;
    Part& part = parts_[bank / kBlock];
    const Block mask = kIota == static_cast<std::int32_t>(bank % kBlock);
    part.kind = mask ? Block{} + kind : part.kind;
    part.order = mask ? Block{} + order : part.order;
    part.ready = mask ? Block{} + ready : part.ready;
  }
  void withdraw(unsigned bank) { make(bank, -1, kNone); }

  std::int32_t order(unsigned bank) const { return parts_[bank / kBlock].order[bank % kBlock]; }
  std::int32_t ready(unsigned bank) const { return parts_[bank / kBlock].ready[bank % kBlock]; }

  // CommandCandidates of `kind` in the banks of block `i` are not ready before `bound`.
  void delay(int i, int kind, Block bound) {
    Part& part = parts_[i];
    part.ready = greater(part.ready, part.kind == kind ? bound : Block{} + kLongAgo);
  }

  // The first in order among those that are ready soonest; what is ready before `floor` counts as
  // ready then.
  [[gnu::always_inline]] CommandCandidate first(std::int32_t floor) const {
    return candidate(least([&](const Part& part, int) { return ready_from(part, floor); }));
  }

  // The same of all banks but one, which need not wait until that bank has chosen its candidate.
  // Read before that is written: a read of what has just been written waits for it.
  [[gnu::always_inline]] CommandCandidate first_but(unsigned bank, std::int32_t floor) const {
    return candidate(least([&](const Part& part, int i) {
      const Block lanes = kIota + static_cast<std::int32_t>(kBlock) * i;
      const Block is_bank = lanes == static_cast<std::int32_t>(bank);
      return is_bank ? Block{} + kNobody : ready_from(part, floor);
    }));
  }

  // The first of two.
  static CommandCandidate first(CommandCandidate a, CommandCandidate b, std::int32_t floor) {
    return candidate(
        std::min(key(std::max(a.ready, floor), a.order), key(std::max(b.ready, floor), b.order)));
  }

  // Moves every cycle but that of withdrawn candidates.
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
  static Block ready_from(const Part& part, std::int32_t floor) {
    return greater(part.ready, Block{} + floor);
  }

  // Cycle and order in one number, so that one minimum finds both.
  using Keys = std::int64_t __attribute__((vector_size(4 * kBlock)));

  static Keys lesser(Keys a, Keys b) { return a < b ? a : b; }

  static std::int64_t key(std::int32_t ready, std::int32_t order) {
    return static_cast<std::int64_t>(ready) << 32 | static_cast<std::uint32_t>(order);
  }
  static CommandCandidate candidate(std::int64_t key) {
    return {static_cast<std::int32_t>(key >> 32), static_cast<std::int32_t>(key)};
  }

  // The least key of all banks; `ready` says from when on each bank of a part is.
  template <class Ready>
  [[gnu::always_inline]] std::int64_t least(Ready&& ready) const {
    Keys least = keys(parts_[0], ready(parts_[0], 0));
    for (int i = 1; i < kParts; ++i) least = lesser(least, keys(parts_[i], ready(parts_[i], i)));
    least = lesser(least, Keys{least[2], least[3], least[0], least[1]});
    return std::min(least[0], least[1]);
  }

  // The lesser key of each lane of the lower and of the upper half.
  static Keys keys(const Part& part, Block ready) {
    return lesser(reinterpret_cast<Keys>(shuffled<0, 8, 1, 9, 4, 12, 5, 13>(part.order, ready)),
                  reinterpret_cast<Keys>(shuffled<2, 10, 3, 11, 6, 14, 7, 15>(part.order, ready)));
  }

  std::array<Part, kParts> parts_;
};

}  // namespace archgym
