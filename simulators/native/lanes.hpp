// Vectors with one value a bank, and what the inner loop computes over them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace archgym {

// The most banks and ranks of a channel. The inner loop is compiled for fewer banks too: `kLanes`.
inline constexpr int kMaxBanks = 32;
inline constexpr int kMaxRanks = 4;

template <int kLanes>
using Lanes = std::array<std::int32_t, kLanes>;

// Written lane by lane and without a branch, so that compilers turn them into vector instructions.

template <std::size_t kLanes>
std::int32_t least(const std::array<std::int32_t, kLanes>& values) {
  std::int32_t result = values[0];
  for (std::size_t lane = 1; lane < kLanes; ++lane) result = std::min(result, values[lane]);
  return result;
}

// The least of `values`, which are positive, in the lanes whose key is at most `bound`; the greatest
// int32 if there is no such lane.
template <std::size_t kLanes>
std::int32_t least_where(const std::array<std::int32_t, kLanes>& values,
                         const std::array<std::int32_t, kLanes>& keys, std::int32_t bound) {
  constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::max();
  std::int32_t result = kNone;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::int32_t excluded = -static_cast<std::int32_t>(keys[lane] > bound);
    result = std::min(result, values[lane] | (excluded & kNone));
  }
  return result;
}

}  // namespace archgym
