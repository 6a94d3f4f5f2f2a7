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
  explicit Admission(const Design& design)
      : buffer_(design.scheduler_buffer),
        size_(buffer_ == SchedulerBuffer::ReadWrite ? design.request_buffer_size_read
                                                    : design.request_buffer_size),
        size_write_(design.request_buffer_size_write) {}

  [[gnu::always_inline]] bool has_space() const {
    // Looks at the bank of the last request stored, not of the head request.
    if (buffer_ == SchedulerBuffer::Bankwise) return per_bank_[last_bank_] < size_;
    if (buffer_ == SchedulerBuffer::Shared) return all_ < size_;
    // Space for either direction is required, whichever the head request needs.
    return reads() < size_ && writes() < size_write_;
  }

  std::int64_t reads() const { return per_direction_[0]; }
  std::int64_t writes() const { return per_direction_[1]; }

  [[gnu::always_inline]] void store(const Transaction& transaction) {
    last_bank_ = transaction.bank;
    count(transaction, 1);
  }

  [[gnu::always_inline]] void remove(const Transaction& transaction) { count(transaction, -1); }

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
  [[gnu::always_inline]] void count(const Transaction& transaction, int more) {
    per_bank_[transaction.bank] += more;
    per_direction_[transaction.write] += more;
    all_ += more;
  }

  SchedulerBuffer buffer_;
  std::int64_t size_, size_write_;
  int last_bank_ = 0;
  std::array<std::int64_t, kMaxBanks> per_bank_{};
  std::array<std::int64_t, 2> per_direction_{};
  std::int64_t all_ = 0;
};

}  // namespace archgym
