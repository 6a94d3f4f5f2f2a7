// The requests waiting for each bank, oldest first, and how many hit the open row.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "system.hpp"

namespace archgym {

class BankQueues {
 public:
  BankQueues(int banks, std::size_t capacity)
      : capacity_(capacity), rows_(banks * capacity), requests_(banks * capacity) {}

  std::uint32_t size(int bank) const { return sizes_[bank]; }
  std::uint32_t hits(int bank) const { return hits_[bank]; }
  bool is_open(int bank) const { return open_[bank]; }
  std::int32_t request(int bank, std::uint32_t position) const {
    return requests_[bank * capacity_ + position];
  }
  bool is_hit(int bank, std::uint32_t position) const {
    return open_[bank] && rows_[bank * capacity_ + position] == open_row_[bank];
  }

  // The oldest request at or after `position` that hits the open row; there must be one.
  std::uint32_t next_hit(int bank, std::uint32_t position) const {
    const std::uint32_t* rows = &rows_[bank * capacity_];
    while (rows[position] != open_row_[bank]) ++position;
    return position;
  }

  void push(int bank, std::int32_t request, std::uint32_t row) {
    const std::size_t slot = bank * capacity_ + sizes_[bank]++;
    rows_[slot] = row;
    requests_[slot] = request;
    hits_[bank] += open_[bank] && row == open_row_[bank];
  }

  void erase_hit(int bank, std::uint32_t position) {
    const auto shift = [&](auto& values) {
      auto* queue = &values[bank * capacity_];
      std::copy(queue + position + 1, queue + sizes_[bank], queue + position);
    };
    shift(rows_);
    shift(requests_);
    --sizes_[bank];
    --hits_[bank];
  }

  void open(int bank, std::uint32_t row) {
    open_[bank] = true;
    open_row_[bank] = row;
    const std::uint32_t* rows = &rows_[bank * capacity_];
    hits_[bank] = static_cast<std::uint32_t>(std::count(rows, rows + sizes_[bank], row));
  }

  void close(int bank) {
    open_[bank] = false;
    hits_[bank] = 0;
  }

 private:
  std::size_t capacity_;
  std::vector<std::uint32_t> rows_;     // [bank][position]
  std::vector<std::int32_t> requests_;  // likewise
  std::array<std::uint32_t, kMaxBanks> sizes_{}, hits_{}, open_row_{};
  std::array<bool, kMaxBanks> open_{};
};

}  // namespace archgym
