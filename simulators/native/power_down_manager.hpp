// Staggered power-down of a rank: power-down while it is idle, self-refresh when a refresh is due.
#pragma once

#include <optional>

#include "command.hpp"

namespace archgym {

// After Jung et al., "Optimized active and power-down mode refresh control" (ISOCC 2014): a rank
// without requests powers down at once; when its refresh is due it wakes and, if there is still
// nothing to do, goes on to self-refresh.
class PowerDownManager {
 public:
  explicit PowerDownManager(bool enabled) : enabled_(enabled), entering_(enabled) {}

  // The command it wants to issue, if any. While there is one, the rank issues nothing else.
  std::optional<Command> command() const { return command_; }

  // No request for the rank is left, and a command has just been issued.
  void enter() {
    idle_ = true;
    entering_ |= enabled_ && state_ == State::Awake;
  }

  // The first request for the rank has been stored.
  void exit() {
    idle_ = false;
    entering_ = false;
    refreshing_itself_next_ = false;
    exiting_ |= state_ != State::Awake;
  }

  // A refresh is due, and the rank may leave it to self-refresh or not.
  void interrupt(bool may_refresh_itself) {
    may_refresh_itself_ = may_refresh_itself;
    entering_ = false;
    exiting_ |= state_ != State::Awake;
  }

  void evaluate(bool rank_is_open) {
    command_.reset();
    if (exiting_) {
      switch (state_) {
        case State::Awake: break;
        case State::ActivePowerDown: command_ = Command::PDXA; break;
        case State::PrechargePowerDown: command_ = Command::PDXP; break;
        case State::SelfRefresh: command_ = Command::SREFEX; break;
        case State::LeavingSelfRefresh: command_ = Command::REFAB; break;
      }
    } else if (entering_) {
      command_ = rank_is_open ? Command::PDEA : Command::PDEP;
    } else if (refreshing_itself_next_) {
      command_ = Command::SREFEN;
    }
  }

  // A command of its own has been issued, or a refresh of any banks of the rank.
  void issued(Command command) {
    switch (command) {
      case Command::PDEA: return fall_asleep(State::ActivePowerDown);
      case Command::PDEP: return fall_asleep(State::PrechargePowerDown);
      case Command::SREFEN: refreshing_itself_next_ = false; return fall_asleep(State::SelfRefresh);
      case Command::PDXA: return wake_up();
      case Command::PDXP: refreshing_itself_next_ = idle_ && may_refresh_itself_; return wake_up();
      case Command::SREFEX: state_ = State::LeavingSelfRefresh; return;
      default:
        if (state_ == State::LeavingSelfRefresh) return wake_up();
        entering_ |= enabled_ && idle_;
    }
  }

  // See repetition.hpp.
  template <class Visitor>
  void show(Visitor& visitor) {
    visitor.state(static_cast<int>(state_));
    for (bool is : {idle_, entering_, exiting_, may_refresh_itself_, refreshing_itself_next_})
      visitor.state(is);
    visitor.state(command_ ? index(*command_) : -1);
  }

  bool leaves_self_refresh() const { return state_ == State::LeavingSelfRefresh; }

 private:
  enum class State { Awake, ActivePowerDown, PrechargePowerDown, SelfRefresh, LeavingSelfRefresh };

  void fall_asleep(State state) {
    state_ = state;
    entering_ = false;
  }
  void wake_up() {
    state_ = State::Awake;
    exiting_ = false;
  }

  bool enabled_;
  State state_ = State::Awake;
  bool idle_ = true;
  bool entering_;
  bool exiting_ = false;
  bool may_refresh_itself_ = false;
  bool refreshing_itself_next_ = false;
  std::optional<Command> command_;
};

}  // namespace archgym
