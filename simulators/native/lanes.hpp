// Vectors with one value a bank, and what the inner loop computes over them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace archgym {

inline constexpr int kMaxBanks = 16;

using Lanes = std::array<std::int32_t, kMaxBanks>;

// Written lane by lane and without a branch, so that compilers turn them into vector instructions.

inline std::int32_t least(const Lanes& values) {
  std::int32_t result = values[0];
  for (int lane = 1; lane < kMaxBanks; ++lane) result = std::min(result, values[lane]);
  return result;
}

// The least of `values` in the lanes whose key is at most `bound`; `none` if there is no such lane.
inline std::int32_t least_where(const Lanes& values, const Lanes& keys, std::int32_t bound,
                                std::int32_t none) {
  Lanes eligible;
  for (int lane = 0; lane < kMaxBanks; ++lane) {
    const std::int32_t value = values[lane];
    eligible[lane] = keys[lane] <= bound ? value : none;
  }
  return least(eligible);
}

}  // namespace archgym
