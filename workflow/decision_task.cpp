#include "workflow/decision_task.hpp"

#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/decision_state.hpp"
#include "workflow/describe.hpp"

#include <algorithm>
#include <cmath>

namespace cadenza::workflow {
namespace {

const char* const not_found = "Decision task not found.";

/// The first decision after a change of the version is never transient: the event says who writes from now on.
bool version_changed(const transaction& tx) {
  const auto& r = tx.state();
  const auto& histories = r.head().version_histories();
  if (histories.branches().empty() || r.current_branch().items().empty())
    return false;
  return r.last_write_version() != tx.version();
}

bool sticky_usable(const transaction& tx) {
  const auto& head = tx.state().head();
  return !head.sticky_task_list().empty() &&
         tx.now() <= head.last_updated_ns() + tx.env().limits->sticky_ttl_s * ns_per_s;
}

api::HistoryEvent scheduled_event(const std::string& task_list, std::int32_t timeout_s, std::int64_t attempt) {
  api::HistoryEvent e;
  auto& a = *e.mutable_decision_task_scheduled_event_attributes();
  a.mutable_task_list()->set_name(task_list);
  set_seconds(*a.mutable_start_to_close_timeout(), timeout_s);
  a.set_attempt(static_cast<std::int32_t>(attempt));
  return e;
}

api::HistoryEvent started_event(std::int64_t schedule_id, const std::string& request_id, const std::string& identity) {
  api::HistoryEvent e;
  auto& a = *e.mutable_decision_task_started_event_attributes();
  a.set_scheduled_event_id(schedule_id);
  a.set_identity(identity);
  a.set_request_id(request_id);
  return e;
}

void add_schedule_tasks(transaction& tx) {
  const auto& r = tx.state();
  CADENZA_ASSERT(r.has_pending_decision() && !r.has_started_decision(),
                 "a decision goes to a list while no worker has it");
  const auto& head = r.head();
  const auto& limits = *tx.env().limits;
  const auto& decision = head.decision();
  const bool sticky = !head.sticky_task_list().empty();
  auto& task = tx.add_transfer(rec::TRANSFER_DECISION);
  task.set_version(decision.version());
  task.set_schedule_id(decision.schedule_id());
  task.set_attempt(decision.attempt());
  task.set_target_domain_id(r.key().domain_id.raw());
  task.set_task_list(decision.task_list());
  task.set_task_list_kind(sticky ? api::TASK_LIST_KIND_STICKY : r.fixed().task_list_kind());
  task.set_original_task_list(r.fixed().task_list());
  task.set_original_task_list_kind(r.fixed().task_list_kind());
  task.set_schedule_to_start_s(sticky ? head.sticky_schedule_to_start_s()
                                      : std::min(r.fixed().execution_timeout_s(), max_task_timeout_s));

  std::int64_t wait_s = 0;
  if (sticky)
    wait_s = head.sticky_schedule_to_start_s();
  else if (decision.attempt() < limits.normal_schedule_to_start_max_attempts)
    wait_s = limits.normal_schedule_to_start_timeout_s;
  if (wait_s <= 0)
    return;
  auto& timer = tx.add_timer(rec::TIMER_DECISION_TIMEOUT, decision.scheduled_ns() + wait_s * ns_per_s);
  timer.set_version(decision.version());
  timer.set_event_id(decision.schedule_id());
  timer.set_attempt(decision.attempt());
  timer.set_timeout_type(api::TIMEOUT_TYPE_SCHEDULE_TO_START);
  timer.set_task_list(r.fixed().task_list());
}

/// Attempts after the second one are given more and more time, so that a broken worker does not spin.
std::int64_t start_to_close_ns(std::int64_t attempt, std::int32_t configured_s, entropy& chance) {
  if (attempt <= 1)
    return configured_s * ns_per_s;
  constexpr std::int64_t first = 60 * ns_per_s;
  constexpr std::int64_t most = 300 * ns_per_s;
  const auto base = attempt > 5 ? most : std::min(first << (attempt - 2), most);
  return base / 10 * 8 + chance.below(base / 10 * 2);
}

void add_start_to_close_timer(transaction& tx, std::int64_t timeout_ns) {
  CADENZA_ASSERT(tx.state().has_started_decision(), "the time of a decision runs from its start");
  const auto& decision = tx.state().head().decision();
  auto& timer = tx.add_timer(rec::TIMER_DECISION_TIMEOUT, decision.started_ns() + timeout_ns);
  timer.set_version(decision.version());
  timer.set_event_id(decision.schedule_id());
  timer.set_attempt(decision.attempt());
  timer.set_timeout_type(api::TIMEOUT_TYPE_START_TO_CLOSE);
  timer.set_task_list(tx.state().fixed().task_list());
}

/// The event for the pending decision's timeout, when it leaves one; the decision is over afterwards.
void add_decision_timed_out(transaction& tx, api::TimeoutType type) {
  const auto& decision = tx.state().head().decision();
  const bool waited = type == api::TIMEOUT_TYPE_SCHEDULE_TO_START;
  CADENZA_ASSERT(tx.state().has_pending_decision() && waited != tx.state().has_started_decision(),
                 "a decision that waited too long has not started, one that took too long has");
  if (decision.attempt() > 0) {
    note_decision_failed(tx.head(), !(waited && !tx.state().head().sticky_task_list().empty()));
    return;
  }
  api::HistoryEvent e;
  auto& a = *e.mutable_decision_task_timed_out_event_attributes();
  a.set_scheduled_event_id(decision.schedule_id());
  a.set_started_event_id(waited ? 0 : decision.started_id());
  a.set_timeout_type(type);
  a.set_fork_event_version(local_version);
  a.set_cause(api::DECISION_TASK_TIMED_OUT_CAUSE_TIMEOUT);
  tx.add(std::move(e));
}

} // namespace

void schedule_decision(transaction& tx, bool with_tasks, std::int64_t original_ns) {
  CADENZA_ASSERT(!tx.state().has_pending_decision(), "a run has one decision at a time");
  CADENZA_ASSERT(tx.state().open(), "only an open run decides");
  auto& head = tx.head();
  if (!sticky_usable(tx))
    drop_stickiness(tx);
  if (tx.has_buffered_events()) {
    // The worker has not seen these events, so this is a new decision and not another attempt.
    head.set_next_decision_attempt(0);
    tx.flush_buffered();
  }
  const auto attempt = head.next_decision_attempt();
  const auto timeout_s = tx.state().fixed().decision_timeout_s();
  const std::string task_list =
      head.sticky_task_list().empty() ? tx.state().fixed().task_list() : head.sticky_task_list();
  if (attempt == 0 || version_changed(tx)) {
    tx.add(scheduled_event(task_list, timeout_s, attempt));
    if (original_ns != 0)
      head.mutable_decision()->set_original_scheduled_ns(original_ns);
  } else {
    note_decision_scheduled(tx, tx.version(), tx.next_event_id(), task_list, timeout_s, attempt, tx.now(), original_ns);
  }
  CADENZA_ASSERT(tx.state().has_pending_decision(), "a decision that was scheduled is pending");
  if (with_tasks)
    add_schedule_tasks(tx);
}

void schedule_decision_if_none(transaction& tx) {
  if (!tx.state().has_pending_decision() && tx.state().has_processed_or_pending_decision())
    schedule_decision(tx);
}

outcome<decision_started> start_decision(transaction& tx, std::int64_t schedule_id, const std::string& request_id,
                                         const std::string& identity) {
  const auto& r = tx.state();
  if (!r.open())
    return not_exists("workflow execution already completed");
  if (!r.has_pending_decision() || r.head().decision().schedule_id() != schedule_id)
    return not_exists(not_found);
  if (r.has_started_decision()) {
    if (r.head().decision().request_id() != request_id)
      return internal_error("decision already started");
    auto again = describe_started_decision(r, identity);
    again.repeated = true;
    return again;
  }
  auto& head = tx.head();
  if (head.decision().attempt() > 0 && (schedule_id != tx.next_event_id() || version_changed(tx))) {
    // Events came in meanwhile: the worker must see them before the decision, so it is written after them.
    const auto before = head.decision();
    tx.add(scheduled_event(before.task_list(), before.timeout_s(), 0));
    head.mutable_decision()->set_original_scheduled_ns(before.original_scheduled_ns());
  }
  if (head.decision().attempt() == 0)
    tx.add(started_event(head.decision().schedule_id(), request_id, identity));
  else
    note_decision_started(head, tx.version(), schedule_id, schedule_id + 1, request_id, tx.now());

  auto& decision = *head.mutable_decision();
  const auto timeout_ns = start_to_close_ns(
      decision.attempt(), decision.attempt() > 1 ? r.fixed().decision_timeout_s() : decision.timeout_s(),
      *tx.env().chance);
  decision.set_timeout_s(static_cast<std::int32_t>(timeout_ns / ns_per_s));
  add_start_to_close_timer(tx, timeout_ns);
  return describe_started_decision(r, identity);
}

decision_started describe_started_decision(const run& r, const std::string& identity) {
  CADENZA_ASSERT(r.has_started_decision(), "what a worker is told of a decision is told once it has started");
  const auto& head = r.head();
  const auto& decision = head.decision();
  decision_started out;
  out.schedule_id = decision.schedule_id();
  out.started_id = decision.started_id();
  out.attempt = decision.attempt();
  out.previous_started_id = head.last_processed_event();
  out.next_event_id = head.next_event_id();
  out.history_size = head.history_size();
  out.scheduled_ns = decision.scheduled_ns();
  out.started_ns = decision.started_ns();
  out.sticky = !head.sticky_task_list().empty();
  out.execution_task_list = r.fixed().task_list();
  out.execution_task_list_kind = r.fixed().task_list_kind();
  if (decision.attempt() > 0) {
    auto& scheduled =
        out.synthetic.emplace_back(scheduled_event(r.fixed().task_list(), decision.timeout_s(), decision.attempt()));
    scheduled.set_event_id(decision.schedule_id());
    scheduled.set_version(decision.version());
    set_time(*scheduled.mutable_event_time(), decision.scheduled_ns());
    auto& started = out.synthetic.emplace_back(started_event(decision.schedule_id(), decision.request_id(), identity));
    started.set_event_id(decision.started_id());
    started.set_version(decision.version());
    set_time(*started.mutable_event_time(), decision.started_ns());
  }
  return out;
}

void add_pending_decision_tasks(transaction& tx) {
  if (tx.state().has_started_decision())
    add_start_to_close_timer(tx, tx.state().head().decision().timeout_s() * ns_per_s);
  else if (tx.state().has_pending_decision())
    add_schedule_tasks(tx);
}

void add_decision_failed(transaction& tx, api::DecisionTaskFailedEventAttributes attributes) {
  CADENZA_ASSERT(tx.state().has_started_decision(), "only a started decision fails");
  const auto& decision = tx.state().head().decision();
  const auto cause = attributes.cause();
  if (decision.attempt() == 0) {
    attributes.set_scheduled_event_id(decision.schedule_id());
    attributes.set_started_event_id(decision.started_id());
    attributes.mutable_failure();
    api::HistoryEvent e;
    *e.mutable_decision_task_failed_event_attributes() = std::move(attributes);
    tx.add(std::move(e));
    return;
  }
  note_decision_failed(tx.head(), cause != api::DECISION_TASK_FAILED_CAUSE_RESET_WORKFLOW &&
                                      cause != api::DECISION_TASK_FAILED_CAUSE_FAILOVER_CLOSE_DECISION);
}

outcome<void> fail_decision(transaction& tx, std::int64_t schedule_id, std::int64_t attempt,
                            const api::RespondDecisionTaskFailedRequest& request) {
  const auto& r = tx.state();
  if (!r.open())
    return already_completed();
  const auto& decision = r.head().decision();
  if (!r.has_started_decision() || decision.schedule_id() != schedule_id || decision.attempt() != attempt)
    return not_exists(not_found);
  api::DecisionTaskFailedEventAttributes a;
  a.set_cause(request.cause());
  if (request.has_details())
    a.mutable_failure()->set_details(request.details().data());
  a.set_identity(request.identity());
  a.set_binary_checksum(request.binary_checksum());
  add_decision_failed(tx, std::move(a));
  schedule_decision(tx);
  return {};
}

void fail_started_decision(transaction& tx, api::DecisionTaskFailedCause cause, const std::string& details,
                           const std::string& identity, const std::string& reason, const std::string& base_run_id,
                           const std::string& new_run_id, std::int64_t fork_version, const std::string& request_id) {
  if (!tx.state().has_started_decision())
    return;
  api::DecisionTaskFailedEventAttributes a;
  a.set_cause(cause);
  a.mutable_failure()->set_reason(reason);
  a.mutable_failure()->set_details(details);
  a.set_identity(identity);
  a.set_base_run_id(base_run_id);
  a.set_new_run_id(new_run_id);
  a.set_fork_event_version(fork_version);
  a.set_request_id(request_id);
  add_decision_failed(tx, std::move(a));
  tx.flush_buffered();
}

void terminate_for_attempts(transaction& tx, const std::string& details) {
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_terminated_event_attributes();
  a.set_reason("DECISION_ATTEMPTS_EXCEEDS_LIMIT");
  a.mutable_details()->set_data(details);
  a.set_identity(std::string(history_identity));
  tx.add(std::move(e));
}

void terminate_too_large(transaction& tx) {
  if (tx.state().has_started_decision()) {
    api::DecisionTaskFailedEventAttributes failed;
    failed.set_cause(api::DECISION_TASK_FAILED_CAUSE_FORCE_CLOSE_DECISION);
    failed.set_identity(std::string(history_identity));
    add_decision_failed(tx, std::move(failed));
  }
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_terminated_event_attributes();
  a.set_reason("TRANSACTION_SIZE_EXCEEDS_LIMIT");
  a.set_identity(std::string(history_identity));
  tx.add(std::move(e));
}

outcome<bool> decision_timed_out(transaction& tx, const rec::TimerTask& timer) {
  const auto& r = tx.state();
  if (!r.open() || !r.has_pending_decision())
    return false;
  const auto& decision = r.head().decision();
  if (decision.schedule_id() != timer.event_id() || decision.version() != timer.version() ||
      decision.attempt() != timer.attempt())
    return false;
  if (timer.timeout_type() == api::TIMEOUT_TYPE_SCHEDULE_TO_START) {
    if (r.has_started_decision())
      return false;
    add_decision_timed_out(tx, api::TIMEOUT_TYPE_SCHEDULE_TO_START);
    schedule_decision(tx);
    return true;
  }
  if (!r.has_started_decision())
    return false;
  add_decision_timed_out(tx, api::TIMEOUT_TYPE_START_TO_CLOSE);
  const auto& limits = *tx.env().limits;
  if (limits.enforce_decision_attempts && limits.decision_attempts_max > 0 &&
      r.head().next_decision_attempt() > limits.decision_attempts_max) {
    terminate_for_attempts(
        tx, "Decision attempt exceeds limit. Last decision attempt failed due to start-to-close timeout.");
    return true;
  }
  schedule_decision(tx);
  return true;
}

bool backoff_over(transaction& tx) {
  const auto& r = tx.state();
  if (!r.open() || r.has_processed_or_pending_decision())
    return false;
  schedule_decision(tx);
  // The run is no longer pending in the eyes of those who list it.
  add_upsert_task(tx);
  return true;
}

outcome<void> schedule_first_decision(transaction& tx) {
  const auto& r = tx.state();
  if (!r.open())
    return not_exists("workflow execution already completed");
  if (r.has_processed_or_pending_decision())
    return {};
  const auto& fixed = r.fixed();
  if (fixed.first_decision_backoff_s() > 0)
    add_backoff_timer(tx, fixed.start_ns() + fixed.first_decision_backoff_s() * ns_per_s,
                      api::CONTINUE_AS_NEW_INITIATOR_INVALID);
  else
    schedule_decision(tx);
  return {};
}

outcome<void> clear_sticky(transaction& tx) {
  if (!tx.state().open())
    return already_completed();
  drop_stickiness(tx);
  return {};
}

void drop_stickiness(transaction& tx) {
  auto& head = tx.head();
  head.clear_sticky_task_list();
  head.clear_sticky_schedule_to_start_s();
  head.clear_no_sticky_queries();
  head.clear_client_library_version();
  head.clear_client_feature_version();
  head.clear_client_impl();
}

void add_upsert_task(transaction& tx) {
  *tx.add_transfer(rec::TRANSFER_UPSERT).mutable_visibility() = visibility_record(tx.state(), tx.env());
}

void add_backoff_timer(transaction& tx, std::int64_t fire_ns, api::ContinueAsNewInitiator initiator) {
  constexpr int retry = 0;
  constexpr int cron = 1;
  constexpr int delayed_start = 2;
  const auto& fixed = tx.state().fixed();
  auto& timer = tx.add_timer(rec::TIMER_WORKFLOW_BACKOFF, fire_ns);
  timer.set_timeout_type(initiator == api::CONTINUE_AS_NEW_INITIATOR_RETRY_POLICY ? retry
                         : fixed.cron_schedule().empty()                          ? delayed_start
                                                                                  : cron);
  timer.set_task_list(fixed.task_list());
}

} // namespace cadenza::workflow
