#include "workflow/replicated.hpp"

#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/signal.hpp"
#include "workflow/task_refresh.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace cadenza::workflow {
namespace {

bool changes_lists(const api::HistoryEvent& e) { return e.has_upsert_workflow_search_attributes_event_attributes(); }

constexpr const char* conflict_reason = "Terminate Workflow Due To Version Conflict.";

bool is_signal(const api::HistoryEvent& e) { return e.has_workflow_execution_signaled_event_attributes(); }

} // namespace

environment at_version(const environment& env, std::int64_t version) {
  auto domain = std::make_shared<domain_view>(*env.domain);
  domain->row.set_failover_version(version);
  auto out = env;
  out.domain = std::move(domain);
  return out;
}

// --- passive transactions

void transaction::write_passively() {
  CADENZA_ASSERT(!closed_ && !has_new_events() && out_.transfer.empty() && out_.timers.empty(),
                 "a transaction is passive from its beginning");
  passive_ = true;
}

outcome<void> transaction::take_over(std::shared_ptr<api::History> foreign) {
  CADENZA_ASSERT(passive_ && aside_.empty(), "foreign events are taken over by a passive transaction");
  CADENZA_ASSERT(run_.buffered_.empty(), "own events that wait are written down before foreign ones are taken over");
  CADENZA_TRY(replay(*foreign));
  batches_.push_back(std::move(foreign));
  return {};
}

void transaction::take_over_aside(int branch, std::shared_ptr<const api::History> foreign) {
  auto& histories = *run_.head_.mutable_version_histories();
  CADENZA_ASSERT(passive_ && batches_.empty(), "events are put aside by a passive transaction");
  CADENZA_ASSERT(branch != histories.current() && branch < histories.branches_size(),
                 "events that are put aside are for a branch that is not the current one");
  for (const auto& e : foreign->events())
    append_event(*histories.mutable_branches(branch), e.event_id(), e.version());
  aside_.emplace_back(branch, std::move(foreign));
}

void transaction::replace(const run& old) {
  CADENZA_ASSERT(run_.head_.state() == run_state::none && run_.key_ == old.key(),
                 "a run is built anew in place of itself");
  CADENZA_ASSERT(old.head().row_version() > 0, "what is replaced has been stored");
  run_.head_.set_row_version(old.head().row_version());
  saved_head_.set_row_version(old.head().row_version());
  saved_head_.set_current_version(old.head().current_version());
  out_.mutation.clear_pending = true;
}

void transaction::finish_replacing(const run& old, std::int64_t shared_id) {
  auto& fixed = edit_fixed();
  fixed.set_jitter_s(old.fixed().jitter_s());
  fixed.set_parent_domain_id(old.fixed().parent_domain_id());
  *fixed.mutable_earlier_requests() = old.fixed().earlier_requests();
  run_.head_.set_next_buffered_row(old.head().next_buffered_row());
  // What was told by a later version than that of the new branch will not be told again.
  for (const auto& [schedule_id, had] : old.activities()) {
    const auto* now = schedule_id <= shared_id ? run_.activities_.find(schedule_id) : nullptr;
    if (now == nullptr || had.version() <= run_.last_write_version())
      continue;
    if (now->has_retry_policy() || now->started_id() != no_event_id)
      take_over_activity(*this, state_of(had), false);
  }
}

void transaction::add_tasks_of_batches() {
  CADENZA_ASSERT(passive_, "who writes events of his own adds their tasks by himself");
  if (!run_.open()) // the end of a run brings its tasks by itself, and nothing wakes a zombie
    return;
  if (saved_head_.state() == run_state::none)
    return refresh_tasks(*this);
  const auto& before = saved_head_.decision();
  const auto& now = run_.head_.decision();
  const bool same = saved_head_.has_decision() && before.schedule_id() == now.schedule_id() &&
                    before.started_id() == now.started_id() && before.attempt() == now.attempt() &&
                    before.version() == now.version();
  if (run_.has_pending_decision() && !same)
    add_pending_decision_tasks(*this);
  const auto fresh = [&](auto& map, auto&& add) {
    map.for_each_change([&](const auto& key, const auto* record) {
      if (record != nullptr && map.original(key) == nullptr)
        add(*this, *record);
    });
  };
  fresh(run_.activities_, [](auto& tx, const auto& record) { add_activity_task(tx, record); });
  fresh(run_.children_, [](auto& tx, const auto& record) { add_child_task(tx, record); });
  fresh(run_.cancel_requests_, [](auto& tx, const auto& record) { add_external_task(tx, record); });
  fresh(run_.signals_, [](auto& tx, const auto& record) { add_external_task(tx, record); });
  const bool waited = !saved_head_.has_decision() && saved_head_.last_processed_event() == no_event_id &&
                      run_.fixed_.first_decision_backoff_s() > 0;
  const bool listed = std::any_of(batches_.begin(), batches_.end(), [](const auto& foreign) {
    return std::any_of(foreign->events().begin(), foreign->events().end(), changes_lists);
  });
  if (listed || (waited && run_.has_processed_or_pending_decision()))
    add_upsert_task(*this);
}

// --- zombies and fail-overs

void make_zombie(transaction& tx) {
  CADENZA_ASSERT(!tx.state().closed(), "a run that has ended is in nobody's way");
  tx.set_state(run_state::zombie, close_status::none);
}

void revive(transaction& tx) {
  CADENZA_ASSERT(tx.state().head().state() == run_state::zombie, "only a zombie is revived");
  tx.set_state(tx.state().has_processed_or_pending_decision() ? run_state::running : run_state::created,
               close_status::none);
  refresh_tasks(tx);
}

void fail_decision_by_failover(transaction& tx) {
  CADENZA_ASSERT(tx.state().open() && tx.state().has_started_decision(),
                 "a fail-over ends the decision that a worker has");
  fail_started_decision(tx, api::DECISION_TASK_FAILED_CAUSE_FAILOVER_CLOSE_DECISION, {}, std::string(history_identity));
  schedule_decision(tx);
}

outcome<void> terminate_by_conflict(transaction& tx, std::int64_t winner) {
  terminate_input why;
  why.reason = conflict_reason;
  why.details = "terminated by version: " + std::to_string(winner);
  why.identity = "worker-service";
  return terminate(tx, why);
}

bool is_end_by_conflict(const api::HistoryEvent& e) {
  return e.workflow_execution_terminated_event_attributes().reason() == conflict_reason;
}

// --- resets

const api::HistoryEvent* reset_event(const api::History& stored) {
  const auto& first = stored.events(0);
  if (first.has_decision_task_failed_event_attributes() &&
      first.decision_task_failed_event_attributes().cause() == api::DECISION_TASK_FAILED_CAUSE_RESET_WORKFLOW)
    return &first;
  if (first.has_decision_task_timed_out_event_attributes() &&
      first.decision_task_timed_out_event_attributes().cause() == api::DECISION_TASK_TIMED_OUT_CAUSE_RESET)
    return &first;
  return nullptr;
}

bool begins_own_part(const api::History& stored, const uuid& run_id) {
  const auto* reset = stored.events().empty() ? nullptr : reset_event(stored);
  if (reset == nullptr)
    return false;
  const auto self = run_id.str();
  return reset->decision_task_failed_event_attributes().new_run_id() == self ||
         reset->decision_task_timed_out_event_attributes().new_run_id() == self;
}

void begin_reset(transaction& tx, const api::History& first_own) {
  const auto began_ns = ns_of(first_own.events(0).event_time());
  tx.edit_fixed().set_start_ns(began_ns);
  std::vector<std::int64_t> waiting;
  for (const auto& [schedule_id, activity] : tx.state().activities())
    if (activity.started_id() == no_event_id)
      waiting.push_back(schedule_id);
  for (const auto schedule_id : waiting)
    tx.activities().edit(schedule_id)->set_scheduled_ns(began_ns);
}

outcome<void> replay_branch(transaction& tx, const std::vector<batch>& history) {
  for (const auto& stored : history) {
    if (begins_own_part(*stored, tx.state().key().run_id))
      begin_reset(tx, *stored);
    CADENZA_TRY(tx.replay(*stored));
  }
  return {};
}

// --- activities

activity_state state_of(const rec::PendingActivity& a) {
  activity_state out;
  out.schedule_id = a.schedule_id();
  out.version = a.version();
  out.scheduled_ns = a.scheduled_ns();
  out.schedule_to_close_base_ns = a.schedule_to_close_base_ns();
  out.started_id = a.started_id();
  out.started_ns = a.started_ns();
  out.last_heartbeat_ns = a.last_heartbeat_ns();
  if (a.has_details())
    out.details = a.details();
  out.attempt = a.attempt();
  out.last_failure_reason = a.last_failure_reason();
  out.last_failure_details = a.last_failure_details();
  out.last_worker_identity = a.last_worker_identity();
  return out;
}

bool is_news(const rec::PendingActivity& a, const activity_state& told) {
  if (a.version() != told.version)
    return a.version() < told.version;
  if (a.attempt() != told.attempt)
    return a.attempt() < told.attempt;
  return a.last_heartbeat_ns() <= told.last_heartbeat_ns;
}

void take_over_activity(transaction& tx, const activity_state& told, bool same_cluster) {
  auto* a = tx.activities().edit(told.schedule_id);
  CADENZA_ASSERT(a != nullptr, "an activity whose state is taken over is pending");
  const bool retried = told.attempt != a->attempt();
  if (!same_cluster || retried)
    a->set_timer_mask(0);
  // What hands it to its list names version and attempt: with others it needs another task.
  const bool waits =
      told.started_id == no_event_id && (retried || a->started_id() != no_event_id || told.version != a->version());
  a->set_version(told.version);
  a->set_last_heartbeat_ns(told.last_heartbeat_ns);
  a->set_has_details(told.details.has_value());
  a->set_details(told.details.value_or(std::string()));
  if (!a->has_retry_policy())
    return;
  if (told.schedule_to_close_base_ns != 0)
    a->set_schedule_to_close_base_ns(told.schedule_to_close_base_ns);
  else if (told.scheduled_ns != a->scheduled_ns())
    a->set_schedule_to_close_base_ns(told.scheduled_ns);
  a->set_scheduled_ns(told.scheduled_ns);
  a->set_started_id(told.started_id);
  a->set_started_ns(told.started_ns);
  a->set_attempt(told.attempt);
  a->set_last_failure_reason(told.last_failure_reason);
  a->set_last_failure_details(told.last_failure_details);
  a->set_last_worker_identity(told.last_worker_identity);
  if (waits && tx.state().open())
    add_activity_task(tx, *a);
}

// --- signals that the loser of a conflict has had

namespace {

/// By which a signal without a request id is known.
std::string id_by_origin(const uuid& run, std::int64_t event_id, std::int64_t version) {
  return run.str() + ":" + std::to_string(event_id) + ":" + std::to_string(version);
}

/// The run's own history has the signal that such an id names.
bool is_own_origin(const run& r, const std::string& id) {
  const auto self = r.key().run_id.str() + ":";
  if (id.rfind(self, 0) != 0)
    return false;
  std::int64_t at[2] = {};
  const char* from = id.data() + self.size();
  const char* const end = id.data() + id.size();
  for (auto& number : at) {
    const auto [behind, failure] = std::from_chars(from, end, number);
    if (failure != std::errc{})
      return false;
    from = behind < end ? behind + 1 : behind;
  }
  rec::VersionItem item;
  item.set_event_id(at[0]);
  item.set_version(at[1]);
  return contains(r.current_branch(), item);
}

} // namespace

std::vector<api::HistoryEvent> unknown_signals(const run& r, const uuid& from_run,
                                               const std::vector<api::HistoryEvent>& events) {
  std::vector<api::HistoryEvent> out;
  std::set<std::string> taken;
  for (const auto& from : events) {
    // What the last writer wrote by itself it has in its own history.
    if (!is_signal(from) || from.version() == r.last_write_version())
      continue;
    api::HistoryEvent e;
    auto& a = *e.mutable_workflow_execution_signaled_event_attributes();
    a = from.workflow_execution_signaled_event_attributes();
    if (a.request_id().empty())
      a.set_request_id(id_by_origin(from_run, from.event_id(), from.version()));
    if (r.signal_requests().contains(a.request_id()) || is_own_origin(r, a.request_id()) ||
        !taken.insert(a.request_id()).second)
      continue;
    out.push_back(std::move(e));
  }
  return out;
}

int add_signals_again(transaction& tx, const uuid& from_run, const std::vector<api::HistoryEvent>& events) {
  CADENZA_ASSERT(tx.state().open(), "signals are added to a run that is open");
  auto missed = unknown_signals(tx.state(), from_run, events);
  for (auto& e : missed)
    tx.add(std::move(e));
  if (!missed.empty())
    schedule_decision_if_none(tx);
  return static_cast<int>(missed.size());
}

} // namespace cadenza::workflow
