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
  std::uint8_t channel;
  std::uint8_t bank;
  bool write;
};

// How a trace is played: open, as it arrives, or closed, where each initiator has at most so many
// requests under way, and thinks after a response before it asks again.
struct PlayerRule {
  bool closed = false;
  std::int64_t max_outstanding = 0;  // requests
  std::int64_t think_cycles = 0;
  bool dependent = false;  // each request also waits for the data of the read before it
};

struct Requests {
  std::vector<Burst> bursts;             // in order of arrival
  std::vector<std::int64_t> arrival_ps;  // by request
  std::vector<std::uint16_t> initiator;  // by burst; empty if there is only one
  int initiators = 1;
  std::int64_t bytes = 0;  // that all requests ask for together
  PlayerRule player;
};

}  // namespace archgym
