// Virtual pages get physical frames when they are first touched.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace archgym::recorder {

class Pages {
 public:
  Pages(std::uint64_t frames, bool random, std::uint64_t seed)
      : frames_(frames), random_(random), state_(seed) {}

  // The frame of a page; nothing once memory is full.
  std::optional<std::uint64_t> frame(std::uint64_t page) {
    Recent& recent = recent_[page % recent_.size()];
    if (recent.page == page) return recent.frame;
    auto found = frame_of_.find(page);
    if (found == frame_of_.end()) {
      if (frame_of_.size() == frames_) return std::nullopt;
      found = frame_of_.emplace(page, random_ ? draw() : frame_of_.size()).first;
    }
    recent = {page, found->second};
    return found->second;
  }

  std::uint64_t touched() const { return frame_of_.size(); }

 private:
  struct Recent {
    std::uint64_t page = ~std::uint64_t{0};
    std::uint64_t frame = 0;
  };

  // One step of a Fisher-Yates shuffle, of which only the frames that moved are kept.
  std::uint64_t draw() {
    const std::uint64_t first = frame_of_.size();
    const std::uint64_t chosen = first + next() % (frames_ - first);
    const std::uint64_t result = at(chosen);
    moved_[chosen] = at(first);
    moved_.erase(first);
    return result;
  }

  std::uint64_t at(std::uint64_t place) const {
    const auto found = moved_.find(place);
    return found == moved_.end() ? place : found->second;
  }

  // SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

  std::uint64_t frames_;
  bool random_;
  std::uint64_t state_;
  std::unordered_map<std::uint64_t, std::uint64_t> frame_of_;
  std::unordered_map<std::uint64_t, std::uint64_t> moved_;
  std::array<Recent, 1024> recent_;
};

}  // namespace archgym::recorder
