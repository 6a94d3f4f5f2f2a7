// The least of many times, of which few change at once.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "refresh_manager.hpp"

namespace archgym {

// A tree in which the lesser of two times goes on to the next round.
class Tournament {
 public:
  explicit Tournament(std::size_t players)
      : first_(std::bit_ceil(players)), times_(2 * first_, kNever) {}

  std::int64_t least() const { return times_[1]; }

  void set(std::size_t player, std::int64_t time) {
    std::size_t place = first_ + player;
    times_[place] = time;
    while (place /= 2) times_[place] = std::min(times_[2 * place], times_[2 * place + 1]);
  }

  // Calls `visit`, which may set its time, for each player whose time has come by `now`, in order
  // of their numbers.
  template <class Visit>
  void visit_until(std::int64_t now, Visit&& visit, std::size_t place = 1) {
    if (times_[place] > now) return;
    if (place >= first_) return visit(place - first_);
    visit_until(now, visit, 2 * place);
    visit_until(now, visit, 2 * place + 1);
  }

 private:
  std::size_t first_;  // place of the first player
  std::vector<std::int64_t> times_;
};

}  // namespace archgym
