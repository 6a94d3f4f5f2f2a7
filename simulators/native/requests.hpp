// A decoded trace: what the player presents, read once and shared by every design of a batch.
#pragma once

#include <cstdint>
#include <vector>

namespace archgym {

struct Burst {
  std::int64_t arrival;  // cycle of the controller's clock, rounded up
  std::uint32_t row;
  std::uint32_t column;
  std::uint8_t bank;
  bool write;
};

struct Requests {
  std::vector<Burst> bursts;                  // in order of arrival
  std::vector<std::int64_t> arrival_ps;       // per burst
  std::vector<std::uint32_t> last_burst;      // per request: its last burst; empty if 1:1

  std::size_t count() const { return last_burst.empty() ? bursts.size() : last_burst.size(); }
};

}  // namespace archgym
