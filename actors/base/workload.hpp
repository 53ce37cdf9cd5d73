#pragma once

#include "actors/base/clock.hpp"
#include "config/metrics.hpp"
#include "messages/uuid.hpp"
#include "workflow/domain_view.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace cadenza::actors {

/// What is counted of the runs of each domain.
enum class counted : std::uint8_t {
  workflow_started,
  workflow_completed,
  workflow_failed,
  workflow_timed_out,
  workflow_canceled,
  workflow_terminated,
  workflow_continued,
  decision_completed,
  decision_failed,
  decision_timed_out,
  activity_completed,
  activity_failed,
  activity_timed_out,
  activity_canceled,
  activity_retried,
};
inline constexpr std::size_t counted_kinds = 15;

/// How often each of them came to pass in one transaction.
class run_tally {
public:
  void add(counted what) { ++of_[static_cast<std::size_t>(what)]; }
  [[nodiscard]] std::uint32_t of(std::size_t kind) const { return of_[kind]; }

private:
  std::array<std::uint32_t, counted_kinds> of_{};
};

/// Nanoseconds, shown as seconds: how long tasks wait for workers, 1 ms … 1 h.
inline constexpr metrics::bucket_bounds wait_buckets{{1'000'000, 5'000'000, 20'000'000, 100'000'000, 500'000'000,
                                                      1'000'000'000, 5'000'000'000, 10'000'000'000, 30'000'000'000,
                                                      60'000'000'000, 300'000'000'000, 3'600'000'000'000},
                                                     1e-9};

/// The figures of one domain. Any thread; adding is lock-free.
class domain_figures {
public:
  domain_figures(metrics::registry& registry, const uuid& id, const std::string& name);

  void add(const run_tally& tally) noexcept;
  metrics::histogram& decision_waits; ///< ns from scheduled to started
  metrics::histogram& activity_waits; ///< the same of each attempt

  [[nodiscard]] const uuid& id() const { return id_; }

private:
  const uuid id_;
  std::array<metrics::counter*, counted_kinds> counts_{};
};

/// The figures of one task list or partition, kept by its actor.
struct list_figures {
  std::atomic<std::int64_t> backlog{0};
  std::atomic<std::int64_t> oldest_ns{0}; ///< when the task began to wait that has waited longest; 0: none waits
  std::atomic<std::int64_t> polls{0};     ///< that wait for a task
  std::atomic<std::int64_t> last_poll_ns{0};
};

/// What the workers and workflows of an engine do, by domain and task list, for the metrics page. Label values are
/// bounded: what comes after the first `domains_max` domains and `lists_max` lists is summed up under `other`.
///
/// Any thread. The registry and the clock must outlive it, and it must outlive the engine.
class workload {
public:
  static constexpr std::size_t domains_max = 100;
  static constexpr std::size_t lists_max = 500;

  workload(metrics::registry& registry, const clock& time);
  ~workload();
  workload(const workload&) = delete;
  workload& operator=(const workload&) = delete;

  /// Lock-free but for the first time that a domain is seen. A deleted domain keeps its place until the end.
  [[nodiscard]] domain_figures& of(const workflow::domain_view& domain);
  /// Shown for as long as somebody holds it; partitions of a list are added up under the list's name.
  [[nodiscard]] std::shared_ptr<list_figures> add_list(const std::string& domain, const std::string& list, int type);
  void timer_fired(std::int64_t late_ns) noexcept { lateness_.observe(late_ns); }
  /// Numbers of open runs by the name of their domain.
  void set_open(std::map<std::string, std::int64_t> by_domain);

  [[nodiscard]] static std::span<const metrics::declaration> table();

private:
  static constexpr std::size_t slots = 256; ///< a power of two, and never full
  using list_key = std::tuple<std::string, std::string, int>;
  struct listed {
    list_key key;
    std::weak_ptr<list_figures> figures;
  };
  struct list_sum {
    std::int64_t backlog = 0;
    std::int64_t oldest_ns = 0;
    std::int64_t polls = 0;
    std::int64_t last_poll_ns = 0;
  };

  void show();
  [[nodiscard]] std::map<list_key, list_sum> sums();
  [[nodiscard]] metrics::samples lists(double (*value)(const list_sum&, std::int64_t now_ns));

  metrics::registry& registry_;
  const clock& time_;
  metrics::histogram& lateness_;
  std::array<std::atomic<domain_figures*>, slots> by_domain_{};
  std::atomic<std::size_t> domains_{0};
  domain_figures other_; ///< of domains that have none of their own
  std::mutex lock_;
  std::list<listed> lists_;
  std::set<list_key> named_; ///< lists with a label of their own
  std::map<std::string, std::int64_t> open_;
  std::vector<metrics::registry::callback_handle> shown_;
};

} // namespace cadenza::actors
