// Quantiles of a stream of latencies in memory that does not grow with its length.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>

namespace archgym {

// A log-linear histogram (as Tene's HdrHistogram): values below 2^15 are kept as they are, greater
// ones to 15 significant bits, so that a quantile is low by less than 1 part in 16,384.
class LatencyHistogram {
 public:
  [[gnu::always_inline]] void add(std::int64_t value) {
    const int octave = octave_of(value);
    if (!octaves_[octave]) [[unlikely]] begin(octave);
    ++(*octaves_[octave])[value >> shift(octave) & (kBuckets - 1)];
    greatest_ = std::max(greatest_, value);
  }

  std::int64_t greatest() const { return greatest_; }

  // The value at index floor(quantile * (count - 1)) of the sorted values, of which there are
  // `count`.
  std::int64_t quantile(double quantile, std::int64_t count) const {
    auto rank = static_cast<std::int64_t>(std::floor(quantile * static_cast<double>(count - 1)));
    for (int octave = 0; octave < kOctaves; ++octave) {
      if (!octaves_[octave]) continue;
      const Counts& counts = *octaves_[octave];
      const auto total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
      if (rank >= total) {
        rank -= total;
        continue;
      }
      std::int64_t bucket = 0;
      while ((rank -= counts[bucket]) >= 0) ++bucket;
      return (bucket + (octave > 0 ? kBuckets : 0)) << shift(octave);
    }
    return greatest_;
  }

 private:
  static constexpr int kBits = 14;
  static constexpr std::int64_t kBuckets = std::int64_t{1} << kBits;
  static constexpr int kOctaves = 64 - kBits;
  using Counts = std::array<std::uint32_t, kBuckets>;

  [[gnu::noinline]] void begin(int octave) { octaves_[octave] = std::make_unique<Counts>(); }

  static int octave_of(std::int64_t value) {
    return std::bit_width(static_cast<std::uint64_t>(value) >> kBits);
  }
  // Octave 0 holds values below kBuckets, octave n those of kBits + n bits.
  static int shift(int octave) { return std::max(0, octave - 1); }

  std::array<std::unique_ptr<Counts>, kOctaves> octaves_;
  std::int64_t greatest_ = 0;
};

}  // namespace archgym
