// Whether the request buffer has room for one more request.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

#include "design.hpp"
#include "requests.hpp"
#include "system.hpp"

namespace archgym {

class Admission {
 public:
  explicit Admission(const Design& design) : design_(design) {}

  bool has_space() const {
    switch (design_.scheduler_buffer) {
      // Looks at the bank of the last request stored, not of the one at the door.
      case SchedulerBuffer::Bankwise: return per_bank_[last_bank_] < design_.request_buffer_size;
      // Space for either direction is required, whichever the one at the door needs.
      case SchedulerBuffer::ReadWrite:
        return reads() < design_.request_buffer_size_read &&
               writes() < design_.request_buffer_size_write;
      case SchedulerBuffer::Shared: return stored() < design_.request_buffer_size;
    }
    return false;
  }

  std::int64_t reads() const { return per_direction_[0]; }
  std::int64_t writes() const { return per_direction_[1]; }
  std::int64_t stored() const { return reads() + writes(); }

  std::int64_t stored(int first_bank, int last_bank) const {
    return std::accumulate(per_bank_.begin() + first_bank, per_bank_.begin() + last_bank,
                           std::int64_t{0});
  }

  void store(const Burst& burst) {
    last_bank_ = burst.bank;
    ++per_bank_[burst.bank];
    ++per_direction_[burst.write];
  }

  void remove(const Burst& burst) {
    --per_bank_[burst.bank];
    --per_direction_[burst.write];
  }

  // The most requests that can wait for one bank: Bankwise lets one more in before it blocks.
  static std::int64_t most_per_bank(const Design& design) {
    switch (design.scheduler_buffer) {
      case SchedulerBuffer::Bankwise: return design.request_buffer_size + 1;
      case SchedulerBuffer::ReadWrite:
        return design.request_buffer_size_read + design.request_buffer_size_write;
      case SchedulerBuffer::Shared: return design.request_buffer_size;
    }
    return 0;
  }

  // Hardware cost: request-buffer entries in the whole controller.
  static std::int64_t total_entries(const Design& design, int banks) {
    return design.scheduler_buffer == SchedulerBuffer::Bankwise
               ? design.request_buffer_size * banks
               : most_per_bank(design);
  }

 private:
  const Design& design_;
  int last_bank_ = 0;
  std::array<std::int64_t, kMaxBanks> per_bank_{};
  std::array<std::int64_t, 2> per_direction_{};
};

}  // namespace archgym
