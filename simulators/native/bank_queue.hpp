// The requests waiting for each bank, oldest first, and which of them hit the open row.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "lanes.hpp"

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace archgym {

// Which of the kBlock rows from `rows` on equal `row`, as bits.
inline std::uint32_t equal_rows(const std::uint32_t* rows, std::uint32_t row) {
#ifdef __AVX2__
  const __m256i block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows));
  const __m256i equal = _mm256_cmpeq_epi32(block, _mm256_set1_epi32(static_cast<int>(row)));
  return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(equal)));
#else
  std::uint32_t bits = 0;
  for (int i = 0; i < kBlock; ++i) bits |= static_cast<std::uint32_t>(rows[i] == row) << i;
  return bits;
#endif
}

// One queue per bank, or one per bank and direction: `kPerBank` is 1 or 2. Queues of a bank are
// numbered one after the other. Positions count from the oldest request; capacity grows as needed.
// Hits are only looked for if `kFindsHits`; without, requests leave in the order they came.
template <int kPerBank, bool kFindsHits>
class BankQueues {
 public:
  explicit BankQueues(int banks) : states_(kPerBank * banks) {
    open_row_.fill(kClosed);
    set_capacity(2 * kBlock);
  }

  static int queue(int bank, bool write) { return kPerBank == 1 ? bank : 2 * bank + write; }

  std::uint32_t size(int queue) const { return states_[queue].size; }
  std::uint32_t hits(int queue) const { return states_[queue].hits; }
  // The oldest hit or, without one, the oldest request.
  std::uint32_t first_hit(int queue) const { return states_[queue].first_hit; }

  std::int32_t request(int queue, std::uint32_t position) const {
    return requests_[states_[queue].begin + position];
  }
  bool is_hit(int queue, std::uint32_t position) const {
    return rows_[states_[queue].begin + position] == open_row_[queue / kPerBank];
  }

  // The oldest hit at or after `position`; there must be one.
  std::uint32_t next_hit(int queue, std::uint32_t position) const {
    const std::uint32_t* rows = &rows_[states_[queue].begin];
    const std::uint32_t row = open_row_[queue / kPerBank];
    std::uint32_t found = equal_rows(rows + position, row);
    while (found == 0) found = equal_rows(rows + (position += kBlock), row);
    return position + std::countr_zero(found);
  }

  // Returns whether the request is its queue's first, or its first hit.
  [[gnu::always_inline]] bool push(int queue, std::int32_t request, std::uint32_t row) {
    if (states_[queue].begin + states_[queue].size == states_[queue].limit) [[unlikely]]
      make_room(queue);
    State& state = states_[queue];
    const std::uint32_t position = state.size++;
    rows_[state.begin + position] = row;
    requests_[state.begin + position] = request;
    if constexpr (!kFindsHits) return position == 0;
    const bool is_hit = row == open_row_[queue / kPerBank];
    const bool is_first_hit = is_hit & (state.hits == 0);
    // Without a branch, which could not be foreseen.
    state.first_hit += is_first_hit * position;
    state.hits += is_hit;
    return is_first_hit | (position == 0);
  }

  [[gnu::always_inline]] void erase_hit(int queue, std::uint32_t position) {
    State& state = states_[queue];
    ++state.begin;
    --state.size;
    if constexpr (!kFindsHits) return;
    // Those before it, mostly none or few, move up by one, one block at a time: the first block
    // without asking, as what lies before the queue does no harm.
    std::uint32_t block = state.begin + position - 1 - kBlock;
    for (std::uint32_t moved = 0; moved <= position; moved += kBlock, block -= kBlock) {
      move_block_up(&rows_[block]);
      move_block_up(&requests_[block]);
    }
    --state.hits;
    if (position != state.first_hit) return;
    // Without a branch on what is found, which could not be foreseen.
    const std::uint32_t row = open_row_[queue / kPerBank];
    const std::uint32_t found = equal_rows(&rows_[state.begin + position], row);
    const std::uint32_t next = position + std::countr_zero(found | 1u << kBlock);
    state.first_hit = state.hits > 0 ? next : 0;
    if (found == 0 && state.hits > 0) [[unlikely]]
      state.first_hit = next_hit(queue, next);
  }

  void open(int bank, std::uint32_t row) {
    open_row_[bank] = row;
    if constexpr (!kFindsHits) return;
    for (int queue = kPerBank * bank; queue < kPerBank * (bank + 1); ++queue)
      count_hits(queue, row);
  }

  void close(int bank) {
    open_row_[bank] = kClosed;
    for (int queue = kPerBank * bank; queue < kPerBank * (bank + 1); ++queue)
      states_[queue].hits = states_[queue].first_hit = 0;
  }

 private:
  static constexpr std::uint32_t kClosed = ~std::uint32_t{0};  // no row has this number

  struct State {
    std::uint32_t begin = 0, size = 0;      // slots of `rows_` and `requests_`
    std::uint32_t limit = 0;                // the end of its slots
    std::uint32_t hits = 0, first_hit = 0;  // 0 if there is none
  };

  // Moves kBlock values from `values` on up by one.
  template <class T>
  static void move_block_up(T* values) {
    Block block;
    static_assert(sizeof block == kBlock * sizeof(T));
    std::memcpy(&block, values, sizeof block);
    std::memcpy(values + 1, &block, sizeof block);
  }

  void count_hits(int queue, std::uint32_t row) {
    State& state = states_[queue];
    state.hits = state.first_hit = 0;
    for (std::uint32_t end = state.size; end > 0;) {
      const std::uint32_t block = (end - 1) & ~(kBlock - 1);
      const std::uint32_t valid = ~0u >> (32 - (end - block));
      const std::uint32_t found = equal_rows(&rows_[state.begin + block], row) & valid;
      state.hits += std::popcount(found);
      const std::uint32_t first = block + std::countr_zero(found | 1u << kBlock);
      state.first_hit = found != 0 ? first : state.first_hit;
      end = block;
    }
  }

  // At the end of its slots a queue goes back to their beginning, or all get twice as many.
  void make_room(int queue) {
    State& state = states_[queue];
    if (2 * state.size > capacity_) return set_capacity(2 * capacity_);
    const std::uint32_t begin = state.limit - capacity_;
    std::copy_n(&rows_[state.begin], state.size, &rows_[begin]);
    std::copy_n(&requests_[state.begin], state.size, &requests_[begin]);
    state.begin = begin;
  }

  void set_capacity(std::uint32_t capacity) {
    // A block before and after each queue, as whole blocks are moved and compared.
    const std::uint32_t stride = capacity + 2 * kBlock;
    std::vector<std::uint32_t> rows(states_.size() * stride);
    std::vector<std::int32_t> requests(states_.size() * stride);
    for (std::size_t queue = 0; queue < states_.size(); ++queue) {
      State& state = states_[queue];
      const auto begin = static_cast<std::uint32_t>(queue * stride + kBlock);
      std::copy_n(rows_.data() + state.begin, state.size, &rows[begin]);
      std::copy_n(requests_.data() + state.begin, state.size, &requests[begin]);
      state.begin = begin;
      state.limit = begin + capacity;
    }
    rows_ = std::move(rows);
    requests_ = std::move(requests);
    capacity_ = capacity;
  }

  std::uint32_t capacity_ = 0;          // slots of each queue
  std::vector<std::uint32_t> rows_;     // by slot
  std::vector<std::int32_t> requests_;  // likewise
  std::vector<State> states_;
  std::array<std::uint32_t, kMaxBanks> open_row_;
};

}  // namespace archgym
