// When a run is given up.
#pragma once

#include <cstdint>
#include <stdexcept>

namespace archgym {

// Requests wait, but no command can ever serve them.
struct Stuck : std::runtime_error {
  Stuck() : std::runtime_error("requests wait, but nothing can ever be issued for them") {}
};

// The run takes more simulated time than its numbers have room for.
struct TooLong : std::runtime_error {
  TooLong() : std::runtime_error("the run takes too much simulated time") {}
};

inline constexpr std::int64_t kLongestRunPs = 2'000'000'000'000'000'000;

// Managers go on even where their commands leave no room for any access.
class ProgressWatch {
 public:
  // So many accesses have been served by cycle `now`. Throws Stuck once requests have waited in
  // vain for too long.
  void look(std::int64_t now, std::int64_t served, bool is_waiting) {
    if (served != served_ || !was_waiting_) {
      served_ = served;
      since_ = now;
    } else if (now - since_ > kPatience) {
      throw Stuck();
    }
    was_waiting_ = is_waiting;
  }

  // While nothing waits; see repetition.hpp.
  template <class Visitor>
  void show(Visitor& visitor) {
    visitor.time(since_);
  }

 private:
  // Cycles without an access while requests wait: longer than any delays make of it.
  static constexpr std::int64_t kPatience = std::int64_t{1} << 28;

  std::int64_t served_ = 0, since_ = 0;  // at the last progress
  bool was_waiting_ = false;             // at the last look
};

}  // namespace archgym
