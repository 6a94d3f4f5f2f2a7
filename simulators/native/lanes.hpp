// Vectors with one value a bank, and what the inner loop computes over them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace archgym {

// The most banks and ranks of a channel. The inner loop is compiled for fewer banks too: `kLanes`.
inline constexpr int kMaxBanks = 64;
inline constexpr int kMaxRanks = 8;

// Loops over lanes have a fixed count and no branch, so that compilers turn them into vector
// instructions: eight lanes fill a register.
inline constexpr int kBlock = 8;

template <int kLanes>
struct alignas(4 * kBlock) Lanes {
  std::array<std::int32_t, kLanes> values;

  std::int32_t operator[](int lane) const { return values[lane]; }
  void fill(std::int32_t value) { values.fill(value); }

  // Writes the whole block that `lane` is in: the wide loads that follow would have to wait for a
  // narrow store.
  void set(int lane, std::int32_t value) {
    std::int32_t* block = &values[lane & ~(kBlock - 1)];
    for (int i = 0; i < kBlock; ++i) block[i] = i == (lane & (kBlock - 1)) ? value : block[i];
  }

  // Raises every lane to at least `base` + its lane of `delays`.
  template <int kWider>
  void raise(const Lanes<kWider>& delays, std::int32_t base) {
    for (int lane = 0; lane < kLanes; ++lane)
      values[lane] = std::max(values[lane], base + delays.values[lane]);
  }
};

template <int kLanes>
std::int32_t least(const Lanes<kLanes>& lanes) {
  std::int32_t result = lanes.values[0];
  for (std::int32_t value : lanes.values) result = std::min(result, value);
  return result;
}

// The least of `lanes`, which are positive, where the key is at most `bound`; the greatest int32 if
// there is no such lane.
template <int kLanes>
std::int32_t least_where(const Lanes<kLanes>& lanes, const Lanes<kLanes>& keys,
                         std::int32_t bound) {
  constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::max();
  std::int32_t result = kNone;
  for (int lane = 0; lane < kLanes; ++lane) {
    const std::int32_t excluded = -static_cast<std::int32_t>(keys.values[lane] > bound);
    result = std::min(result, lanes.values[lane] | (excluded & kNone));
  }
  return result;
}

}  // namespace archgym
