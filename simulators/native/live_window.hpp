// Values of those indices of a sequence that are of interest at the moment.
#pragma once

#include <cstdint>
#include <vector>

namespace archgym {

// Memory follows the distance between live indices, not the length of the sequence. `T` has a flag
// `live`, which `add` sets and the user clears when its turn is over.
template <class T>
class LiveWindow {
 public:
  T& operator[](std::int64_t index) { return slots_[index & mask_]; }
  const T& operator[](std::int64_t index) const { return slots_[index & mask_]; }

  // Whether `index` is live.
  bool contains(std::int64_t index) const {
    return slots_[index & mask_].live && indices_[index & mask_] == index;
  }

  // What the value at `index` has been before, whoever it was for, is left to the user.
  [[gnu::always_inline]] T& add(std::int64_t index) {
    while (slots_[index & mask_].live) [[unlikely]]
      grow();
    indices_[index & mask_] = index;
    T& slot = slots_[index & mask_];
    slot.live = true;
    return slot;
  }

 private:
  [[gnu::noinline]] void grow() {
    const std::size_t size = 2 * slots_.size();
    std::vector<T> slots(size);
    std::vector<std::int64_t> indices(size);
    for (std::size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].live) {
        slots[indices_[i] & (size - 1)] = slots_[i];
        indices[indices_[i] & (size - 1)] = indices_[i];
      }
    slots_ = std::move(slots);
    indices_ = std::move(indices);
    mask_ = static_cast<std::int64_t>(size - 1);
  }

  std::vector<T> slots_ = std::vector<T>(64);
  std::vector<std::int64_t> indices_ = std::vector<std::int64_t>(64);
  std::int64_t mask_ = 63;
};

}  // namespace archgym
