// The text that Valgrind's tool lackey writes with --trace-mem=yes: one line per access.
//
//   I  0023C790,2     fetch of an instruction: address in hexadecimal, bytes
//    S BE80199C,4     store; ` L` a load, ` M` a load and a store of the same bytes
//   ==4711== ...      a message of Valgrind's; also `--4711--` and `**4711**`
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace archgym::recorder {

// The value of each character as a hexadecimal digit, -1 where it is none.
inline constexpr std::array<std::int8_t, 256> kHex = [] {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  for (int i = 0; i < 10; ++i) digits['0' + i] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i) digits['a' + i] = digits['A' + i] = static_cast<std::int8_t>(10 + i);
  return digits;
}();

struct Access {
  char kind;  // I, L, S or M
  std::uint64_t address;
  std::uint32_t bytes;
};

// Splits what comes through a pipe, in pieces of any length, into lines.
class Lackey {
 public:
  // Hands each access to `sink`, until it says no; false once it did or a line was bad.
  template <class Sink>
  bool feed(std::string_view piece, Sink&& sink) {
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
      if (!rest_.empty() || end == std::string_view::npos) {
        const std::size_t taken = end == std::string_view::npos ? piece.size() : end;
        rest_ += piece.substr(0, taken);
        if (rest_.size() > kLongestLine) {
          ++lines_;
          return refuse(rest_);
        }
        if (end == std::string_view::npos) return true;
        const bool more = line(rest_, sink);
        rest_.clear();
        if (!more) return false;
      } else if (!line(piece.substr(0, end), sink)) {
        return false;
      }
      piece.remove_prefix(end + 1);
    }
    return true;
  }

  // What was wrong with a line, the last one taken; empty if none was bad.
  std::string fault() const {
    if (bad_.empty()) return {};
    return "line " + std::to_string(lines_) +
           " of lackey's output: expected 'I|L|S|M address,bytes', found '" + bad_ + "'";
  }
  bool in_line() const { return !rest_.empty(); }

  // Whether the program has ended by itself, under lackey's eyes.
  bool ended() const { return ended_; }

 private:
  static constexpr std::size_t kLongestLine = 65536;
  // Nothing that a processor does at once is longer than a page.
  static constexpr std::uint32_t kLargestAccess = 4096;

  template <class Sink>
  bool line(std::string_view text, Sink&& sink) {
    ++lines_;
    if (text.size() < 6 || text[2] != ' ' || !is_kind(text[0], text[1])) return message(text);
    Access access{text[0] == 'I' ? 'I' : text[1], 0, 0};
    std::size_t at = 3;
    for (; at < text.size() && text[at] != ','; ++at) {
      const int digit = kHex[static_cast<unsigned char>(text[at])];
      if (digit < 0 || access.address >> 60 != 0) return refuse(text);
      access.address = access.address << 4 | static_cast<unsigned>(digit);
    }
    const std::size_t comma = at;
    for (++at; at < text.size(); ++at) {
      const unsigned digit = static_cast<unsigned char>(text[at]) - unsigned{'0'};
      if (digit > 9) return refuse(text);
      access.bytes = access.bytes * 10 + digit;
      if (access.bytes > kLargestAccess) return refuse(text);
    }
    if (comma == 3 || access.bytes == 0 || access.address + (access.bytes - 1) < access.address)
      return refuse(text);
    return sink(access);
  }

  static bool is_kind(char first, char second) {
    return first == 'I' ? second == ' '
                        : first == ' ' && (second == 'L' || second == 'S' || second == 'M');
  }

  bool message(std::string_view text) {
    if (text.empty()) return true;
    const std::string_view mark = text.substr(0, 2);
    if (mark != "==" && mark != "--" && mark != "**") return refuse(text);
    if (mark == "==" && text.find("== Exit code:") != std::string_view::npos) ended_ = true;
    return true;
  }

  bool refuse(std::string_view text) {
    constexpr std::size_t kShown = 40;
    for (char c : text.substr(0, kShown)) bad_ += c >= ' ' && c <= '~' ? c : '?';
    return false;
  }

  std::string rest_;
  // The start of the line that was bad, in printable characters.
  std::string bad_;
  std::uint64_t lines_ = 0;
  bool ended_ = false;
};

}  // namespace archgym::recorder
