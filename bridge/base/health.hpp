#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string_view>

namespace cadenza::bridge {

/// How the server is, as MetaAPI, the gRPC health protocol and HTTP tell it.
enum class health_state : int { warming_up, ok, shutting_down };

/// "WarmingUp", "OK", "ShuttingDown": what MetaAPI answers.
[[nodiscard]] std::string_view text_of(health_state state);

/// The one place that knows. Any thread.
class health_board {
public:
  using listener = std::function<void(health_state)>;

  [[nodiscard]] health_state state() const { return state_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool serving() const { return state() == health_state::ok; }

  /// Tells every listener, on this thread, when the state changed.
  void set(health_state state);

  /// `told` is called with every later change until `forget`, which waits for a call that is under way.
  std::uint64_t listen(listener told);
  void forget(std::uint64_t id);

private:
  std::atomic<health_state> state_{health_state::warming_up};
  std::mutex lock_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, listener> listeners_;
};

} // namespace cadenza::bridge
