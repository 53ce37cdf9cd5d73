#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/close.hpp"
#include "workflow/missing.hpp"
#include "workflow/retry.hpp"
#include "workflow/signal.hpp"

namespace cadenza::workflow {

namespace {

/// What a run that just begins can look up: nothing.
class no_stored_events final : public event_source {
public:
  const api::HistoryEvent* find(std::int64_t, std::int64_t) override { return nullptr; }
};

/// Stateless, so all runs share it.
event_source& no_events() {
  static no_stored_events none;
  return none;
}

std::unique_ptr<successor> new_successor(const transaction& tx, const uuid& run_id) {
  auto next = std::make_unique<successor>();
  const auto& key = tx.state().key();
  next->state = std::make_unique<run>(run_key{key.domain_id, key.workflow_id, run_id});
  next->open = std::make_unique<transaction>(*next->state, tx.env(), no_events());
  return next;
}

std::optional<parent_link> parent_of(const run& r) {
  if (!r.has_parent())
    return std::nullopt;
  const auto& fixed = r.fixed();
  return parent_link{uuid::from_raw(fixed.parent_domain_id()), fixed.parent_domain(), fixed.parent_workflow_id(),
                     fixed.parent_run_id(), fixed.parent_initiated_id()};
}

using attributes = api::ContinueAsNewWorkflowExecutionDecisionAttributes;

/// What the decision leaves out comes from this run.
void inherit(attributes& a, const rec::RunFixed& fixed) {
  if (a.workflow_type().name().empty())
    *a.mutable_workflow_type() = fixed.type();
  if (a.task_list().name().empty()) {
    a.mutable_task_list()->set_name(fixed.task_list());
    a.mutable_task_list()->set_kind(fixed.task_list_kind());
  } else if (fixed.task_list_kind() == api::TASK_LIST_KIND_EPHEMERAL &&
             a.task_list().kind() != api::TASK_LIST_KIND_STICKY) {
    a.mutable_task_list()->set_kind(api::TASK_LIST_KIND_EPHEMERAL);
  }
  const auto or_own = [](google::protobuf::Duration& timeout, std::int32_t own_s) {
    const auto seconds = seconds_of(timeout);
    set_seconds(timeout, seconds > 0 ? seconds : own_s);
  };
  or_own(*a.mutable_execution_start_to_close_timeout(), fixed.execution_timeout_s());
  or_own(*a.mutable_task_start_to_close_timeout(), fixed.decision_timeout_s());
  if (a.has_retry_policy())
    normalize_retry_policy(*a.mutable_retry_policy());
}

api::HistoryEvent continued_event(const attributes& from, std::int64_t decision_completed_id,
                                  const std::string& new_run_id) {
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_continued_as_new_event_attributes();
  a.set_new_execution_run_id(new_run_id);
  *a.mutable_workflow_type() = from.workflow_type();
  *a.mutable_task_list() = from.task_list();
  if (from.has_input())
    *a.mutable_input() = from.input();
  *a.mutable_execution_start_to_close_timeout() = from.execution_start_to_close_timeout();
  *a.mutable_task_start_to_close_timeout() = from.task_start_to_close_timeout();
  a.set_decision_task_completed_event_id(decision_completed_id);
  set_seconds(*a.mutable_backoff_start_interval(), seconds_of(from.backoff_start_interval()));
  a.set_initiator(from.initiator() == api::CONTINUE_AS_NEW_INITIATOR_INVALID ? api::CONTINUE_AS_NEW_INITIATOR_DECIDER
                                                                             : from.initiator());
  if (from.has_failure())
    *a.mutable_failure() = from.failure();
  if (from.has_last_completion_result())
    *a.mutable_last_completion_result() = from.last_completion_result();
  if (from.has_header())
    *a.mutable_header() = from.header();
  if (from.has_memo())
    *a.mutable_memo() = from.memo();
  if (from.has_search_attributes())
    *a.mutable_search_attributes() = from.search_attributes();
  a.set_cron_overlap_policy(from.cron_overlap_policy());
  if (from.has_active_cluster_selection_policy())
    *a.mutable_active_cluster_selection_policy() = from.active_cluster_selection_policy();
  return e;
}

carried_over carry_over(const run& r, const attributes& a) {
  const auto& fixed = r.fixed();
  carried_over carried;
  carried.continued_run_id = r.key().run_id.str();
  carried.first_run_id =
      fixed.first_execution_run_id().empty() ? carried.continued_run_id : fixed.first_execution_run_id();
  carried.initiator = a.initiator();
  if (a.has_failure())
    carried.failure = a.failure();
  if (a.has_last_completion_result())
    carried.last_completion_result = a.last_completion_result().data();
  if (a.initiator() == api::CONTINUE_AS_NEW_INITIATOR_RETRY_POLICY) {
    carried.attempt = fixed.attempt() + 1;
    carried.expiration_ns = fixed.expiration_ns();
  }
  if (fixed.has_auto_reset_points())
    carried.auto_reset_points = fixed.auto_reset_points();
  carried.partition_config.insert(fixed.partition_config().begin(), fixed.partition_config().end());
  carried.earlier = requests_after(r);
  return carried;
}

/// Takes the large parts out of `a`.
api::StartWorkflowExecutionRequest start_request(const transaction& tx, attributes& a) {
  const auto& r = tx.state();
  api::StartWorkflowExecutionRequest request;
  request.set_domain(tx.env().domain->name);
  request.set_workflow_id(r.key().workflow_id);
  request.set_request_id(tx.env().chance->new_uuid().str());
  request.mutable_workflow_type()->Swap(a.mutable_workflow_type());
  // A new run may have another list, but of the same kind.
  request.mutable_task_list()->set_name(a.task_list().name());
  request.mutable_task_list()->set_kind(r.fixed().task_list_kind());
  *request.mutable_execution_start_to_close_timeout() = a.execution_start_to_close_timeout();
  *request.mutable_task_start_to_close_timeout() = a.task_start_to_close_timeout();
  if (a.has_input())
    request.mutable_input()->Swap(a.mutable_input());
  if (a.has_header())
    request.mutable_header()->Swap(a.mutable_header());
  if (a.has_memo())
    request.mutable_memo()->Swap(a.mutable_memo());
  if (a.has_search_attributes())
    request.mutable_search_attributes()->Swap(a.mutable_search_attributes());
  if (a.has_retry_policy())
    request.mutable_retry_policy()->Swap(a.mutable_retry_policy());
  request.set_cron_schedule(a.cron_schedule());
  request.set_cron_overlap_policy(a.cron_overlap_policy());
  if (a.has_jitter_start())
    *request.mutable_jitter_start() = a.jitter_start();
  if (a.has_active_cluster_selection_policy())
    *request.mutable_active_cluster_selection_policy() = a.active_cluster_selection_policy();
  return request;
}

/// Closes the run with a continued-as-new event and begins the next one. `a` is complete and is used up.
/// `chain_begin_ns` is when the cron chain was first scheduled.
outcome<void> continue_run(transaction& tx, std::int64_t decision_completed_id, attributes& a,
                           std::int64_t chain_begin_ns) {
  const auto& r = tx.state();
  const auto new_run_id = tx.env().chance->new_uuid();
  auto carried = carry_over(r, a);
  carried.first_schedule_ns = chain_begin_ns;
  const auto backoff_s = seconds_of(a.backoff_start_interval());
  tx.add(continued_event(a, decision_completed_id, new_run_id.str()));
  auto next = new_successor(tx, new_run_id);
  CADENZA_TRY(start(*next->open, start_request(tx, a), backoff_s, carried, parent_of(r)));
  tx.set_successor(std::move(next));
  return {};
}

const api::WorkflowExecutionStartedEventAttributes& start_of(const api::HistoryEvent& first) {
  CADENZA_ASSERT(first.has_workflow_execution_started_event_attributes(), "a history begins with the start of its run");
  return first.workflow_execution_started_event_attributes();
}

std::int64_t chain_begin_ns(const api::WorkflowExecutionStartedEventAttributes& started) {
  return started.has_first_scheduled_time() ? ns_of(started.first_scheduled_time()) : 0;
}

} // namespace

outcome<void> continue_as_new(transaction& tx, std::int64_t decision_completed_id, const attributes& decision) {
  auto a = decision;
  inherit(a, tx.state().fixed());
  std::int64_t begin_ns = 0;
  // The first event is needed only for what it says of a cron chain.
  if (!a.cron_schedule().empty() && !tx.state().fixed().cron_schedule().empty()) {
    const auto* first = tx.event(first_event_id, first_event_id);
    if (first == nullptr)
      return event_not_at_hand();
    begin_ns = chain_begin_ns(start_of(*first));
  }
  return continue_run(tx, decision_completed_id, a, begin_ns);
}

outcome<void> continue_by_server(transaction& tx, std::int64_t decision_completed_id, std::int32_t backoff_s,
                                 api::ContinueAsNewInitiator initiator, const api::Failure* failure,
                                 const std::string* result) {
  const auto* first = tx.event(first_event_id, first_event_id);
  if (first == nullptr)
    return event_not_at_hand();
  const auto& started = start_of(*first);
  attributes a;
  *a.mutable_workflow_type() = started.workflow_type();
  *a.mutable_task_list() = started.task_list();
  if (started.has_input())
    *a.mutable_input() = started.input();
  *a.mutable_execution_start_to_close_timeout() = started.execution_start_to_close_timeout();
  *a.mutable_task_start_to_close_timeout() = started.task_start_to_close_timeout();
  set_seconds(*a.mutable_backoff_start_interval(), backoff_s);
  if (started.has_retry_policy())
    *a.mutable_retry_policy() = started.retry_policy();
  a.set_initiator(initiator);
  a.set_cron_schedule(started.cron_schedule());
  a.set_cron_overlap_policy(started.cron_overlap_policy());
  if (started.has_header())
    *a.mutable_header() = started.header();
  if (started.has_memo())
    *a.mutable_memo() = started.memo();
  if (started.has_search_attributes())
    *a.mutable_search_attributes() = started.search_attributes();
  if (started.has_active_cluster_selection_policy())
    *a.mutable_active_cluster_selection_policy() = started.active_cluster_selection_policy();
  if (const auto jitter_s = tx.state().fixed().jitter_s(); jitter_s > 0)
    set_seconds(*a.mutable_jitter_start(), jitter_s);
  if (failure != nullptr)
    *a.mutable_failure() = *failure;
  // A failed run hands on the last good result; a run that timed out (no decision completed) hands on none.
  if (failure == nullptr) {
    if (result != nullptr)
      a.mutable_last_completion_result()->set_data(*result);
  } else if (decision_completed_id != no_event_id && started.has_last_completion_result()) {
    *a.mutable_last_completion_result() = started.last_completion_result();
  }
  return continue_run(tx, decision_completed_id, a, chain_begin_ns(started));
}

outcome<void> terminate_and_start(transaction& tx, const api::StartWorkflowExecutionRequest& request,
                                  std::int32_t backoff_s, const uuid& new_run_id,
                                  const std::optional<first_signal>& signal, const std::optional<parent_link>& parent) {
  terminate_input why;
  why.reason = "TerminateIfRunning Policy";
  why.details = "New runID: " + new_run_id.str();
  why.identity = history_identity;
  CADENZA_TRY(terminate(tx, why));
  auto next = new_successor(tx, new_run_id);
  carried_over carried;
  carried.earlier = requests_after(tx.state());
  carried.in_place_of_open_run = true;
  CADENZA_TRY(start(*next->open, request, backoff_s, carried, parent, signal));
  tx.set_successor(std::move(next));
  return {};
}

} // namespace cadenza::workflow
