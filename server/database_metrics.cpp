#include "server/database_metrics.hpp"

#include <array>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

namespace cadenza {
namespace {

constexpr std::array<std::string_view, 5> outcomes{"committed", "condition_failed", "unavailable", "unknown_outcome",
                                                   "corrupted"};

/// The metrics of each operation, made when it comes for the first time.
class operations {
public:
  explicit operations(metrics::registry& registry) : registry_(registry) {}

  void done(std::string_view name, storage::status how, std::int64_t elapsed_ns) {
    metrics::histogram* times = nullptr;
    {
      const std::lock_guard guard(mutex_);
      auto& known = times_[name];
      if (known == nullptr)
        known = &registry_.histogram(database_metrics[0], {{"operation", std::string(name)}});
      times = known;
    }
    times->observe(elapsed_ns);
    if (how != storage::status::committed)
      registry_
          .counter(database_metrics[1], {{"operation", std::string(name)},
                                         {"outcome", std::string(outcomes[static_cast<std::size_t>(how)])}})
          .add();
  }

private:
  metrics::registry& registry_;
  std::mutex mutex_;                                                ///< guards what follows
  std::unordered_map<std::string_view, metrics::histogram*> times_; ///< names are literals
};

} // namespace

storage::store_probes database_probes_of(metrics::registry& registry, storage::store_probes common) {
  auto& connections = registry.gauge(database_metrics[2]);
  auto& failures = registry.counter(database_metrics[3]);
  auto& queued = registry.histogram(database_metrics[4], {}, metrics::count_buckets);
  auto all = std::make_shared<operations>(registry);
  common.operation_done = [all](const char* name, storage::status how, std::int64_t elapsed_ns) {
    all->done(name, how, elapsed_ns);
  };
  common.connections_changed = [&connections](bool opened) { opened ? connections.add() : connections.sub(); };
  common.connection_failed = [&failures] { failures.add(); };
  common.queue_left = [&queued](std::int64_t commits) { queued.observe(commits); };
  return common;
}

} // namespace cadenza
