#include "actors/runs/run_warnings.hpp"

#include <string>

namespace cadenza::actors {

namespace {

std::string about(const workflow::domain_view& domain, const workflow::run& run) {
  return " (domain " + domain.name + ", workflow " + run.key().workflow_id + ", run " + run.key().run_id.str() + ')';
}

bool crossed(std::int64_t before, std::int64_t after, std::int64_t limit) { return after > limit && before <= limit; }

} // namespace

run_measures run_measures::of(const workflow::run& run) {
  run_measures out;
  out.history_bytes = run.head().history_size();
  out.events = run.next_event_id() - 1;
  out.activities = static_cast<std::int64_t>(run.activities().size());
  if (run.head().has_decision())
    out.decision_attempt = run.head().decision().attempt();
  return out;
}

void warn_of_growth(limit_warnings& to, const workflow::rules& limits, const workflow::domain_view& domain,
                    const workflow::run& run, const run_measures& before, const workflow::oversized& seen) {
  const auto now = run_measures::of(run);
  const auto number = [](std::int64_t n) { return std::to_string(n); };
  if (crossed(before.history_bytes, now.history_bytes, limits.history_size_warn))
    to.note(limit_warning::history_size, [&] {
      return "a history has " + number(now.history_bytes) + " bytes, more than limit.historySize.warn of " +
             number(limits.history_size_warn) + about(domain, run);
    });
  if (crossed(before.events, now.events, limits.history_count_warn))
    to.note(limit_warning::history_count, [&] {
      return "a history has " + number(now.events) + " events, more than limit.historyCount.warn of " +
             number(limits.history_count_warn) + about(domain, run);
    });
  if (crossed(before.activities, now.activities, limits.pending_activities_warn))
    to.note(limit_warning::pending_activities, [&] {
      return "a run has " + number(now.activities) +
             " pending activities, more than limit.pendingActivityCount.warn of " +
             number(limits.pending_activities_warn) + about(domain, run);
    });
  if (now.decision_attempt > limits.decision_attempts_critical && now.decision_attempt != before.decision_attempt)
    to.note(limit_warning::decision_attempts, [&] {
      return "a decision is at attempt " + number(now.decision_attempt) +
             ", more than history.decisionRetryCriticalAttempts of " + number(limits.decision_attempts_critical) +
             about(domain, run);
    });
  if (seen.blobs > 0)
    to.note(limit_warning::blob_size, [&] {
      return std::string(seen.blob_name) + " of " + std::to_string(seen.blob_bytes) +
             " bytes is larger than limit.blobSize.warn of " + number(limits.blob_size_warn) + about(domain, run);
    });
  if (seen.ids > 0)
    to.note(limit_warning::id_length, [&] {
      return std::string(seen.id_name) + " of " + std::to_string(seen.id_bytes) +
             " bytes is longer than limit.maxIDWarnLength of " + number(limits.lengths.warn) + about(domain, run);
    });
}

} // namespace cadenza::actors
