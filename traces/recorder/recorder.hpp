// From what lackey writes to requests to memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hierarchy.hpp"
#include "lackey.hpp"
#include "pages.hpp"

namespace archgym::recorder {

struct Machine {
  unsigned line_bits;  // logarithms of the bytes of a line and of a page
  unsigned page_bits;
  Shape first;  // of instructions, and likewise of data
  std::vector<Shape> shared;
  bool inclusive;
  bool prefetch;
  std::uint64_t frames;
  bool random;
  std::uint64_t seed;
};

// Columns, one element per request. `instruction` counts those executed in the region before.
struct Requests {
  std::vector<std::uint64_t> instruction;
  std::vector<std::uint64_t> address;
  std::vector<std::uint8_t> is_write;
};

class Recorder {
 public:
  // The first `skip` instructions fill caches and pages, and the recording starts with the next;
  // it ends with `limit` requests.
  Recorder(const Machine& machine, std::uint64_t skip, std::uint64_t limit)
      : machine_(machine),
        skip_(skip),
        limit_(limit),
        pages_(machine.frames, machine.random, machine.seed),
        caches_({machine.first, machine.first}, machine.shared,
                machine.inclusive ? Inclusion::kInclusive : Inclusion::kNonInclusive,
                Prefetcher(machine.prefetch ? Prefetch::kNextLine : Prefetch::kNone, 1,
                           machine.page_bits - machine.line_bits),
                Emit{this}) {}

  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Takes the next bytes; false once it wants no more.
  bool feed(std::string_view piece) {
    if (done_) return false;
    done_ = !lackey_.feed(piece, [this](const Access& access) { return take(access); });
    return !done_;
  }

  // The requests since the last call.
  Requests requests() {
    Requests result = std::move(requests_);
    requests_ = {};
    return result;
  }

  // Why the recording can't go on, or is not whole; empty if nothing is wrong.
  std::string fault() const {
    if (out_of_memory_)
      return "the program touches more pages than the " + std::to_string(machine_.frames) +
             " that the memory holds";
    return lackey_.fault();
  }

  const Lackey& lackey() const { return lackey_; }
  std::uint64_t instructions() const { return instructions_; }
  std::uint64_t emitted() const { return emitted_; }
  std::uint64_t pages() const { return pages_.touched(); }
  const std::vector<Counts>& counts() const { return caches_.counts(); }

 private:
  struct Emit {
    Recorder* recorder;
    void operator()(Line line, bool is_write) const { recorder->emit(line, is_write); }
  };
  static constexpr std::size_t kInstruction = 0;
  static constexpr std::size_t kData = 1;

  bool take(const Access& access) {
    const bool fetch = access.kind == 'I';
    if (fetch && ++instructions_ == skip_ + 1) caches_.reset_counts();
    const std::size_t first = fetch ? kInstruction : kData;
    const Line last = (access.address + access.bytes - 1) >> machine_.line_bits;
    const unsigned lines_per_page_bits = machine_.page_bits - machine_.line_bits;
    for (Line line = access.address >> machine_.line_bits; line <= last; ++line) {
      const std::optional<std::uint64_t> frame = pages_.frame(line >> lines_per_page_bits);
      if (!frame) {
        out_of_memory_ = true;
        return false;
      }
      const Line offset = line & ((Line{1} << lines_per_page_bits) - 1);
      caches_.touch(first, *frame << lines_per_page_bits | offset,
                    access.kind == 'S' || access.kind == 'M');
    }
    caches_.end_access(first);
    return emitted_ < limit_;
  }

  void emit(Line line, bool is_write) {
    if (instructions_ <= skip_ || emitted_ == limit_) return;
    ++emitted_;
    requests_.instruction.push_back(instructions_ - skip_ - 1);
    requests_.address.push_back(line << machine_.line_bits);
    requests_.is_write.push_back(is_write);
  }

  Machine machine_;
  std::uint64_t skip_;
  std::uint64_t limit_;
  Lackey lackey_;
  Pages pages_;
  Hierarchy<Emit> caches_;
  Requests requests_;
  std::uint64_t instructions_ = 0;
  std::uint64_t emitted_ = 0;
  bool out_of_memory_ = false;
  bool done_ = false;
};

}  // namespace archgym::recorder
