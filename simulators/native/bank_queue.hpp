// The requests waiting for each bank, oldest first, and how many hit the open row.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "lanes.hpp"

namespace archgym {

// One queue a bank, or one a bank and direction: `kPerBank` is 1 or 2. Queues of the same bank are
// numbered one after the other.
template <int kPerBank>
class BankQueues {
 public:
  BankQueues(int banks, std::size_t capacity)
      : capacity_(capacity),
        rows_(kPerBank * banks * capacity),
        requests_(kPerBank * banks * capacity) {}

  static int queue(int bank, bool write) { return kPerBank == 1 ? bank : 2 * bank + write; }

  std::uint32_t size(int queue) const { return sizes_[queue]; }
  std::uint32_t hits(int queue) const { return hits_[queue]; }
  bool is_open(int bank) const { return open_[bank]; }
  std::int32_t request(int queue, std::uint32_t position) const {
    return requests_[queue * capacity_ + position];
  }
  bool is_hit(int queue, std::uint32_t position) const {
    const int bank = queue / kPerBank;
    return open_[bank] && rows_[queue * capacity_ + position] == open_row_[bank];
  }

  // The oldest request at or after `position` that hits the open row; there must be one.
  std::uint32_t next_hit(int queue, std::uint32_t position) const {
    const std::uint32_t* rows = &rows_[queue * capacity_];
    while (rows[position] != open_row_[queue / kPerBank]) ++position;
    return position;
  }

  void push(int queue, std::int32_t request, std::uint32_t row) {
    const int bank = queue / kPerBank;
    const std::size_t slot = queue * capacity_ + sizes_[queue]++;
    rows_[slot] = row;
    requests_[slot] = request;
    hits_[queue] += open_[bank] && row == open_row_[bank];
  }

  void erase_hit(int queue, std::uint32_t position) {
    const auto shift = [&](auto& values) {
      auto* first = &values[queue * capacity_];
      std::copy(first + position + 1, first + sizes_[queue], first + position);
    };
    shift(rows_);
    shift(requests_);
    --sizes_[queue];
    --hits_[queue];
  }

  void open(int bank, std::uint32_t row) {
    open_[bank] = true;
    open_row_[bank] = row;
    for (int queue = kPerBank * bank; queue < kPerBank * (bank + 1); ++queue) {
      const std::uint32_t* rows = &rows_[queue * capacity_];
      hits_[queue] = static_cast<std::uint32_t>(std::count(rows, rows + sizes_[queue], row));
    }
  }

  void close(int bank) {
    open_[bank] = false;
    for (int queue = kPerBank * bank; queue < kPerBank * (bank + 1); ++queue) hits_[queue] = 0;
  }

 private:
  std::size_t capacity_;
  std::vector<std::uint32_t> rows_;     // [queue][position]
  std::vector<std::int32_t> requests_;  // likewise
  std::array<std::uint32_t, kPerBank * kMaxBanks> sizes_{}, hits_{};
  std::array<std::uint32_t, kMaxBanks> open_row_{};
  std::array<bool, kMaxBanks> open_{};
};

}  // namespace archgym
