#include "workflow/close.hpp"

#include "messages/invariant.hpp"
#include "workflow/cron.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/describe.hpp"
#include "workflow/event_kinds.hpp"
#include "workflow/missing.hpp"
#include "workflow/retry.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace cadenza::workflow {

namespace {

constexpr std::int64_t ns_per_day = 86'400 * ns_per_s;
const std::string timeout_reason = "cadenceInternal:Timeout START_TO_CLOSE";

/// FNV-1a, 32 bits: decides with the other servers of a cluster alike whose history is kept for longer.
std::uint32_t fnv32a(std::string_view text) {
  std::uint32_t hash = 2'166'136'261U;
  for (const unsigned char c : text)
    hash = (hash ^ c) * 16'777'619U;
  return hash;
}

template <class Number> std::optional<Number> number_of(const std::string& text) {
  Number value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// Days for which the history of a closed run is kept. A domain may ask for more for a sample of its workflow ids.
std::int64_t retention_days(const domain_view& domain, const std::string& workflow_id) {
  // 0 days are a wish, too, where system.minRetentionDays allows them.
  const auto days = domain.row.domain().has_workflow_execution_retention_period() ? domain.retention_days() : 1;
  const auto& data = domain.row.domain().data();
  const auto rate_text = data.find("sample_retention_rate");
  const auto days_text = data.find("sample_retention_days");
  if (rate_text == data.end() || days_text == data.end())
    return days;
  const auto rate = number_of<double>(rate_text->second);
  const auto sampled_days = number_of<int>(days_text->second);
  if (!rate || !sampled_days || static_cast<double>(fnv32a(workflow_id) % 1000) / 1000 >= *rate)
    return days;
  return std::max(days, std::min(*sampled_days, domain_view::retention_days_most));
}

/// How a run of a cron chain ended, although its close status is always "continued as new".
api::WorkflowExecutionStatus logical_status(const api::WorkflowExecutionContinuedAsNewEventAttributes& a) {
  std::string reason = a.failure().reason();
  if (reason.empty())
    return api::WORKFLOW_EXECUTION_STATUS_COMPLETED;
  std::transform(reason.begin(), reason.end(), reason.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const bool timed_out = reason.find("timeout") != std::string::npos || reason.find("timed out") != std::string::npos;
  return timed_out ? api::WORKFLOW_EXECUTION_STATUS_TIMED_OUT : api::WORKFLOW_EXECUTION_STATUS_FAILED;
}

const api::HistoryEvent* close_event(transaction& tx) {
  const auto& head = tx.state().head();
  const auto* e = tx.event(head.next_event_id() - 1, head.completion_event_batch_id());
  CADENZA_ASSERT(e == nullptr || ends_run(e->attributes_case()), "the last event of a run that has ended says how");
  return e;
}

} // namespace

outcome<bool> workflow_timed_out(transaction& tx, const rec::TimerTask& timer) {
  const auto& r = tx.state();
  if (!r.open() || timer.version() != r.fixed().start_version())
    return false;
  std::optional<std::int32_t> backoff_s;
  auto initiator = api::CONTINUE_AS_NEW_INITIATOR_RETRY_POLICY;
  if (!r.head().cancel_requested()) {
    backoff_s = workflow_retry_backoff(r, tx.env(), timeout_reason);
    if (!backoff_s) {
      backoff_s = workflow_cron_backoff(r, tx.env());
      initiator = api::CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE;
    }
  }
  fail_started_decision(tx, api::DECISION_TASK_FAILED_CAUSE_FORCE_CLOSE_DECISION, {}, std::string(history_identity));
  if (backoff_s) {
    api::Failure failure;
    failure.set_reason(timeout_reason);
    CADENZA_TRY(continue_by_server(tx, no_event_id, *backoff_s, initiator, &failure, nullptr));
    return true;
  }
  api::HistoryEvent e;
  e.mutable_workflow_execution_timed_out_event_attributes()->set_timeout_type(api::TIMEOUT_TYPE_START_TO_CLOSE);
  tx.add(std::move(e));
  return true;
}

std::optional<std::int32_t> workflow_retry_backoff(const run& r, const environment& env, const std::string& reason) {
  const auto& fixed = r.fixed();
  if (!fixed.has_retry_policy())
    return std::nullopt;
  const auto wait_ns =
      retry_backoff_ns(fixed.retry_policy(), fixed.attempt(), fixed.expiration_ns(), env.now_ns, reason);
  if (!wait_ns)
    return std::nullopt;
  return static_cast<std::int32_t>(
      std::min<std::int64_t>(*wait_ns / ns_per_s, std::numeric_limits<std::int32_t>::max()));
}

std::optional<std::int32_t> workflow_cron_backoff(const run& r, const environment& env) {
  const auto& fixed = r.fixed();
  const auto due_ns = fixed.start_ns() + fixed.first_decision_backoff_s() * ns_per_s;
  const auto wait_s = cron_backoff_s(fixed.cron_schedule(), due_ns, env.now_ns, fixed.cron_overlap_policy());
  if (!wait_s)
    return std::nullopt;
  const auto jitter_s = fixed.jitter_s() > 0 ? env.chance->below(std::int64_t{fixed.jitter_s()} + 1) : 0;
  return static_cast<std::int32_t>(
      std::min<std::int64_t>(*wait_s + jitter_s, std::numeric_limits<std::int32_t>::max()));
}

void add_close_tasks(transaction& tx) {
  const auto& r = tx.state();
  const auto& env = tx.env();
  CADENZA_ASSERT(r.closed(), "others are told of the end of a run when it has ended");
  auto& task = tx.add_transfer(rec::TRANSFER_CLOSE);
  task.set_task_list(r.fixed().task_list());
  if (r.head().close_status() == close_status::continued_as_new && !r.fixed().cron_schedule().empty())
    if (const auto* e = close_event(tx))
      tx.head().set_listed_status(logical_status(e->workflow_execution_continued_as_new_event_attributes()));
  *task.mutable_visibility() = visibility_record(r, env);

  // Spread over time, so that runs that closed together are not all deleted together.
  const auto jitter_ns = env.chance->below(std::int64_t{env.limits->deletion_jitter_minutes} * 60) * ns_per_s;
  const auto keep_ns = retention_days(*env.domain, r.key().workflow_id) * ns_per_day;
  tx.add_timer(rec::TIMER_DELETE_HISTORY, r.head().close_time_ns() + keep_ns + jitter_ns)
      .set_task_list(r.fixed().task_list());
}

outcome<close_report> report_close(transaction& tx) {
  const auto& r = tx.state();
  if (!r.closed())
    return internal_error("The workflow is not closed.");
  close_report report;
  const auto& fixed = r.fixed();
  if (r.has_parent() && r.head().close_status() != close_status::continued_as_new) {
    const auto* e = close_event(tx);
    if (e == nullptr)
      return event_not_at_hand();
    report.notify_parent = true;
    report.parent = {uuid::from_raw(fixed.parent_domain_id()), fixed.parent_domain(), fixed.parent_workflow_id(),
                     fixed.parent_run_id(), fixed.parent_initiated_id()};
    report.close_event = *e;
  }
  for (const auto& [initiated_id, child] : r.children()) {
    if (child.parent_close_policy() == api::PARENT_CLOSE_POLICY_ABANDON ||
        child.parent_close_policy() == api::PARENT_CLOSE_POLICY_INVALID)
      continue;
    const auto domain_id = child.domain_id().empty() ? r.key().domain_id : uuid::from_raw(child.domain_id());
    const auto domain = tx.env().domains->find(domain_id);
    report.children.push_back({domain_id, domain != nullptr ? domain->name : child.domain(),
                               child.started_workflow_id(), child.started_run_id(),
                               child.parent_close_policy() == api::PARENT_CLOSE_POLICY_TERMINATE});
  }
  return report;
}

} // namespace cadenza::workflow
