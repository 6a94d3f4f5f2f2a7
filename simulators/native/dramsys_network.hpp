// Several initiators, the arbiter and the ports of several channels, and the messages between them,
// as DRAMSys has them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

#include "design.hpp"
#include "latency_statistics.hpp"
#include "live_window.hpp"
#include "player.hpp"
#include "refresh_manager.hpp"
#include "requests.hpp"
#include "transaction.hpp"
#include "wake_ups.hpp"

namespace archgym {

// The order of a controller's responses: as data are complete, or as requests were accepted.
class ResponseOrder {
 public:
  struct Response {
    std::int64_t id = 0;
    std::int64_t ready = 0;
    bool live = false;
  };

  explicit ResponseOrder(bool reorders) : reorders_(reorders) {}

  void insert(std::int64_t id, std::int64_t ready) {
    if (reorders_)
      by_id_.add(id) = {id, ready, true};
    else
      in_order_.push_back({id, ready, true});
  }

  // Whose turn it is, if its data are on their way.
  const Response* front() const {
    if (!reorders_) return in_order_.empty() ? nullptr : &in_order_.front();
    return by_id_.contains(next_id_) ? &by_id_[next_id_] : nullptr;
  }

  void pop() {
    if (reorders_)
      by_id_[next_id_++].live = false;
    else
      in_order_.pop_front();
  }

 private:
  bool reorders_;
  std::deque<Response> in_order_;
  LiveWindow<Response> by_id_;
  std::int64_t next_id_ = 0;
};

// An initiator asks for one thing at a time, and takes one response at a time, whatever the
// channels could do. What happens in one instant happens in rounds: the controllers run, in order
// of their channels, then messages are delivered in the order in which they were sent; what is sent
// without delay arrives in the next round.
class DramsysNetwork {
 public:
  DramsysNetwork(const Requests& requests, const Design& design, int channels,
                 std::int64_t clock_ps, LatencyStatistics& latencies)
      : requests_(requests),
        clock_ps_(clock_ps),
        arbiter_(design.arbiter),
        forward_(design.arbitration_delay_fw),
        backward_(design.arbitration_delay_bw),
        think_(design.think_delay_fw),
        limit_(design.max_active_transactions),
        latencies_(latencies) {
    std::vector<std::vector<std::uint32_t>> bursts(requests.initiators);
    for (std::size_t i = 0; i < requests.bursts.size(); ++i) {
      auto& list = bursts[initiator_of(i)];
      if (requests.initiators > 1) place_.push_back(static_cast<std::uint32_t>(list.size()));
      list.push_back(static_cast<std::uint32_t>(i));
    }
    for (auto& list : bursts) initiators_.emplace_back(requests, std::move(list));
    for (int channel = 0; channel < channels; ++channel)
      channels_.emplace_back(design.resp_queue == RespQueue::Reorder);
    for (std::uint32_t i = 0; i < initiators_.size(); ++i) send(0, {Kind::Present, i});
  }

  bool is_finished() const { return answered_ == requests_.bursts.size(); }

  // Nothing happens before this cycle while no channel has any request; kNever if nothing does.
  std::int64_t quiet_until() const { return presented_ == answered_ ? next_time() : kAtOnce; }

  // When the next messages are delivered, and all that are delivered together then.
  std::int64_t next_time() const {
    if (!next_round_.empty()) return now_;
    return later_.empty() ? kNever : later_.top().time;
  }
  void begin_instant(std::int64_t now) {
    now_ = now;
    for (; !later_.empty() && later_.top().time == now; later_.pop())
      next_round_.push_back(later_.top().message);
  }
  void begin_round() { round_.swap(next_round_); }
  void deliver() {
    for (const Message& message : round_) deliver(message);
    round_.clear();
  }

 private:
  friend class DramsysPort;

  static constexpr std::int64_t kAtOnce = 0;

  enum class Kind {
    Present,        // an initiator looks at its next request
    BeginRequest,   // a request reaches the arbiter
    QueueRequest,   // it has passed it
    Taken,          // a channel has stored it
    EndRequest,     // the initiator may go on
    BeginResponse,  // a channel answers
    QueueResponse,  // the response has passed the arbiter
    Answer,         // it reaches the initiator
    EndResponse,    // and has been taken
  };
  struct Message {
    Kind kind;
    std::uint32_t initiator = 0;
    std::uint32_t burst = 0;
    int channel = 0;
    std::int64_t id = 0;  // of the transaction, in a response
  };
  struct Later {
    std::int64_t time;
    std::uint64_t number;
    Message message;
    bool operator<(const Later& other) const {
      return time != other.time ? time > other.time : number > other.number;
    }
  };

  struct Initiator {
    Initiator(const Requests& requests, std::vector<std::uint32_t> bursts)
        : player(requests, std::move(bursts)) {}
    Player player;
    bool requesting = false;
    bool responding = false;
    std::deque<Message> responses;  // that wait to be answered
    std::int64_t active = 0;
    std::optional<Message> refused;
    std::int64_t accepted = 0, returned = 0;
    std::int64_t response_ended = -1;
  };

  struct Channel {
    explicit Channel(bool reorders) : responses(reorders) {}
    bool requesting = false;
    std::deque<Message> requests;
    std::int64_t request_ended = -1;
    // At the controller's input.
    std::int64_t entry = kNever;
    std::int64_t request_begin = 0;
    Message request;
    std::int64_t arrival_ps = 0;
    // Behind it.
    ResponseOrder responses;
    bool responding = false;
    bool response_has_ended = false;
    Transactions* transactions = nullptr;
  };

  std::uint32_t initiator_of(std::size_t burst) const {
    return requests_.initiator.empty() ? 0 : requests_.initiator[burst];
  }

  void send(std::int64_t delay, const Message& message) {
    if (delay == 0)
      next_round_.push_back(message);
    else
      later_.push({now_ + delay, sent_++, message});
  }

  void deliver(const Message& message) {
    Initiator& initiator = initiators_[message.initiator];
    switch (message.kind) {
      case Kind::Present: return present(message.initiator);
      case Kind::BeginRequest: return begin_request(message);
      case Kind::QueueRequest: return queue_request(message);
      case Kind::Taken: return taken(message);
      case Kind::EndRequest:
        initiator.requesting = false;
        return send(0, {Kind::Present, message.initiator});
      case Kind::BeginResponse: return begin_response(message);
      case Kind::QueueResponse: return queue_response(message);
      case Kind::Answer:
        if (arbiter_ != Arbiter::Simple) finish(message);
        return send(1, with(message, Kind::EndResponse));
      case Kind::EndResponse: return end_response(message);
    }
  }

  static Message with(Message message, Kind kind) {
    message.kind = kind;
    return message;
  }

  void present(std::uint32_t number) {
    Initiator& initiator = initiators_[number];
    Player& player = initiator.player;
    if (initiator.requesting || player.is_done() || player.arrival() == kNever) return;
    if (player.arrival() > now_) return send(player.arrival() - now_, {Kind::Present, number});
    initiator.requesting = true;
    const std::uint32_t burst = player.burst();
    if (requests_.player.closed) closed_arrival_[burst] = player.arrival();
    player.presented();
    ++presented_;
    send(0, {Kind::BeginRequest, number, burst, requests_.bursts[burst].channel});
  }

  void begin_request(const Message& message) {
    Initiator& initiator = initiators_[message.initiator];
    if (arbiter_ == Arbiter::Simple) {
      Channel& channel = channels_[message.channel];
      if (channel.requesting)
        channel.requests.push_back(message);
      else
        to_channel(message, forward_);
    } else if (initiator.active < limit_) {
      accept(message);
    } else {
      initiator.refused = message;
    }
  }

  void accept(const Message& message) {
    ++initiators_[message.initiator].active;
    send(0, with(message, Kind::EndRequest));
    send(forward_, with(message, Kind::QueueRequest));
  }

  void queue_request(const Message& message) {
    Channel& channel = channels_[message.channel];
    if (channel.requesting)
      channel.requests.push_back(message);
    else
      to_channel(message, channel.request_ended == now_);
  }

  void to_channel(const Message& message, std::int64_t delay) {
    Channel& channel = channels_[message.channel];
    channel.requesting = true;
    channel.request = message;
    channel.request_begin = now_ + delay;
    channel.entry = channel.request_begin + think_;
  }

  void taken(const Message& message) {
    Channel& channel = channels_[message.channel];
    channel.request_ended = now_;
    const bool simple = arbiter_ == Arbiter::Simple;
    if (simple) send(0, with(message, Kind::EndRequest));
    if (channel.requests.empty()) {
      channel.requesting = false;
      return;
    }
    const Message next = channel.requests.front();
    channel.requests.pop_front();
    to_channel(next, simple ? forward_ + 1 : 1);
  }

  void begin_response(const Message& message) {
    if (arbiter_ != Arbiter::Simple) {
      end_service(message);
      return send(backward_, with(message, Kind::QueueResponse));
    }
    Initiator& initiator = initiators_[message.initiator];
    if (initiator.responding)
      initiator.responses.push_back(message);
    else
      to_initiator(message, backward_);
  }

  void queue_response(const Message& message) {
    Initiator& initiator = initiators_[message.initiator];
    initiator.responses.push_back(message);
    if (!initiator.responding) answer(initiator, initiator.response_ended == now_);
  }

  void to_initiator(const Message& message, std::int64_t delay) {
    initiators_[message.initiator].responding = true;
    send(delay, with(message, Kind::Answer));
  }

  void end_response(const Message& message) {
    Initiator& initiator = initiators_[message.initiator];
    if (arbiter_ == Arbiter::Simple) {
      end_service(message);
      finish(message);
      if (initiator.responses.empty()) {
        initiator.responding = false;
        return;
      }
      const Message next = initiator.responses.front();
      initiator.responses.pop_front();
      return to_initiator(next, backward_ + 1);
    }
    initiator.response_ended = now_;
    --initiator.active;
    if (initiator.refused) {
      const Message refused = *initiator.refused;
      initiator.refused.reset();
      accept(refused);
    }
    initiator.responding = false;
    answer(initiator, 1);
  }

  // Sends the response whose turn it is, if it has come.
  void answer(Initiator& initiator, std::int64_t delay) {
    const auto is_next = [&](const Message& message) {
      return arbiter_ != Arbiter::Reorder || place(message) == initiator.returned;
    };
    const auto found =
        std::find_if(initiator.responses.begin(), initiator.responses.end(), is_next);
    if (found == initiator.responses.end()) return;
    const Message message = *found;
    initiator.responses.erase(found);
    ++initiator.returned;
    to_initiator(message, delay);
  }

  std::int64_t place(const Message& message) const {
    return place_.empty() ? message.burst : place_[message.burst];
  }

  // The controller's part in a response is over.
  void end_service(const Message& message) {
    Channel& channel = channels_[message.channel];
    (*channel.transactions)[message.id].service_end = now_;
    channel.responding = false;
    channel.response_has_ended = true;
  }

  // The initiator has its response.
  void finish(const Message& message) {
    Transaction& transaction = (*channels_[message.channel].transactions)[message.id];
    latencies_.ended(transaction, now_);
    transaction.live = false;
    ++answered_;
    Player& player = initiators_[message.initiator].player;
    player.answered(message.burst, now_);
    if (requests_.player.closed) send(0, {Kind::Present, message.initiator});
  }

  const Requests& requests_;
  std::int64_t clock_ps_;
  Arbiter arbiter_;
  std::int64_t forward_, backward_, think_, limit_;
  LatencyStatistics& latencies_;
  std::vector<Initiator> initiators_;
  std::vector<Channel> channels_;
  std::vector<std::uint32_t> place_;  // of each burst among its initiator's; empty if it is its own
  std::unordered_map<std::uint32_t, std::int64_t> closed_arrival_;  // by burst under way
  std::size_t presented_ = 0, answered_ = 0;                        // bursts

  std::int64_t now_ = 0;
  std::uint64_t sent_ = 0;
  std::vector<Message> round_, next_round_;
  std::priority_queue<Later> later_;
};

// A controller's way to the network.
class DramsysPort {
 public:
  struct Place {
    DramsysNetwork& network;
    int channel;
  };

  DramsysPort(Place place, const System&, const Requests& requests, const Design&,
              Transactions& transactions, LatencyStatistics&, WakeUps*)
      : requests_(requests),
        network_(place.network),
        number_(place.channel),
        channel_(place.network.channels_[place.channel]) {
    channel_.transactions = &transactions;
  }

  int channel() const { return number_; }

  std::int64_t entry() const { return channel_.entry; }
  std::size_t burst() const { return channel_.request.burst; }
  std::int64_t request_begin() const { return channel_.request_begin; }
  std::int64_t quiet_until() const { return network_.quiet_until(); }
  bool shows_late() const { return false; }  // that is what rounds are for
  std::int64_t arrival_ps() {
    const std::uint32_t burst = channel_.request.burst;
    if (!requests_.player.closed) return requests_.arrival_ps[requests_.bursts[burst].request];
    const auto found = network_.closed_arrival_.find(burst);
    const std::int64_t cycle = found->second;
    network_.closed_arrival_.erase(found);
    return cycle * network_.clock_ps_;
  }

  void taken(std::int64_t at) {
    channel_.entry = kNever;
    network_.send(at - network_.now_,
                  DramsysNetwork::with(channel_.request, DramsysNetwork::Kind::Taken));
  }

  void answer(std::int64_t id, std::int64_t ready) { channel_.responses.insert(id, ready); }

  // When it can send a response, if nothing else happens before.
  std::int64_t next_response() const {
    if (channel_.response_has_ended) return network_.now_;
    const auto* front = channel_.responses.front();
    return channel_.responding || !front ? kNever : std::max(front->ready, network_.now_);
  }

  // Sends one if it can; returns whether that, or the end of one, has woken the controller.
  bool respond() {
    const bool has_ended = channel_.response_has_ended;
    channel_.response_has_ended = false;
    const auto* front = channel_.responses.front();
    if (channel_.responding || !front || front->ready > network_.now_) return has_ended;
    const std::int64_t id = front->id;
    channel_.responses.pop();
    channel_.responding = true;
    const auto burst = static_cast<std::uint32_t>((*channel_.transactions)[id].burst);
    network_.send(
        0, {DramsysNetwork::Kind::BeginResponse, network_.initiator_of(burst), burst, number_, id});
    return true;
  }

 private:
  const Requests& requests_;
  DramsysNetwork& network_;
  int number_;
  DramsysNetwork::Channel& channel_;
};

}  // namespace archgym
