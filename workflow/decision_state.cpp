#include "workflow/decision_state.hpp"

#include "messages/invariant.hpp"
#include "workflow/decision_task.hpp"

namespace cadenza::workflow {

void note_decision_scheduled(transaction& tx, std::int64_t version, std::int64_t schedule_id,
                             const std::string& task_list, std::int32_t timeout_s, std::int64_t attempt,
                             std::int64_t scheduled_ns, std::int64_t original_ns) {
  auto& head = tx.head();
  if (head.state() != run_state::zombie)
    tx.set_state(run_state::running, close_status::none);
  CADENZA_ASSERT(schedule_id == head.next_event_id() || schedule_id + 1 == head.next_event_id(),
                 "a decision is scheduled by the last event or, without one, where the next would stand");
  auto& decision = *head.mutable_decision();
  decision.Clear();
  decision.set_version(version);
  decision.set_schedule_id(schedule_id);
  decision.set_started_id(no_event_id);
  decision.set_timeout_s(timeout_s);
  decision.set_attempt(attempt);
  decision.set_scheduled_ns(scheduled_ns);
  decision.set_original_scheduled_ns(original_ns != 0 ? original_ns : scheduled_ns);
  decision.set_task_list(task_list);
  head.set_next_decision_attempt(0);
  head.clear_last_decision_original_ns();
}

void note_decision_started(rec::Run& head, std::int64_t version, std::int64_t schedule_id, std::int64_t started_id,
                           const std::string& request_id, std::int64_t started_ns) {
  CADENZA_ASSERT(head.has_decision() && head.decision().schedule_id() == schedule_id,
                 "the decision that starts is the one that waits");
  auto& decision = *head.mutable_decision();
  decision.set_version(version);
  decision.set_schedule_id(schedule_id);
  decision.set_started_id(started_id);
  decision.set_request_id(request_id);
  decision.set_started_ns(started_ns);
}

void note_decision_completed(rec::Run& head, std::int64_t started_id) {
  head.set_last_decision_original_ns(head.decision().original_scheduled_ns());
  head.clear_decision();
  head.set_next_decision_attempt(0);
  head.set_last_processed_event(started_id);
}

void note_decision_failed(rec::Run& head, bool raise_attempt) {
  const auto attempt = head.decision().attempt();
  head.clear_decision();
  head.set_next_decision_attempt(raise_attempt ? attempt + 1 : 0);
  head.clear_sticky_task_list();
  head.clear_sticky_schedule_to_start_s();
  head.clear_no_sticky_queries();
  head.clear_client_library_version();
  head.clear_client_feature_version();
  head.clear_client_impl();
}

} // namespace cadenza::workflow
