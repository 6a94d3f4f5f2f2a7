// Quantiles of a stream of latencies in memory that does not grow with its length.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <numeric>
#include <vector>

namespace archgym {

// A log-linear histogram (as Tene's HdrHistogram): values below 2^15 are kept as they are, greater
// ones to 15 significant bits, so that a quantile is low by less than 1 part in 16,384. Only pages
// of buckets that count something take memory.
class LatencyHistogram {
 public:
  [[gnu::always_inline]] void add(std::int64_t value) {
    const int shift = shift_of(value);
    const auto bucket = static_cast<std::size_t>((value >> shift) + (shift << kBits));
    const std::size_t page = bucket / kPageSize;
    if (page >= pages_.size() || !pages_[page]) [[unlikely]]
      add_page(page);
    ++(*pages_[page])[bucket % kPageSize];
    greatest_ = std::max(greatest_, value);
  }

  std::int64_t greatest() const { return greatest_; }

  using Parts = std::initializer_list<std::reference_wrapper<const LatencyHistogram>>;

  // The value at index floor(quantile * (count - 1)) of the sorted values of all parts together, of
  // which there are `count`.
  static std::int64_t quantile(Parts parts, double quantile, std::int64_t count) {
    auto rank = static_cast<std::int64_t>(std::floor(quantile * static_cast<double>(count - 1)));
    const auto sum = [&](auto&& counted) {
      std::int64_t total = 0;
      for (const LatencyHistogram& part : parts) total += counted(part);
      return total;
    };
    std::size_t page = 0;
    for (std::int64_t total; rank >= (total = sum([&](auto& part) { return part.total(page); }));
         ++page)
      rank -= total;
    std::size_t bucket = 0;
    while ((rank -= sum([&](auto& part) { return part.count(page, bucket); })) >= 0) ++bucket;
    return least_of(static_cast<std::int64_t>(page * kPageSize + bucket));
  }

 private:
  static constexpr int kBits = 14;
  static constexpr std::int64_t kBlockSize = std::int64_t{1} << kBits;
  static constexpr std::size_t kPageSize = 1024;
  using Page = std::array<std::uint32_t, kPageSize>;

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

  std::uint32_t total(std::size_t page) const {
    if (page >= pages_.size() || !pages_[page]) return 0;
    return std::accumulate(pages_[page]->begin(), pages_[page]->end(), std::uint32_t{0});
  }
  std::uint32_t count(std::size_t page, std::size_t bucket) const {
    return page < pages_.size() && pages_[page] ? (*pages_[page])[bucket] : 0;
  }

  [[gnu::noinline]] void add_page(std::size_t page) {
    if (page >= pages_.size()) pages_.resize(page + 1);
    pages_[page] = std::make_unique<Page>();
  }

  std::vector<std::unique_ptr<Page>> pages_;
  std::int64_t greatest_ = 0;
};

}  // namespace archgym
