#include "actors/system/system_decisions.hpp"

#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

api::Decision schedule_activity(const activity_plan& plan) {
  CADENZA_ASSERT(!plan.id.empty() && plan.attempt_s <= plan.attempts_s,
                 "an activity has an id, and time for one attempt at least");
  api::Decision out;
  auto& a = *out.mutable_schedule_activity_task_decision_attributes();
  a.set_activity_id(plan.id);
  a.mutable_activity_type()->set_name(plan.type);
  a.mutable_task_list()->set_name(plan.task_list);
  a.mutable_input()->set_data(plan.input);
  workflow::set_seconds(*a.mutable_schedule_to_close_timeout(), plan.attempts_s);
  workflow::set_seconds(*a.mutable_schedule_to_start_timeout(), plan.attempts_s);
  workflow::set_seconds(*a.mutable_start_to_close_timeout(), plan.attempt_s);
  auto& retry = *a.mutable_retry_policy();
  workflow::set_seconds(*retry.mutable_initial_interval(), 1);
  retry.set_backoff_coefficient(plan.backoff);
  workflow::set_seconds(*retry.mutable_maximum_interval(), plan.pause_max_s);
  workflow::set_seconds(*retry.mutable_expiration_interval(), plan.attempts_s);
  for (const auto kind : plan.for_good)
    retry.add_non_retryable_error_reasons(std::string(name_of(kind)));
  return out;
}

api::Decision fail_workflow(const std::string& reason, const std::string& details) {
  api::Decision out;
  auto& failure = *out.mutable_fail_workflow_execution_decision_attributes()->mutable_failure();
  failure.set_reason(reason);
  failure.set_details(details);
  return out;
}

} // namespace cadenza::actors
