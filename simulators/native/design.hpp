// A controller design: the parameters that an architect chooses.
#pragma once

#include <cstdint>

namespace archgym {

enum class PagePolicy : int { Open, OpenAdaptive, Closed, ClosedAdaptive };
enum class Scheduler : int { Fifo, FrFcfs, FrFcfsGrp, GrpFrFcfs, GrpFrFcfsWm };
enum class SchedulerBuffer : int { Bankwise, ReadWrite, Shared };
enum class ResponseQueue : int { Fifo, Reorder };
enum class RefreshPolicy : int { NoRefresh, AllBank, PerBank, Per2Bank, SameBank };
enum class PowerDownPolicy : int { NoPowerDown, Staggered };
enum class CommandMux : int { Oldest, Strict };
enum class Arbiter : int { Simple, Fifo, Reorder };

struct Design {
  PagePolicy page_policy;
  Scheduler scheduler;
  std::int64_t low_watermark;   // GrpFrFcfsWm turns to reads at this many writes or fewer
  std::int64_t high_watermark;  // and to writes above this many
  SchedulerBuffer scheduler_buffer;
  std::int64_t request_buffer_size;        // entries, Bankwise (per bank) and Shared
  std::int64_t request_buffer_size_read;   // entries, ReadWrite
  std::int64_t request_buffer_size_write;  // entries, ReadWrite
  CommandMux command_mux;
  ResponseQueue response_queue;
  RefreshPolicy refresh_policy;
  std::int64_t refresh_max_postponed;  // refresh commands
  std::int64_t refresh_max_pulled_in;  // refresh commands
  PowerDownPolicy power_down_policy;
  Arbiter arbiter;
  std::int64_t max_active_transactions;  // per initiator, under Arbiter Fifo and Reorder
  // Delays in cycles: forward is towards the DRAM, backward is towards the initiator.
  std::int64_t arbitration_delay_forward, arbitration_delay_backward;
  std::int64_t think_delay_forward, think_delay_backward;
  std::int64_t phy_delay_forward, phy_delay_backward;
};

}  // namespace archgym
