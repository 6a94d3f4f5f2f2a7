// What lies between the only initiator and the only channel of a system.
#pragma once

#include <cstdint>

#include "design.hpp"
#include "front_end.hpp"
#include "latency_statistics.hpp"
#include "requests.hpp"
#include "response_path.hpp"
#include "system.hpp"
#include "transaction.hpp"
#include "wake_ups.hpp"

namespace archgym {

// Nobody else is in the way, so that all times follow from earlier ones as soon as these are known.
class DirectPort {
 public:
  struct Place {};  // there is only one

  DirectPort(Place, const System& system, const Requests& requests, const Design& design,
             Transactions& transactions, LatencyStatistics& latencies, WakeUps* wake_ups)
      : front_end_(system, requests, design),
        responses_(system, design, front_end_, transactions, latencies, wake_ups) {}

  int channel() const { return 0; }

  // Of the next request: the cycle from which it can be stored, the burst, and its times.
  std::int64_t entry() const { return front_end_.entry(); }
  std::size_t burst() const { return front_end_.next(); }
  std::int64_t arrival_ps() const { return front_end_.arrival_ps(); }
  std::int64_t request_begin() const { return front_end_.request_begin(); }
  // Without requests in the controller, none comes before this cycle; kNever if none does.
  std::int64_t quiet_until() const { return front_end_.entry(); }
  bool shows_late() const { return front_end_.shows_late(); }

  // It has been stored; the controller says so in cycle `at`.
  [[gnu::always_inline]] void taken(std::int64_t at) { front_end_.taken(at); }

  // The data of transaction `id` are complete in cycle `ready`.
  [[gnu::always_inline]] void answer(std::int64_t id, std::int64_t ready) {
    responses_.insert(id, ready);
  }

 private:
  FrontEnd front_end_;
  ResponsePath responses_;
};

}  // namespace archgym
