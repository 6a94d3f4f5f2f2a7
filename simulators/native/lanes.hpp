// Vectors with one value per bank, and what the inner loop computes over them.
#pragma once

#include <array>
#include <cstdint>

namespace archgym {

// The most banks and ranks of a channel. The inner loop is compiled for fewer banks too: `kLanes`.
inline constexpr int kMaxBanks = 64;
inline constexpr int kMaxRanks = 8;

// How many lanes the inner loop needs for so many banks.
constexpr int lanes_for(int banks) { return banks <= 16 ? 16 : kMaxBanks; }

// Eight lanes fill a vector register; the compiler makes two of it where registers are narrower.
inline constexpr unsigned kBlock = 8;
using Block = std::int32_t __attribute__((vector_size(4 * kBlock)));

inline Block greater(Block a, Block b) { return a > b ? a : b; }
inline Block lesser(Block a, Block b) { return a < b ? a : b; }

template <int... kFrom>
Block shuffled(Block a, Block b) {
#if __has_builtin(__builtin_shufflevector)
  return __builtin_shufflevector(a, b, kFrom...);
#else
  return __builtin_shuffle(a, b, Block{kFrom...});
#endif
}

template <int kLanes>
struct Lanes {
  static constexpr int kBlocks = kLanes / kBlock;
  std::array<Block, kBlocks> blocks;

  [[gnu::always_inline]] std::int32_t operator[](unsigned lane) const {
    return blocks[lane / kBlock][lane % kBlock];
  }

  void fill(std::int32_t value) { blocks.fill(Block{} + value); }

  void set(unsigned lane, std::int32_t value) { blocks[lane / kBlock][lane % kBlock] = value; }

  // Raises every lane to at least `base` + its lane of `delays`.
  template <int kWider>
  void raise(const Lanes<kWider>& delays, std::int32_t base) {
    for (int i = 0; i < kBlocks; ++i) blocks[i] = greater(blocks[i], delays.blocks[i] + base);
  }
};

}  // namespace archgym
