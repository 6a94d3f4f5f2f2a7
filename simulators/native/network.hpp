// Several initiators and several channels, none of which keeps another from going on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <queue>
#include <utility>
#include <vector>

#include "design.hpp"
#include "latency_statistics.hpp"
#include "player.hpp"
#include "refresh_manager.hpp"
#include "requests.hpp"
#include "response_path.hpp"
#include "system.hpp"
#include "tournament.hpp"
#include "transaction.hpp"
#include "wake_ups.hpp"

namespace archgym {

// An initiator hands over whatever it wants to ask for, each request to the queue in front of its
// channel, and takes whatever has ended. A controller takes one request and sends one response per
// cycle, as it issues at most one access per cycle. Only ends of responses and new requests are
// steps.
class Network {
 public:
  Network(const Requests& requests, const Design& design, int channels, std::int64_t clock_ps,
          LatencyStatistics& latencies)
      : requests_(requests),
        clock_ps_(clock_ps),
        way_there_(design.arbitration_delay_fw + design.think_delay_fw),
        limit_(design.arbiter == Arbiter::Simple ? kNever : design.max_active_transactions),
        in_order_(design.arbiter == Arbiter::Reorder),
        has_feedback_(requests.player.closed || limit_ != kNever),
        latencies_(latencies),
        next_requests_(requests.initiators),
        input_queues_(channels) {
    std::vector<std::vector<std::uint32_t>> bursts(requests.initiators);
    for (std::size_t i = 0; i < requests.bursts.size(); ++i) {
      auto& list = bursts[initiator_of(i)];
      place_.push_back(static_cast<std::uint32_t>(list.size()));
      list.push_back(static_cast<std::uint32_t>(i));
    }
    for (auto& list : bursts) initiators_.emplace_back(requests, std::move(list));
    for (std::uint32_t i = 0; i < initiators_.size(); ++i) find_next_request(i);
  }

  bool is_finished() const { return answered_ == requests_.bursts.size(); }

  // Nothing happens before this cycle while no channel has any request; kNever if nothing does.
  std::int64_t quiet_until() const { return asked_ == answered_ ? next_time() : kAtOnce; }

  std::int64_t next_time() const {
    const std::int64_t next_request = next_requests_.least();
    return ends_.empty() ? next_request : std::min(ends_.top().time, next_request);
  }

  // Initiators take the responses that have ended by `now`, and ask for what they want.
  void advance_to(std::int64_t now) {
    if (next_time() > now) return;
    for (; !ends_.empty() && ends_.top().time <= now; ends_.pop()) {
      const std::uint32_t number = initiator_of(ends_.top().burst);
      --initiators_[number].active;
      initiators_[number].player.answered(ends_.top().burst, ends_.top().time);
      find_next_request(number);
    }
    next_requests_.visit_until(now, [&](std::size_t number) {
      while (next_request(initiators_[number]) <= now) ask(initiators_[number], now);
      find_next_request(number);
    });
  }

 private:
  friend class NetworkPort;

  static constexpr std::int64_t kAtOnce = 0;

  struct Answer {
    std::int64_t end = 0;
    Transactions* transactions = nullptr;  // of its controller
    std::int64_t id = 0;
  };
  struct Initiator {
    Initiator(const Requests& requests, std::vector<std::uint32_t> bursts)
        : player(requests, std::move(bursts)) {}
    Player player;
    std::int64_t active = 0;  // bursts under way
    Reorderer<Answer> answers;
    std::int64_t last_end = 0;
  };
  struct End {
    std::int64_t time;
    std::uint32_t burst;
    bool operator<(const End& other) const { return time > other.time; }
  };
  // What waits in front of a controller.
  struct Waiting {
    std::uint32_t burst;
    std::int64_t arrival_ps;
    std::int64_t reaches;  // the controller's input queue
  };
  struct InputQueue {
    std::deque<Waiting> waiting;
    std::int64_t request_end = -1;  // of the last request taken
    std::int64_t entry = kNever;

    void show_next() {
      entry = waiting.empty() ? kNever : std::max(waiting.front().reaches, request_end + 1);
    }
  };

  std::uint32_t initiator_of(std::size_t burst) const {
    return requests_.initiator.empty() ? 0 : requests_.initiator[burst];
  }

  std::int64_t next_request(const Initiator& initiator) const {
    const bool may_ask = !initiator.player.is_done() && initiator.active < limit_;
    return may_ask ? initiator.player.arrival() : kNever;
  }
  void find_next_request(std::size_t number) {
    next_requests_.set(number, next_request(initiators_[number]));
  }

  void ask(Initiator& initiator, std::int64_t now) {
    Player& player = initiator.player;
    const std::uint32_t number = player.burst();
    const Burst& burst = requests_.bursts[number];
    const std::int64_t arrival_ps = requests_.player.closed ? player.arrival() * clock_ps_
                                                            : requests_.arrival_ps[burst.request];
    InputQueue& queue = input_queues_[burst.channel];
    queue.waiting.push_back({number, arrival_ps, now + way_there_});
    if (queue.waiting.size() == 1) queue.show_next();
    ++initiator.active;
    ++asked_;
    player.presented();
  }

  // The response to a transaction reaches its initiator in cycle `end`, or when those before it
  // have.
  void answer(Transactions& transactions, std::int64_t id, std::int64_t end) {
    Transaction& transaction = transactions[id];
    if (!in_order_) return finish(transaction, end);
    Initiator& initiator = initiators_[initiator_of(transaction.burst)];
    initiator.answers.insert(place_[transaction.burst], {end, &transactions, id},
                             [&](std::int64_t, const Answer& answer) {
                               initiator.last_end = std::max(initiator.last_end, answer.end);
                               finish((*answer.transactions)[answer.id], initiator.last_end);
                             });
  }

  void finish(Transaction& transaction, std::int64_t end) {
    latencies_.ended(transaction, end);
    transaction.live = false;
    ++answered_;
    if (has_feedback_) ends_.push({end, static_cast<std::uint32_t>(transaction.burst)});
  }

  const Requests& requests_;
  std::int64_t clock_ps_;
  std::int64_t way_there_;  // cycles from an initiator to a controller's input queue
  std::int64_t limit_;      // bursts of an initiator under way
  bool in_order_;           // an initiator takes responses in the order of its requests
  bool has_feedback_;       // what an initiator asks for depends on the responses
  LatencyStatistics& latencies_;
  std::vector<Initiator> initiators_;
  Tournament next_requests_;              // of the initiators
  std::vector<InputQueue> input_queues_;  // by channel
  std::vector<std::uint32_t> place_;      // of each burst among its initiator's
  std::priority_queue<End> ends_;
  std::size_t asked_ = 0, answered_ = 0;  // bursts
};

// A controller's way to the network.
class NetworkPort {
 public:
  struct Place {
    Network& network;
    int channel;
  };

  NetworkPort(Place place, const System& system, const Requests&, const Design& design,
              Transactions& transactions, LatencyStatistics&, WakeUps*)
      : network_(place.network),
        number_(place.channel),
        input_(place.network.input_queues_[place.channel]),
        think_delay_(design.think_delay_fw),
        reorders_(design.resp_queue == RespQueue::Reorder),
        handover_(Handover::of(system, design)),
        transactions_(transactions) {}

  int channel() const { return number_; }

  std::int64_t entry() const { return input_.entry; }
  std::size_t burst() const { return input_.waiting.front().burst; }
  std::int64_t arrival_ps() const { return input_.waiting.front().arrival_ps; }
  std::int64_t request_begin() const { return input_.entry - think_delay_; }
  std::int64_t quiet_until() const { return network_.quiet_until(); }
  bool shows_late() const { return false; }

  void taken(std::int64_t at) {
    input_.request_end = at;
    input_.waiting.pop_front();
    input_.show_next();
  }

  void answer(std::int64_t id, std::int64_t ready) {
    if (!reorders_) return send(id, ready);
    queue_.insert(id, ready, [this](auto next, auto cycle) { send(next, cycle); });
  }

  // Responses take no step of the controller's.
  std::int64_t next_response() const { return kNever; }
  bool respond() { return false; }

 private:
  void send(std::int64_t id, std::int64_t ready) {
    last_sent_ = std::max(ready, last_sent_ + handover_.interval);
    Transaction& transaction = transactions_[id];
    transaction.service_end = last_sent_ + handover_.duration;
    network_.answer(transactions_, id, transaction.service_end);
  }

  Network& network_;
  int number_;
  Network::InputQueue& input_;
  std::int64_t think_delay_;
  bool reorders_;
  Handover handover_;
  Transactions& transactions_;
  Reorderer<std::int64_t> queue_;
  std::int64_t last_sent_ = -1;
};

}  // namespace archgym
