// Quantiles of a stream of latencies in memory that does not grow with its length.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace archgym {

// A log-linear histogram (as Tene's HdrHistogram): values below 2^15 are kept as they are, greater
// ones to 15 significant bits, so that a quantile is low by less than 1 part in 16,384.
class LatencyHistogram {
 public:
  [[gnu::always_inline]] void add(std::int64_t value) {
    const int shift = shift_of(value);
    const auto bucket = static_cast<std::size_t>((value >> shift) + (shift << kBits));
    if (bucket >= counts_.size()) [[unlikely]] grow(bucket);
    ++counts_[bucket];
    greatest_ = std::max(greatest_, value);
  }

  std::int64_t greatest() const { return greatest_; }

  // The value at index floor(quantile * (count - 1)) of the sorted values, of which there are
  // `count`.
  std::int64_t quantile(double quantile, std::int64_t count) const {
    auto rank = static_cast<std::int64_t>(std::floor(quantile * static_cast<double>(count - 1)));
    for (auto block = counts_.begin(); block != counts_.end(); block += kBlockSize) {
      const auto total = std::accumulate(block, block + kBlockSize, std::int64_t{0});
      if (rank >= total) {
        rank -= total;
        continue;
      }
      while ((rank -= *block) >= 0) ++block;
      return least_of(block - counts_.begin());
    }
    return greatest_;
  }

 private:
  static constexpr int kBits = 14;
  static constexpr std::int64_t kBlockSize = std::int64_t{1} << kBits;

  // How many of the lowest bits of a value are not kept.
  static int shift_of(std::int64_t value) {
    return std::bit_width(static_cast<std::uint64_t>(value | kBlockSize) >> kBits) - 1;
  }
  // The least value that is counted in a bucket. Two blocks of buckets hold values as they are,
  // each further block those that have lost one bit more.
  static std::int64_t least_of(std::int64_t bucket) {
    const std::int64_t shift = std::max<std::int64_t>(0, (bucket >> kBits) - 1);
    return (bucket - (shift << kBits)) << shift;
  }

  [[gnu::noinline]] void grow(std::size_t bucket) {
    counts_.resize(((bucket >> kBits) + 1) << kBits);
  }

  std::vector<std::uint32_t> counts_;  // whole blocks
  std::int64_t greatest_ = 0;
};

}  // namespace archgym
