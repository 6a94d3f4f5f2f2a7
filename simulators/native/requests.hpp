// A decoded trace: what the player presents, read once and shared by every design of a batch.
#pragma once

#include <cstdint>
#include <vector>

namespace archgym {

struct Burst {
  std::int64_t arrival;  // cycle of the controller's clock, rounded up
  std::uint32_t row;
  std::uint32_t column;
  std::uint32_t request;  // which request of the trace it belongs to
  std::uint8_t bank;
  bool write;
  bool last;  // of its request
};

struct Requests {
  std::vector<Burst> bursts;             // in order of arrival
  std::vector<std::int64_t> arrival_ps;  // by request
};

}  // namespace archgym
