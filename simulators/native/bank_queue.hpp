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

// One queue a bank, or one a bank and direction: `kPerBank` is 1 or 2. Queues of the same bank are
// numbered one after the other. Capacity grows as it is needed.
template <int kPerBank>
class BankQueues {
 public:
  explicit BankQueues(int banks) : queues_(kPerBank * banks) {
    open_row_.fill(kClosed);
    set_capacity(2 * kBlock);
  }

  static int queue(int bank, bool write) { return kPerBank == 1 ? bank : 2 * bank + write; }

  std::uint32_t size(int queue) const { return state_[queue].size; }
  std::uint32_t hits(int queue) const { return state_[queue].hits; }
  // The oldest hit; there must be one.
  std::uint32_t first_hit(int queue) const { return state_[queue].first_hit; }

  bool is_open(int bank) const { return open_row_[bank] != kClosed; }
  std::int32_t request(int queue, std::uint32_t position) const {
    return requests_[queue * stride_ + position];
  }
  bool is_hit(int queue, std::uint32_t position) const {
    return rows_[queue * stride_ + position] == open_row_[queue / kPerBank];
  }

  // The oldest hit at or after `position`; there must be one.
  std::uint32_t next_hit(int queue, std::uint32_t position) const {
    const std::uint32_t* rows = &rows_[queue * stride_];
    const std::uint32_t row = open_row_[queue / kPerBank];
    std::uint32_t found = equal_rows(rows + position, row);
    while (found == 0) found = equal_rows(rows + (position += kBlock), row);
    return position + std::countr_zero(found);
  }

  void push(int queue, std::int32_t request, std::uint32_t row) {
    if (state_[queue].size == capacity_) set_capacity(2 * capacity_);
    State& state = state_[queue];
    const std::size_t slot = queue * stride_ + state.size;
    rows_[slot] = row;
    requests_[slot] = request;
    const bool hit = row == open_row_[queue / kPerBank];
    if (state.hits == 0) state.first_hit = state.size;
    state.hits += hit;
    ++state.size;
  }

  void erase_hit(int queue, std::uint32_t position) {
    State& state = state_[queue];
    std::uint32_t* rows = &rows_[queue * stride_];
    std::int32_t* requests = &requests_[queue * stride_];
    // A block at a time, and so up to a block beyond the end.
    for (std::uint32_t i = position; i < state.size; i += kBlock) {
      std::memmove(rows + i, rows + i + 1, 4 * kBlock);
      std::memmove(requests + i, requests + i + 1, 4 * kBlock);
    }
    --state.size;
    --state.hits;
    if (state.hits > 0 && position == state.first_hit) state.first_hit = next_hit(queue, position);
  }

  void open(int bank, std::uint32_t row) {
    open_row_[bank] = row;
    for (int queue = kPerBank * bank; queue < kPerBank * (bank + 1); ++queue) count_hits(queue, row);
  }

  void close(int bank) {
    open_row_[bank] = kClosed;
    for (int queue = kPerBank * bank; queue < kPerBank * (bank + 1); ++queue)
      state_[queue].hits = 0;
  }

 private:
  static constexpr std::uint32_t kClosed = ~std::uint32_t{0};  // no row has this number

  struct State {
    std::uint32_t size = 0, hits = 0, first_hit = 0;
  };

  void count_hits(int queue, std::uint32_t row) {
    State& state = state_[queue];
    state.hits = 0;
    for (std::uint32_t i = state.size; i > 0;) {
      const std::uint32_t block = (i - 1) & ~(kBlock - 1u);
      const std::uint32_t valid = ~0u >> (32 - (i - block));
      const std::uint32_t found = equal_rows(&rows_[queue * stride_ + block], row) & valid;
      state.hits += std::popcount(found);
      if (found != 0) state.first_hit = block + std::countr_zero(found);
      i = block;
    }
  }

  void set_capacity(std::uint32_t capacity) {
    // Room for whole blocks to be moved and compared at the end of a queue.
    const std::size_t stride = capacity + 2 * kBlock;
    std::vector<std::uint32_t> rows(queues_ * stride);
    std::vector<std::int32_t> requests(queues_ * stride);
    for (int queue = 0; queue < queues_; ++queue) {
      std::copy_n(rows_.data() + queue * stride_, state_[queue].size, &rows[queue * stride]);
      std::copy_n(requests_.data() + queue * stride_, state_[queue].size,
                  &requests[queue * stride]);
    }
    rows_ = std::move(rows);
    requests_ = std::move(requests);
    capacity_ = capacity;
    stride_ = stride;
  }

  int queues_;
  std::uint32_t capacity_ = 0;
  std::size_t stride_ = 0;
  std::vector<std::uint32_t> rows_;     // [queue][position]
  std::vector<std::int32_t> requests_;  // likewise
  std::array<State, kPerBank * kMaxBanks> state_{};
  std::array<std::uint32_t, kMaxBanks> open_row_;
};

}  // namespace archgym
