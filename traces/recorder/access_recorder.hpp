// From what lackey writes to the accesses of a program to its data, before any cache.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lackey.hpp"

namespace archgym::recorder {

// Columns, one element per access. `instruction` counts those executed in the region before.
struct Accesses {
  std::vector<std::uint64_t> instruction;
  std::vector<std::uint64_t> address;
  std::vector<std::uint16_t> size;
  std::vector<std::uint8_t> is_write;
};

class AccessRecorder {
 public:
  // The recording starts after `skip` instructions and ends with `limit` accesses.
  AccessRecorder(std::uint64_t skip, std::uint64_t limit) : skip_(skip), limit_(limit) {}

  // Takes the next bytes; false once it wants no more.
  bool feed(std::string_view piece) {
    if (done_) return false;
    done_ = !lackey_.feed(piece, [this](const Access& access) { return take(access); });
    return !done_;
  }

  // The accesses since the last call.
  Accesses accesses() { return std::exchange(accesses_, {}); }

  std::string fault() const { return lackey_.fault(); }
  const Lackey& lackey() const { return lackey_; }
  std::uint64_t instructions() const { return instructions_; }
  std::uint64_t emitted() const { return emitted_; }

 private:
  bool take(const Access& access) {
    if (access.kind == 'I') {
      ++instructions_;
    } else if (instructions_ > skip_) {
      ++emitted_;
      accesses_.instruction.push_back(instructions_ - skip_ - 1);
      accesses_.address.push_back(access.address);
      accesses_.size.push_back(static_cast<std::uint16_t>(access.bytes));
      accesses_.is_write.push_back(access.kind != 'L');
    }
    return emitted_ < limit_;
  }

  std::uint64_t skip_;
  std::uint64_t limit_;
  Lackey lackey_;
  Accesses accesses_;
  std::uint64_t instructions_ = 0;
  std::uint64_t emitted_ = 0;
  bool done_ = false;
};

}  // namespace archgym::recorder
