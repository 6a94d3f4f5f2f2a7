// A burst between its acceptance by the controller and the end of its response.
#pragma once

#include <cstdint>

#include "live_window.hpp"

namespace archgym {

struct Transaction {
  std::int64_t arrival_ps = 0;
  std::int64_t begin = 0;        // cycle in which it is presented to the controller
  std::int64_t service_end = 0;  // cycle in which the controller has answered it
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  std::int32_t burst = 0;  // index in the trace
  std::int16_t bank = 0;
  bool write = false;
  bool live = false;
};

// Numbered in the order in which the controller has accepted them.
using Transactions = LiveWindow<Transaction>;

}  // namespace archgym
