#pragma once

#include "actors/engine.hpp"
#include "bridge/checks.hpp"
#include "bridge/health.hpp"
#include "bridge/rate_limiter.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

namespace cadenza::bridge {

/// What the handlers of all RPCs share: the engine, the rules for requests, rate limits and health.
///
/// Threads: everything may be used from any thread. Lifetime: `engine` and `health` must outlive it.
class services {
public:
  /// Facts about this installation that some answers tell; filled in by the wiring before the first request.
  struct facts {
    std::string history_backend = "rocksdb";
    std::string visibility_backend = "sqlite";
    /// Adds hosts and rings to an answer of DescribeCluster; absent: none are told.
    std::function<void(uber::cadence::admin::v1::DescribeClusterResponse&)> add_membership;
  };

  services(actors::engine& engine, health_board& health, validators hooks, facts about);

  [[nodiscard]] actors::engine& engine() { return engine_; }
  [[nodiscard]] const health_board& health() const { return health_; }
  [[nodiscard]] const validators& hooks() const { return hooks_; }
  [[nodiscard]] const facts& about() const { return about_; }

  /// The limits of now; requests under way keep those they began with.
  [[nodiscard]] std::shared_ptr<const limits> current_limits() const;
  void set_limits(limits now);
  void set_rates(const rate_settings& rates) { limiter_.set(rates); }

  /// A snapshot to validate one request against.
  class view {
  public:
    [[nodiscard]] const checks& with() const { return checks_; }

  private:
    friend class services;
    view(std::shared_ptr<const limits> max, const validators& hooks, workflow::directory_ptr domains,
         std::int64_t now_ns)
      : max_(std::move(max)), domains_(std::move(domains)), checks_{*max_, hooks, *domains_, now_ns} {}
    std::shared_ptr<const limits> max_;
    workflow::directory_ptr domains_;
    checks checks_;
  };
  [[nodiscard]] view look() const;

  /// Takes a token of the rate limits. False: the call has been told ServiceBusy.
  [[nodiscard]] bool admit(rate_class what, std::string_view domain, std::string_view task_list, actors::call& call);

  /// From now on polls are answered empty at once.
  void drain() { draining_ = true; }
  [[nodiscard]] bool draining() const { return draining_.load(std::memory_order_relaxed); }

private:
  actors::engine& engine_;
  health_board& health_;
  const validators hooks_;
  const facts about_;
  mutable std::mutex lock_;
  std::shared_ptr<const limits> limits_;
  rate_limiter limiter_;
  std::atomic<bool> draining_{false};
};

} // namespace cadenza::bridge
