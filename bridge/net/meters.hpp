#pragma once

#include "config/metrics.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cadenza::bridge::net {

/// Why something was refused or cut off: one for each bound.
enum class refusal {
  descriptors,
  connections,
  address_connections,
  address_connects,
  calls,
  address_calls,
  connection_calls,
  message_bytes,
  header_bytes,
  request_bytes,
  answer_bytes,
  connection_answer_bytes,
  handshake_timeout,
  header_timeout,
  request_timeout,
  write_timeout,
  idle_timeout,
  keepalive_timeout,
  resets,
  control_frames,
  protocol,
};
inline constexpr std::size_t refusals_count = static_cast<std::size_t>(refusal::protocol) + 1;

/// The value of the label `limit`.
[[nodiscard]] std::string_view name_of(refusal why);

/// What the network layer tells, for the server's ports of each kind.
inline constexpr std::array net_metric_table{
    metrics::declaration{"cadenza_net_connections", metrics::kind::gauge, "server", "Open client connections."},
    metrics::declaration{"cadenza_net_connections_total", metrics::kind::counter, "server",
                         "Connections that were accepted."},
    metrics::declaration{"cadenza_net_calls", metrics::kind::gauge, "server", "Calls in progress on all connections."},
    metrics::declaration{"cadenza_net_request_bytes", metrics::kind::gauge, "server",
                         "Memory reserved for requests that are arriving, in bytes."},
    metrics::declaration{"cadenza_net_answer_bytes", metrics::kind::gauge, "server",
                         "Responses that clients have not read yet, in bytes."},
    metrics::declaration{"cadenza_net_received_bytes_total", metrics::kind::counter, "server",
                         "Bytes received from clients."},
    metrics::declaration{"cadenza_net_sent_bytes_total", metrics::kind::counter, "server", "Bytes sent to clients."},
    metrics::declaration{"cadenza_net_refused_total", metrics::kind::counter, "server,limit",
                         "Connections, calls and messages that a limit of the network layer refused or cut off, by the "
                         "limit's name."},
};

/// Counts what happens on the wire. Any thread.
class meters {
public:
  meters(metrics::registry& registry, const std::string& server);

  metrics::gauge& connections;
  metrics::counter& connections_total;
  metrics::gauge& calls;
  metrics::gauge& request_bytes;
  metrics::gauge& answer_bytes;
  metrics::counter& received;
  metrics::counter& sent;

  void refused(refusal why) { refused_[static_cast<std::size_t>(why)]->add(); }

private:
  std::array<metrics::counter*, refusals_count> refused_;
};

/// Memory that everything of one kind shares. Any thread.
class account {
public:
  account(std::int64_t bytes_max, metrics::gauge& shown) : max_(bytes_max), shown_(shown) {}

  /// Nothing is taken when it does not fit.
  [[nodiscard]] bool take(std::int64_t bytes) { return take_below(max_, bytes); }
  /// The same for what is small: it may use a part that is kept back from everything else, so that those who wait for
  /// much do not shut out the many who need little.
  [[nodiscard]] bool take_little(std::int64_t bytes) { return take_below(max_ + max_ / little_part, bytes); }
  /// Takes even beyond the bound, for what is there already.
  void add(std::int64_t bytes) {
    used_.fetch_add(bytes, std::memory_order_relaxed);
    shown_.add(bytes);
  }
  void give_back(std::int64_t bytes) { add(-bytes); }
  /// One share at a time may have what does not fit beside the bound: whoever waits for memory gets on, however much
  /// others keep. False: another one has that place.
  [[nodiscard]] bool enter_beyond() { return !beyond_.exchange(true, std::memory_order_relaxed); }
  void leave_beyond(std::int64_t bytes) {
    shown_.sub(bytes);
    beyond_.store(false, std::memory_order_relaxed);
  }
  void add_beyond(std::int64_t bytes) { shown_.add(bytes); }
  [[nodiscard]] bool full() const { return used_.load(std::memory_order_relaxed) >= max_; }
  [[nodiscard]] bool fits(std::int64_t bytes) const { return used_.load(std::memory_order_relaxed) + bytes <= max_; }
  [[nodiscard]] std::int64_t used() const { return used_.load(std::memory_order_relaxed); }
  /// How often `take` has failed: whether it has since is a sign that memory is short.
  [[nodiscard]] std::uint32_t times_refused() const { return refused_.load(std::memory_order_relaxed); }

private:
  static constexpr std::int64_t little_part = 4;
  [[nodiscard]] bool take_below(std::int64_t max, std::int64_t bytes) {
    auto before = used_.load(std::memory_order_relaxed);
    do {
      if (before + bytes > max) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
    } while (!used_.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
    shown_.add(bytes);
    return true;
  }

  const std::int64_t max_;
  metrics::gauge& shown_;
  std::atomic<std::int64_t> used_{0};
  std::atomic<std::uint32_t> refused_{0};
  std::atomic<bool> beyond_{false};
};

/// Memory of an account that comes back when it goes. Not for several threads.
class share {
public:
  explicit share(account& of) : of_(&of) {}
  share(share&& other) noexcept
    : of_(other.of_), bytes_(std::exchange(other.bytes_, 0)), beyond_(std::exchange(other.beyond_, nothing)) {}
  share& operator=(share&&) = delete;
  ~share() {
    of_->give_back(bytes_);
    if (beyond_ != nothing)
      of_->leave_beyond(beyond_);
  }

  [[nodiscard]] bool take(std::int64_t bytes) {
    if (!of_->take(bytes))
      return false;
    bytes_ += bytes;
    return true;
  }
  [[nodiscard]] bool take_little(std::int64_t bytes) {
    if (!of_->take_little(bytes))
      return false;
    bytes_ += bytes;
    return true;
  }
  /// As `take`; what does not fit is taken beside the bound, if no other share does so at present.
  [[nodiscard]] bool take_even_beyond(std::int64_t bytes) {
    if (take(bytes))
      return true;
    if (beyond_ == nothing && !of_->enter_beyond())
      return false;
    beyond_ = std::max(beyond_, std::int64_t{0}) + bytes;
    of_->add_beyond(bytes);
    return true;
  }
  /// Of what was taken within the bound.
  void give_back(std::int64_t bytes) {
    of_->give_back(bytes);
    bytes_ -= bytes;
  }
  [[nodiscard]] std::int64_t bytes() const { return bytes_ + std::max(beyond_, std::int64_t{0}); }
  [[nodiscard]] account& of() { return *of_; }

private:
  static constexpr std::int64_t nothing = -1;
  account* of_;
  std::int64_t bytes_ = 0;
  std::int64_t beyond_ = nothing; ///< of these there may be none and yet the place be taken
};

} // namespace cadenza::bridge::net
