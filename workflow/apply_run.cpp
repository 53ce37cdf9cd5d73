#include "messages/wire_time.hpp"
#include "workflow/apply_events.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/earlier_requests.hpp"

namespace cadenza::workflow::events {
namespace {

void note_parent(const context& c, rec::RunFixed& fixed, const api::WorkflowExecutionStartedEventAttributes& a) {
  if (!a.has_parent_execution_info()) {
    fixed.set_parent_initiated_id(no_event_id);
    return;
  }
  const auto& parent = a.parent_execution_info();
  if (const auto domain = c.tx.env().domains->find(parent.domain_name()))
    fixed.set_parent_domain_id(domain->id.raw());
  fixed.set_parent_domain(parent.domain_name());
  fixed.set_parent_workflow_id(parent.workflow_execution().workflow_id());
  fixed.set_parent_run_id(parent.workflow_execution().run_id());
  fixed.set_parent_initiated_id(parent.initiated_id());
}

} // namespace

void on(const context& c, const api::WorkflowExecutionStartedEventAttributes& a) {
  auto& fixed = c.tx.edit_fixed();
  *fixed.mutable_type() = a.workflow_type();
  fixed.set_task_list(a.task_list().name());
  // The event keeps a kind that was left out as it is; whoever asks what the run's list is hears what it means.
  fixed.set_task_list_kind(a.task_list().kind() == api::TASK_LIST_KIND_INVALID ? api::TASK_LIST_KIND_NORMAL
                                                                               : a.task_list().kind());
  fixed.set_execution_timeout_s(seconds_of(a.execution_start_to_close_timeout()));
  fixed.set_decision_timeout_s(seconds_of(a.task_start_to_close_timeout()));
  fixed.set_cron_schedule(a.cron_schedule());
  fixed.set_cron_overlap_policy(a.cron_overlap_policy());
  if (a.has_retry_policy())
    *fixed.mutable_retry_policy() = a.retry_policy();
  fixed.set_attempt(a.attempt());
  fixed.set_expiration_ns(a.has_expiration_time() ? ns_of(a.expiration_time()) : 0);
  if (a.has_memo())
    *fixed.mutable_memo() = a.memo();
  if (a.has_search_attributes())
    *fixed.mutable_search_attributes() = a.search_attributes();
  *fixed.mutable_partition_config() = a.partition_config();
  if (a.has_active_cluster_selection_policy())
    *fixed.mutable_active_cluster_policy() = a.active_cluster_selection_policy();
  note_parent(c, fixed, a);
  fixed.set_first_execution_run_id(a.first_execution_run_id().empty() ? c.tx.state().key().run_id.str()
                                                                      : a.first_execution_run_id());
  fixed.set_create_request_id(a.request_id());
  // Nobody outside knows the request id of a run that continues another one.
  fixed.set_create_content(a.continued_execution_run_id().empty() ? content_of(a) : 0);
  fixed.set_start_ns(c.time_ns);
  fixed.set_start_version(c.event.version());
  fixed.set_first_decision_backoff_s(seconds_of(a.first_decision_task_backoff()));
  if (a.has_prev_auto_reset_points())
    *fixed.mutable_auto_reset_points() = a.prev_auto_reset_points();

  c.tx.head().set_last_processed_event(no_event_id);
  c.tx.set_state(run_state::created, close_status::none);
}

void on(const context& c, const api::WorkflowExecutionSignaledEventAttributes& a) {
  auto& head = c.tx.head();
  head.set_signal_count(head.signal_count() + 1);
  if (a.request_id().empty())
    return;
  rec::SignalRequest had;
  had.set_content(content_of_signal(a.signal_name(), a.input().data()));
  had.set_number(head.signal_count());
  c.tx.signal_requests().put(a.request_id(), std::move(had));
}

void on(const context& c, const api::WorkflowExecutionCancelRequestedEventAttributes& a) {
  c.tx.head().set_cancel_requested(true);
  c.tx.head().set_cancel_request_id(a.request_id());
  c.tx.head().set_cancel_content(content_of_cancel(a.cause()));
}

void on(const context& c, const api::UpsertWorkflowSearchAttributesEventAttributes& a) {
  auto& fields = *c.tx.edit_fixed().mutable_search_attributes()->mutable_indexed_fields();
  for (const auto& [name, value] : a.search_attributes().indexed_fields())
    fields[name] = value;
}

void on_closed(const context& c, int close_status) {
  c.tx.set_state(run_state::completed, close_status);
  drop_stickiness(c.tx);
  auto& head = c.tx.head();
  // One that nobody took stays in the description of the closed run; for everything else it is gone (see `run`).
  if (head.has_decision() && head.decision().started_id() != no_event_id)
    head.clear_decision();
  head.set_close_time_ns(c.time_ns);
  head.set_completion_event_batch_id(c.batch_first_id);
}

} // namespace cadenza::workflow::events
