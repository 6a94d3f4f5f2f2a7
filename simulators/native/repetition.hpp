// Skips time in which something that nobody disturbs does the same over and over.
//
// What may repeat itself shows a visitor everything that decides what it does from now on, and
// everything that it has counted:
// - `time(cycle, forgotten)`: a cycle. It makes no difference which, once it is more than
//   `forgotten` cycles ago.
// - `state(value)`: anything else.
// - `count(total)`: what only adds up.
// Two moments at which all times, taken relative to the moment, and all states are equal begin the
// same again. So many whole periods are skipped by moving all times and by adding to every count
// what it has gained in one, as often: the result is that of every step, to the last bit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "refresh_manager.hpp"

namespace archgym {

// What a subject is like at a moment.
class Observation {
 public:
  explicit Observation(std::int64_t now) : now_(now) {}

  std::int64_t now() const { return now_; }
  bool is_decided() const { return false; }  // whether the rest need not be shown
  void time(std::int64_t cycle, std::int64_t forgotten = 0) {
    state(cycle == kNever ? kNever : std::max(cycle - now_, -forgotten));
  }
  void state(std::int64_t value) { states_.push_back(value); }
  void count(std::int64_t total) { counts_.push_back(total); }

  const std::vector<std::int64_t>& states() const { return states_; }
  const std::vector<std::int64_t>& counts() const { return counts_; }

 private:
  std::int64_t now_;
  std::vector<std::int64_t> states_, counts_;
};

// Whether it is the same at another moment.
class Comparison {
 public:
  Comparison(const Observation& earlier, std::int64_t now) : earlier_(earlier), now_(now) {}

  std::int64_t now() const { return now_; }
  bool is_decided() const { return !is_same_; }
  void time(std::int64_t cycle, std::int64_t forgotten = 0) {
    state(cycle == kNever ? kNever : std::max(cycle - now_, -forgotten));
  }
  void state(std::int64_t value) {
    is_same_ = is_same_ && next_ < earlier_.states().size() && earlier_.states()[next_] == value;
    ++next_;
  }
  void count(std::int64_t) {}

  bool is_same() const { return is_same_ && next_ == earlier_.states().size(); }

 private:
  const Observation& earlier_;
  std::int64_t now_;
  std::size_t next_ = 0;
  bool is_same_ = true;
};

// Moves a subject on, by as many periods as that since `earlier`.
class Skip {
 public:
  Skip(const Observation& earlier, std::int64_t now, std::int64_t periods)
      : earlier_(earlier), now_(now), periods_(periods) {}

  std::int64_t now() const { return now_; }
  bool is_decided() const { return false; }
  std::int64_t cycles() const { return periods_ * (now_ - earlier_.now()); }
  void time(std::int64_t& cycle, std::int64_t = 0) {
    if (cycle != kNever) cycle += cycles();
  }
  void state(std::int64_t) {}
  void count(std::int64_t& total) { total += periods_ * (total - earlier_.counts()[next_++]); }

 private:
  const Observation& earlier_;
  std::int64_t now_;
  std::int64_t periods_;
  std::size_t next_ = 0;
};

// Compares each moment with an earlier one, which is chosen again after twice as many (Brent, "An
// improved Monte Carlo factorization algorithm", BIT 1980): this finds any period soon.
class Repetition {
 public:
  // The subject has been disturbed.
  void forget() {
    looks_ = 0;
    has_repeated_ = false;
  }

  // Looks at a subject in cycle `now` which nobody disturbs before `until`: `show` shows it to a
  // visitor. Returns by how many cycles it has been moved on.
  template <class Show>
  std::int64_t skip(std::int64_t now, std::int64_t until, Show&& show) {
    if (looks_ > 0) {
      Comparison comparison(earlier_, now);
      show(comparison);
      if (comparison.is_same()) {
        // What had been forgotten may still have counted for something in the first period.
        if (!std::exchange(has_repeated_, true)) {
          observe(now, show);
          return 0;
        }
        Skip skip(earlier_, now, (until - 1 - now) / (now - earlier_.now()));
        if (skip.cycles() > 0) show(skip);
        forget();
        return skip.cycles();
      }
    }
    if (!has_repeated_ && (looks_ & (looks_ - 1)) == 0) observe(now, show);
    ++looks_;
    return 0;
  }

 private:
  template <class Show>
  void observe(std::int64_t now, Show& show) {
    earlier_ = Observation(now);
    show(earlier_);
  }

  std::int64_t looks_ = 0;
  bool has_repeated_ = false;
  Observation earlier_{0};
};

}  // namespace archgym
