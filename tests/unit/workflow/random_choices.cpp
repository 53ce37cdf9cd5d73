#include "random_choices.hpp"

#include "messages/wire_time.hpp"

namespace cadenza::workflow::test {

void random_choices::begin_somehow() {
  auto r = request();
  set_seconds(*r.mutable_execution_start_to_close_timeout(), 100 + below(3000));
  std::int32_t backoff_s = 0;
  std::optional<first_signal> signal;
  if (one_in(6))
    r.set_cron_schedule("@every 7s"), backoff_s = 7;
  else if (one_in(6))
    backoff_s = 3;
  if (one_in(6)) {
    auto& p = *r.mutable_retry_policy();
    set_seconds(*p.mutable_initial_interval(), 2);
    p.set_backoff_coefficient(1.5);
    p.set_maximum_attempts(3);
  }
  if (one_in(6))
    signal = first_signal{"first", "x", identity, fresh(), {}};
  if (one_in(4)) {
    domain_row.mutable_domain()->set_is_global_domain(true);
    domain_row.mutable_domain()->add_clusters()->set_cluster_name("active");
    domain_row.mutable_domain()->add_clusters()->set_cluster_name("standby");
    domain_row.set_failover_version(1);
  }
  note("start");
  begin(r, backoff_s, {}, {}, signal);
  check_invariants();
}

api::Decision random_choices::some_decision() {
  const std::vector<std::string> names = {"a", "b", "c"};
  api::Decision d;
  switch (below(13)) {
  case 0:
  case 1:
  case 2:
  case 3: {
    d = schedule_activity(pick(names));
    auto& a = *d.mutable_schedule_activity_task_decision_attributes();
    if (one_in(2))
      set_seconds(*a.mutable_heartbeat_timeout(), 2 + below(5));
    set_seconds(*a.mutable_schedule_to_start_timeout(), 3 + below(30));
    set_seconds(*a.mutable_start_to_close_timeout(), 3 + below(30));
    if (one_in(2)) {
      auto& p = *a.mutable_retry_policy();
      set_seconds(*p.mutable_initial_interval(), 1 + below(3));
      p.set_backoff_coefficient(1.5);
      p.set_maximum_attempts(1 + below(4));
      if (one_in(2))
        set_seconds(*p.mutable_expiration_interval(), 10 + below(40));
    }
    a.set_request_local_dispatch(one_in(6));
    return d;
  }
  case 4: d.mutable_request_cancel_activity_task_decision_attributes()->set_activity_id(pick(names)); return d;
  case 5:
  case 6: return start_timer(pick(names), 1 + below(20));
  case 7: return cancel_timer(pick(names));
  case 8: return record_marker("m");
  case 9: {
    auto& a = *d.mutable_start_child_workflow_execution_decision_attributes();
    a.set_workflow_id("child-" + pick(names));
    a.mutable_workflow_type()->set_name("child-type");
    a.mutable_task_list()->set_name("child-list");
    set_seconds(*a.mutable_execution_start_to_close_timeout(), 5 + below(200));
    a.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
    a.set_parent_close_policy(static_cast<api::ParentClosePolicy>(1 + below(3)));
    return d;
  }
  case 10: {
    auto& a = *d.mutable_signal_external_workflow_execution_decision_attributes();
    a.mutable_workflow_execution()->set_workflow_id(one_in(3) ? "wf" : "child-" + pick(names));
    a.set_signal_name("ext");
    return d;
  }
  case 11: {
    auto& a = *d.mutable_request_cancel_external_workflow_execution_decision_attributes();
    a.mutable_workflow_execution()->set_workflow_id("child-" + pick(names));
    return d;
  }
  default:
    (*d.mutable_upsert_workflow_search_attributes_decision_attributes()
          ->mutable_search_attributes()
          ->mutable_indexed_fields())["CustomIntField"]
        .set_data(std::to_string(below(9)));
    return d;
  }
}

api::Decision random_choices::some_close() {
  api::Decision d;
  switch (below(5)) {
  case 0: return fail_workflow("bad");
  case 1: return cancel_workflow();
  case 2:
    d.mutable_continue_as_new_workflow_execution_decision_attributes()->set_initiator(
        api::CONTINUE_AS_NEW_INITIATOR_DECIDER);
    return d;
  default: return complete_workflow();
  }
}

} // namespace cadenza::workflow::test
