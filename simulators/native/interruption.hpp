// How a run that goes on for long can be ended from outside.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace archgym {

// Another thread's work has failed, or has been ended.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("the run has been interrupted") {}
};

// Shared by all threads that work for one caller. The caller's own thread asks it now and then
// whether to go on; asking may be as dear as taking a lock.
class Interruption {
 public:
  static constexpr std::chrono::milliseconds kInterval{20};

  // `ask` throws what is to end the work. Only the thread that this is made in calls it.
  explicit Interruption(std::function<void()> ask) : ask_(std::move(ask)) {}

  // Throws if the work is to end. Cheap enough for every few microseconds.
  void poll() {
    if (has_ended_.load(std::memory_order_relaxed)) throw Interrupted();
    if (std::this_thread::get_id() != asking_) return;
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + kInterval;
    ask_();
  }

  // Ends the work of all threads, each when it polls next.
  void end() { has_ended_ = true; }

 private:
  using Clock = std::chrono::steady_clock;

  std::function<void()> ask_;
  std::thread::id asking_ = std::this_thread::get_id();
  Clock::time_point next_ = Clock::now() + kInterval;
  std::atomic<bool> has_ended_ = false;
};

}  // namespace archgym
