#include "config/limit_warnings.hpp"

namespace cadenza {

namespace {

constexpr std::array<const char*, limit_warnings_count> names{
    "blob_size", "history_size", "history_count", "pending_activities", "id_length", "decision_attempts"};

} // namespace

limit_warnings::limit_warnings(metrics::registry& registry, log::sink write, std::function<std::int64_t()> steady_ns)
  : write_(std::move(write)), steady_ns_(std::move(steady_ns)) {
  for (std::size_t i = 0; i < notes_.size(); ++i)
    notes_[i].counter = &registry.counter(limit_warning_metrics[0], {{"limit", names[i]}});
}

} // namespace cadenza
