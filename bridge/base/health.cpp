#include "bridge/base/health.hpp"

namespace cadenza::bridge {

std::string_view text_of(health_state state) {
  switch (state) {
  case health_state::warming_up: return "WarmingUp";
  case health_state::ok: return "OK";
  case health_state::shutting_down: return "ShuttingDown";
  }
  return "ShuttingDown";
}

void health_board::set(health_state state) {
  const std::lock_guard guard(lock_);
  if (state_.exchange(state) == state)
    return;
  for (const auto& [id, told] : listeners_)
    told(state);
}

std::uint64_t health_board::listen(listener told) {
  const std::lock_guard guard(lock_);
  listeners_.emplace(++last_id_, std::move(told));
  return last_id_;
}

void health_board::forget(std::uint64_t id) {
  const std::lock_guard guard(lock_);
  listeners_.erase(id);
}

} // namespace cadenza::bridge
