#include "config/limit_warnings.hpp"

namespace cadenza {

namespace {

constexpr std::array<const char*, limit_warnings_count> names{
    "blob_size", "history_size", "history_count", "pending_activities", "id_length", "decision_attempts"};

} // namespace

limit_warnings::limit_warnings(metrics::registry& registry, std::function<void(const std::string&)> write,
                               std::function<std::int64_t()> steady_ns)
  : write_(std::move(write)), steady_ns_(std::move(steady_ns)) {
  for (std::size_t i = 0; i < notes_.size(); ++i)
    notes_[i].counter = &registry.counter(limit_warning_metrics[0], {{"limit", names[i]}});
}

void limit_warnings::write(std::string text, std::uint64_t left_out) const {
  if (left_out > 0)
    text += " (" + std::to_string(left_out) + " more like this left out)";
  write_(text);
}

} // namespace cadenza
