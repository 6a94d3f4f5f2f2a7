// Vectors with one value a bank, and what the inner loop computes over them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace archgym {

inline constexpr int kMaxBanks = 16;

using Lanes = std::array<std::int32_t, kMaxBanks>;

// Written lane by lane and without a branch, so that compilers turn them into vector instructions.

inline std::int32_t least(const Lanes& values) {
  std::int32_t result = values[0];
  for (int lane = 1; lane < kMaxBanks; ++lane) result = std::min(result, values[lane]);
  return result;
}

// The least of `values`, which are positive, in the lanes whose key is at most `bound`; the greatest
// int32 if there is no such lane.
inline std::int32_t least_where(const Lanes& values, const Lanes& keys, std::int32_t bound) {
  constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::max();
  std::int32_t result = kNone;
  for (int lane = 0; lane < kMaxBanks; ++lane) {
    const std::int32_t excluded = -static_cast<std::int32_t>(keys[lane] > bound);
    result = std::min(result, values[lane] | (excluded & kNone));
  }
  return result;
}

}  // namespace archgym
