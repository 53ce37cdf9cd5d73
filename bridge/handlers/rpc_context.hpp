#pragma once

#include "actors/base/engine.hpp"
#include "bridge/base/health.hpp"
#include "bridge/checks/checks.hpp"
#include "bridge/checks/rate_limiter.hpp"
#include "bridge/checks/stored_settings.hpp"
#include "config/node_roles.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::bridge {

/// What the handlers of all RPCs share: the engine, the rules for requests, rate limits and health.
///
/// Threads: everything may be used from any thread. Lifetime: `engine`, `health` and `stored` must outlive it.
class rpc_context {
public:
  /// Facts about this installation that some answers tell; filled in by the wiring before the first request.
  struct facts {
    std::string history_backend = "rocksdb";
    std::string visibility_backend = "sqlite";
    std::string host = "127.0.0.1:7833"; ///< address and port under which this host is known to clients
  };

  /// A host of the cluster, as DescribeCluster tells it.
  struct host {
    std::string identity;           ///< address and port under which clients know it
    std::vector<std::string> roles; ///< of frontend, history, matching, worker
  };

  rpc_context(actors::engine& engine, health_board& health, validators hooks, facts about,
              stored_settings* stored = nullptr);

  [[nodiscard]] actors::engine& engine() { return engine_; }
  [[nodiscard]] const health_board& health() const { return health_; }
  [[nodiscard]] const validators& hooks() const { return hooks_; }
  [[nodiscard]] const facts& about() const { return about_; }
  /// What operators set at run time; null where nothing is kept.
  [[nodiscard]] stored_settings* stored() { return stored_; }

  /// The limits of now; requests under way keep those they began with.
  [[nodiscard]] std::shared_ptr<const limits> current_limits() const;
  /// `of_domain`, when set, gives the limits of each domain instead: some have their own. It is called once for each
  /// until the next call.
  void set_limits(limits now, std::function<limits(const std::string& domain)> of_domain = {});
  void set_rates(const rate_settings& rates) { limiter_.set(rates); }
  /// Where what goes beyond warning limits is noted; null: nowhere. Before the first request.
  void set_warnings(limit_warnings* to) { warnings_ = to; }

  /// Who belongs to the cluster, asked at each use; not set, it is this host alone. Before the first request.
  void set_hosts(std::function<std::vector<host>()> of) { hosts_ = std::move(of); }
  [[nodiscard]] std::vector<host> hosts() const { return hosts_(); }

  /// Whether some domain has limits of its own.
  [[nodiscard]] bool limits_differ() const { return differ_.load(std::memory_order_relaxed); }

  /// A snapshot to validate one request against.
  class view {
  public:
    [[nodiscard]] const checks& rules() const { return checks_; }

  private:
    friend class rpc_context;
    view(std::shared_ptr<const limits> max, const validators& hooks, workflow::directory_ptr domains,
         std::int64_t now_ns, limit_warnings* warnings, std::string_view domain)
      : max_(std::move(max)), domains_(std::move(domains)), checks_{*max_, hooks, *domains_, now_ns, warnings, domain} {
    }
    std::shared_ptr<const limits> max_;
    workflow::directory_ptr domains_;
    checks checks_;
  };
  /// `domain` as the request names it; "" when it names none. It must outlive the view.
  [[nodiscard]] view look(std::string_view domain = {}) const { return look(domain, domain); }
  /// With the limits of `domain`, which only `told`, that outlives the view, names in warnings.
  [[nodiscard]] view look(std::string_view domain, std::string_view told) const;

  /// Takes a token of the rate limits. False: the call has been told ServiceBusy.
  [[nodiscard]] bool admit(rate_class what, std::string_view domain, std::string_view task_list, actors::call& call);

  /// Takes a token for a poll. How long it must wait for it, 0: not at all; nothing: the call has been told
  /// ServiceBusy.
  [[nodiscard]] std::optional<std::int64_t> admit_poll(const checks& rules, std::string_view task_list,
                                                       actors::call& call);
  /// Takes a token for a list that is about to be read. False: the call has been told ServiceBusy.
  [[nodiscard]] bool admit_list(std::string_view domain, actors::call& call);

  /// From now on polls are answered empty at once.
  void drain() { draining_ = true; }
  [[nodiscard]] bool draining() const { return draining_.load(std::memory_order_relaxed); }

private:
  [[nodiscard]] std::shared_ptr<const limits> limits_of(std::string_view domain) const;
  /// Whether rate limits do not apply to a caller.
  [[nodiscard]] bool unlimited(const actors::call& call) const;

  actors::engine& engine_;
  health_board& health_;
  const validators hooks_;
  const facts about_;
  stored_settings* const stored_;
  mutable std::mutex lock_;
  std::shared_ptr<const limits> limits_;
  std::function<limits(const std::string&)> limits_of_;
  std::atomic<bool> differ_{false}; ///< whether `limits_of_` is set
  mutable std::map<std::string, std::shared_ptr<const limits>, std::less<>> own_limits_;
  rate_limiter limiter_;
  limit_warnings* warnings_ = nullptr;
  std::function<std::vector<host>()> hosts_ = [this] {
    return std::vector<host>{{about_.host, {config::role_names.begin(), config::role_names.end()}}};
  };
  std::atomic<bool> draining_{false};
};

} // namespace cadenza::bridge
