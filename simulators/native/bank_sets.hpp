// What the banks of a channel are doing, a bit each.
#pragma once

#include <cstdint>

namespace archgym {

struct BankSets {
  static constexpr std::uint64_t bit(int bank) { return std::uint64_t{1} << bank; }

  std::uint64_t open = 0;      // with an open row
  std::uint64_t held = 0;      // with a row open for a request not served yet
  std::uint64_t occupied = 0;  // that have settled on a request
  std::uint64_t blocked = 0;   // that wait for a forced refresh
  std::uint64_t asleep = 0;    // of ranks that are powered down

  // See repetition.hpp.
  template <class Visitor>
  void show(Visitor& visitor) {
    for (std::uint64_t banks : {open, held, occupied, blocked, asleep})
      visitor.state(static_cast<std::int64_t>(banks));
  }
};

}  // namespace archgym
