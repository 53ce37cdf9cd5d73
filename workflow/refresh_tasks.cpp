#include "messages/invariant.hpp"
#include "workflow/close.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/describe.hpp"
#include "workflow/replay.hpp"
#include "workflow/start.hpp"
#include "workflow/task_refresh.hpp"

#include <vector>

namespace cadenza::workflow {
namespace {

template <class Key, class Record, class Index> std::vector<Key> keys_of(const tracked_map<Key, Record, Index>& map) {
  std::vector<Key> keys;
  keys.reserve(map.size());
  for (const auto& [key, record] : map)
    keys.push_back(key);
  return keys;
}

void refresh_activities(transaction& tx) {
  for (const auto schedule_id : keys_of(tx.state().activities())) {
    auto& activity = *tx.activities().edit(schedule_id);
    // The next timer task is made from the state when the transaction closes.
    activity.set_timer_mask(0);
    add_activity_task(tx, activity);
  }
}

void refresh_user_timers(transaction& tx) {
  for (const auto& id : keys_of(tx.state().timers()))
    tx.timers().edit(id)->set_task_outstanding(false);
}

template <class Pending, class Attributes>
void add_external(transaction& tx, const Pending& pending, rec::TransferType type,
                  const Attributes& (api::HistoryEvent::*attributes)() const) {
  const auto* initiated = tx.event(pending.initiated_id(), pending.initiated_batch_id());
  if (initiated == nullptr)
    return;
  const auto& a = (initiated->*attributes)();
  auto target = tx.state().key().domain_id;
  if (!a.domain().empty())
    if (const auto found = tx.env().domains->find(a.domain()))
      target = found->id;
  auto& task = tx.add_transfer(type);
  task.set_version(pending.version());
  task.set_initiated_id(pending.initiated_id());
  task.set_target_domain_id(target.raw());
  task.set_target_workflow_id(a.workflow_execution().workflow_id());
  task.set_target_run_id(a.workflow_execution().run_id());
  task.set_child_only(a.child_workflow_only());
  task.set_task_list(tx.state().fixed().task_list());
}

} // namespace

void refresh_run(transaction& tx) {
  const auto& r = tx.state();
  const auto& fixed = r.fixed();
  add_workflow_timeout(tx);
  *tx.add_transfer(rec::TRANSFER_RECORD_STARTED).mutable_visibility() = visibility_record(r, tx.env());
  if (!r.has_processed_or_pending_decision() && fixed.first_decision_backoff_s() > 0)
    add_backoff_timer(tx, fixed.start_ns() + fixed.first_decision_backoff_s() * ns_per_s,
                      fixed.attempt() > 0 ? api::CONTINUE_AS_NEW_INITIATOR_RETRY_POLICY
                                          : api::CONTINUE_AS_NEW_INITIATOR_INVALID);
}

void add_activity_task(transaction& tx, const rec::PendingActivity& activity) {
  if (activity.started_id() != no_event_id)
    return;
  if (activity.attempt() > 0 && activity.scheduled_ns() > tx.now()) {
    auto& timer = tx.add_timer(rec::TIMER_ACTIVITY_RETRY, activity.scheduled_ns());
    timer.set_version(activity.version());
    timer.set_event_id(activity.schedule_id());
    timer.set_attempt(activity.attempt());
    timer.set_task_list(activity.task_list());
    return;
  }
  auto& task = tx.add_transfer(rec::TRANSFER_ACTIVITY);
  task.set_version(activity.version());
  task.set_schedule_id(activity.schedule_id());
  task.set_attempt(activity.attempt());
  task.set_task_list(activity.task_list());
  task.set_task_list_kind(activity.task_list_kind());
  task.set_target_domain_id(activity.target_domain_id());
  task.set_schedule_to_start_s(activity.schedule_to_start_s());
}

void add_child_task(transaction& tx, const rec::PendingChild& child) {
  if (child.started_id() != no_event_id)
    return;
  auto& task = tx.add_transfer(rec::TRANSFER_START_CHILD);
  task.set_version(child.version());
  task.set_initiated_id(child.initiated_id());
  task.set_target_domain_id(child.domain_id());
  task.set_target_workflow_id(child.started_workflow_id());
  task.set_task_list(tx.state().fixed().task_list());
}

void add_external_task(transaction& tx, const rec::PendingCancelRequest& request) {
  add_external(tx, request, rec::TRANSFER_CANCEL_EXTERNAL,
               &api::HistoryEvent::request_cancel_external_workflow_execution_initiated_event_attributes);
}

void add_external_task(transaction& tx, const rec::PendingSignal& signal) {
  add_external(tx, signal, rec::TRANSFER_SIGNAL_EXTERNAL,
               &api::HistoryEvent::signal_external_workflow_execution_initiated_event_attributes);
}

void refresh_tasks(transaction& tx) {
  CADENZA_ASSERT(tx.state().head().state() != run_state::none, "tasks are made anew for a run that has begun");
  if (tx.state().closed())
    return add_close_tasks(tx);
  refresh_run(tx);
  add_pending_decision_tasks(tx);
  refresh_activities(tx);
  refresh_user_timers(tx);
  for (const auto& [initiated_id, child] : tx.state().children())
    add_child_task(tx, child);
  for (const auto& [initiated_id, request] : tx.state().cancel_requests())
    add_external_task(tx, request);
  for (const auto& [initiated_id, signal] : tx.state().signals())
    add_external_task(tx, signal);
}

} // namespace cadenza::workflow
