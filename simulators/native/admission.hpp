// Whether the request buffer has room for one more request.
#pragma once

#include <array>
#include <cstdint>

#include "design.hpp"
#include "lanes.hpp"
#include "transaction.hpp"

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
      case SchedulerBuffer::Shared: return reads() + writes() < design_.request_buffer_size;
    }
    return false;
  }

  std::int64_t reads() const { return per_direction_[0]; }
  std::int64_t writes() const { return per_direction_[1]; }

  void store(const Transaction& transaction) {
    last_bank_ = transaction.bank;
    ++per_bank_[transaction.bank];
    ++per_direction_[transaction.write];
  }

  void remove(const Transaction& transaction) {
    --per_bank_[transaction.bank];
    --per_direction_[transaction.write];
  }

  // Hardware cost: request-buffer entries in the whole controller.
  static std::int64_t total_entries(const Design& design, int banks) {
    switch (design.scheduler_buffer) {
      case SchedulerBuffer::Bankwise: return design.request_buffer_size * banks;
      case SchedulerBuffer::ReadWrite:
        return design.request_buffer_size_read + design.request_buffer_size_write;
      case SchedulerBuffer::Shared: return design.request_buffer_size;
    }
    return 0;
  }

 private:
  const Design& design_;
  int last_bank_ = 0;
  std::array<std::int32_t, kMaxBanks> per_bank_{};
  std::array<std::int64_t, 2> per_direction_{};
};

}  // namespace archgym
