#include "actors/runs/run_warnings.hpp"

#include <string_view>

namespace cadenza::actors {

namespace {

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
  const auto id = run.key().run_id.str();
  const auto note = [&](limit_warning what, log::field name, log::field size, log::field limit, log::sentence says) {
    to.note(
        what,
        {name, size, limit, field::domain(domain.name), field::workflow_id(run.key().workflow_id), field::run_id(id)},
        says);
  };
  if (crossed(before.history_bytes, now.history_bytes, limits.history_size_warn))
    note(limit_warning::history_size, field::what("history"), field::bytes(now.history_bytes),
         field::limit(limits.history_size_warn),
         "a history has {bytes} bytes, more than limit.historySize.warn of {limit}");
  if (crossed(before.events, now.events, limits.history_count_warn))
    note(limit_warning::history_count, field::what("history"), field::count(now.events),
         field::limit(limits.history_count_warn),
         "a history has {count} events, more than limit.historyCount.warn of {limit}");
  if (crossed(before.activities, now.activities, limits.pending_activities_warn))
    note(limit_warning::pending_activities, field::what("activities"), field::count(now.activities),
         field::limit(limits.pending_activities_warn),
         "a run has {count} pending activities, more than limit.pendingActivityCount.warn of {limit}");
  if (now.decision_attempt > limits.decision_attempts_critical && now.decision_attempt != before.decision_attempt)
    note(limit_warning::decision_attempts, field::what("decision"), field::attempt(now.decision_attempt),
         field::limit(limits.decision_attempts_critical),
         "a decision is at attempt {attempt}, more than history.decisionRetryCriticalAttempts of {limit}");
  if (seen.blobs > 0)
    note(limit_warning::blob_size, field::what(seen.blob_name), field::bytes(seen.blob_bytes),
         field::limit(limits.blob_size_warn), "{what} of {bytes} bytes is larger than limit.blobSize.warn of {limit}");
  if (seen.ids > 0)
    note(limit_warning::id_length, field::what(seen.id_name), field::bytes(seen.id_bytes),
         field::limit(limits.lengths.warn), "{what} of {bytes} bytes is longer than limit.maxIDWarnLength of {limit}");
}

} // namespace cadenza::actors
