// Values of those indices of a growing sequence that are still of interest.
#pragma once

#include <cstdint>
#include <vector>

namespace archgym {

// Memory follows the distance between the oldest and the newest index that are live, not the length
// of the sequence. `T` has a flag `live`, which is set by `add` and cleared when its turn is over.
template <class T>
class LiveWindow {
 public:
  T& operator[](std::int64_t index) { return slots_[index & mask_]; }
  const T& operator[](std::int64_t index) const { return slots_[index & mask_]; }

  // Indices are added in rising order, `index` >= any before it.
  T& add(std::int64_t index) {
    while ((*this)[index].live) grow(index);
    T& slot = (*this)[index];
    slot = T{};
    slot.live = true;
    return slot;
  }

 private:
  // The slots hold indices from `end` - their number on.
  void grow(std::int64_t end) {
    const auto size = static_cast<std::int64_t>(slots_.size());
    std::vector<T> wider(2 * slots_.size());
    for (std::int64_t index = end - size; index < end; ++index)
      if (index >= 0) wider[index & (2 * size - 1)] = slots_[index & mask_];
    slots_ = std::move(wider);
    mask_ = 2 * size - 1;
  }

  std::vector<T> slots_ = std::vector<T>(64);
  std::int64_t mask_ = 63;
};

}  // namespace archgym
