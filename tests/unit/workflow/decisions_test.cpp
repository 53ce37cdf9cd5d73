#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/decisions.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

namespace {

using cause = api::DecisionTaskFailedCause;
const std::string long_id(1001, 'x');

domain_ptr other_domain(const std::string& name, const std::vector<std::string>& clusters, bool global = false) {
  auto view = std::make_shared<domain_view>();
  view->id = uuid::v4(77, std::hash<std::string>{}(name));
  view->name = name;
  view->row.mutable_domain()->set_name(name);
  view->row.mutable_domain()->set_is_global_domain(global);
  for (const auto& cluster : clusters)
    view->row.mutable_domain()->add_clusters()->set_cluster_name(cluster);
  return view;
}

/// A run whose first decision is over, and a handler on it that commits nothing.
struct desk {
  bench b;
  environment env;
  std::optional<transaction> tx;
  std::optional<decision_handler> handler;

  explicit desk(bool unhandled = false) {
    b.domain_row.mutable_domain()->add_clusters()->set_cluster_name("active");
    b.begin();
    b.decide();
    env = b.env();
    auto directory = std::make_shared<domain_directory>(*env.domains);
    for (const auto& domain :
         {other_domain("near", {"active"}), other_domain("far", {"standby"}),
          other_domain("wide", {"active", "standby"}, true), other_domain("global-near", {"active"}, true)}) {
      directory->put(domain);
    }
    env.domains = directory;
    reset(unhandled);
  }
  void reset(bool unhandled = false) {
    handler.reset();
    tx.reset();
    tx.emplace(*b.subject().state, env, b.subject().history);
    handler.emplace(*tx, 4, "worker", unhandled);
  }
  outcome<void> handle(const api::Decision& d) { return handler->handle(d); }
};

template <class Change> api::Decision activity(Change&& change) {
  auto d = schedule_activity("a1");
  change(*d.mutable_schedule_activity_task_decision_attributes());
  return d;
}

template <class Change> api::Decision child(Change&& change) {
  api::Decision d;
  auto& a = *d.mutable_start_child_workflow_execution_decision_attributes();
  a.set_workflow_id("child");
  a.mutable_workflow_type()->set_name("child-type");
  change(a);
  return d;
}

template <class Change> api::Decision signal_external(Change&& change) {
  api::Decision d;
  auto& a = *d.mutable_signal_external_workflow_execution_decision_attributes();
  a.mutable_workflow_execution()->set_workflow_id("target");
  a.set_signal_name("poke");
  change(a);
  return d;
}

template <class Change> api::Decision cancel_external(Change&& change) {
  api::Decision d;
  auto& a = *d.mutable_request_cancel_external_workflow_execution_decision_attributes();
  a.mutable_workflow_execution()->set_workflow_id("target");
  change(a);
  return d;
}

template <class Change> api::Decision continue_with(Change&& change) {
  api::Decision d;
  change(*d.mutable_continue_as_new_workflow_execution_decision_attributes());
  return d;
}

api::Decision upsert(const std::string& key, const std::string& value) {
  api::Decision d;
  auto& fields = *d.mutable_upsert_workflow_search_attributes_decision_attributes()
                      ->mutable_search_attributes()
                      ->mutable_indexed_fields();
  fields[key].set_data(value);
  return d;
}

api::Decision fail_without_failure() {
  api::Decision d;
  d.mutable_fail_workflow_execution_decision_attributes();
  return d;
}

std::string cause_name(cause c) { return api::DecisionTaskFailedCause_Name(c); }

struct refusal {
  api::Decision decision;
  cause expected;
  std::string message;
};

std::vector<refusal> refusals() {
  constexpr auto bad_activity = api::DECISION_TASK_FAILED_CAUSE_BAD_SCHEDULE_ACTIVITY_ATTRIBUTES;
  constexpr auto bad_activity_cancel = api::DECISION_TASK_FAILED_CAUSE_BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES;
  constexpr auto bad_timer = api::DECISION_TASK_FAILED_CAUSE_BAD_START_TIMER_ATTRIBUTES;
  constexpr auto bad_timer_cancel = api::DECISION_TASK_FAILED_CAUSE_BAD_CANCEL_TIMER_ATTRIBUTES;
  constexpr auto bad_marker = api::DECISION_TASK_FAILED_CAUSE_BAD_RECORD_MARKER_ATTRIBUTES;
  constexpr auto bad_child = api::DECISION_TASK_FAILED_CAUSE_BAD_START_CHILD_EXECUTION_ATTRIBUTES;
  constexpr auto bad_signal = api::DECISION_TASK_FAILED_CAUSE_BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES;
  constexpr auto bad_cancel = api::DECISION_TASK_FAILED_CAUSE_BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES;
  constexpr auto bad_continue = api::DECISION_TASK_FAILED_CAUSE_BAD_CONTINUE_AS_NEW_ATTRIBUTES;
  constexpr auto bad_attributes = api::DECISION_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES;
  api::Decision no_activity_id;
  no_activity_id.mutable_request_cancel_activity_task_decision_attributes();
  api::Decision no_fields;
  no_fields.mutable_upsert_workflow_search_attributes_decision_attributes();
  api::Decision empty_fields;
  empty_fields.mutable_upsert_workflow_search_attributes_decision_attributes()->mutable_search_attributes();
  return {
      {activity([](auto& a) { a.clear_activity_id(); }), bad_activity, "ActivityId is not set on decision."},
      {activity([](auto& a) { a.clear_activity_type(); }), bad_activity, "ActivityType is not set on decision."},
      {activity([](auto& a) { a.set_activity_id(long_id); }), bad_activity, "ActivityID exceeds length limit."},
      {activity([](auto& a) { a.mutable_activity_type()->set_name(long_id); }), bad_activity,
       "ActivityType exceeds length limit."},
      {activity([](auto& a) { a.mutable_task_list()->set_name(long_id); }), bad_activity,
       "task list name exceeds length limit of 1000"},
      {activity([](auto& a) { a.mutable_task_list()->set_name("/__cadence_sys/x"); }), bad_activity,
       "task list name cannot start with reserved prefix /__cadence_sys/"},
      {activity([](auto& a) { a.mutable_retry_policy(); }), bad_activity,
       "InitialIntervalInSeconds must be greater than 0 on retry policy."},
      {activity([](auto& a) { set_seconds(*a.mutable_heartbeat_timeout(), -1); }), bad_activity,
       "A valid timeout may not be negative."},
      {activity([](auto& a) {
         a.clear_schedule_to_close_timeout();
         a.clear_schedule_to_start_timeout();
       }),
       bad_activity, "A valid ScheduleToCloseTimeout is not set on decision."},
      {activity([](auto& a) { a.set_domain("far"); }), bad_activity,
       "cannot make cross domain call between suite and far"},
      {activity([](auto& a) { a.set_domain("wide"); }), bad_activity,
       "cannot make cross domain call between suite and wide"},
      {no_activity_id, bad_activity_cancel, "ActivityId is not set on decision."},
      {start_timer("", 5), bad_timer, "TimerId is not set on decision."},
      {start_timer(long_id, 5), bad_timer, "TimerId exceeds length limit."},
      {start_timer("t", 0), bad_timer, "Invalid StartToFireTimeoutSeconds: 0"},
      {start_timer("t", -3), bad_timer, "Invalid StartToFireTimeoutSeconds: -3"},
      {cancel_timer(""), bad_timer_cancel, "TimerId is not set on decision."},
      {cancel_timer(long_id), bad_timer_cancel, "TimerId exceeds length limit."},
      {record_marker(""), bad_marker, "MarkerName is not set on decision."},
      {record_marker(long_id), bad_marker, "MarkerName exceeds length limit."},
      {fail_without_failure(), api::DECISION_TASK_FAILED_CAUSE_BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES,
       "Reason is not set on decision."},
      {child([](auto& a) { a.clear_workflow_id(); }), bad_child, "Required field WorkflowID is not set on decision."},
      {child([](auto& a) { a.clear_workflow_type(); }), bad_child,
       "Required field WorkflowType is not set on decision."},
      {child([](auto& a) { a.set_workflow_id(long_id); }), bad_child, "WorkflowId exceeds length limit."},
      {child([](auto& a) { a.mutable_workflow_type()->set_name(long_id); }), bad_child,
       "WorkflowType exceeds length limit."},
      {child([](auto& a) { a.set_domain("far"); }), bad_child, "cannot make cross domain call between suite and far"},
      {child([](auto& a) { a.set_cron_schedule("0 0 30 2 *"); }), bad_child,
       "Invalid CronSchedule, no next firing time found, maybe impossible date: \"0 0 30 2 *\""},
      {child([](auto& a) { a.set_cron_schedule("x"); }), bad_child,
       "Invalid CronSchedule, failed to parse: \"x\", err: expected exactly 5 fields, found 1: [x]"},
      {signal_external([](auto& a) { a.clear_workflow_execution(); }), bad_signal, "Execution is nil on decision."},
      {signal_external([](auto& a) { a.mutable_workflow_execution()->clear_workflow_id(); }), bad_signal,
       "WorkflowId is not set on decision."},
      {signal_external([](auto& a) { a.mutable_workflow_execution()->set_run_id("no-uuid"); }), bad_signal,
       "Invalid RunId set on decision."},
      {signal_external([](auto& a) { a.clear_signal_name(); }), bad_signal, "SignalName is not set on decision."},
      {cancel_external([](auto& a) { a.clear_workflow_execution(); }), bad_cancel,
       "WorkflowId is not set on decision."},
      {cancel_external([](auto& a) { a.mutable_workflow_execution()->set_run_id("no-uuid"); }), bad_cancel,
       "Invalid RunId set on decision."},
      {continue_with([](auto& a) { set_seconds(*a.mutable_backoff_start_interval(), -1); }), bad_continue,
       "BackoffStartInterval is less than 0."},
      {continue_with([](auto& a) { a.mutable_workflow_type()->set_name(long_id); }), bad_continue,
       "WorkflowType exceeds length limit."},
      {continue_with([](auto& a) { a.mutable_task_list()->set_name("/__cadence_sys/x"); }), bad_continue,
       "task list name cannot start with reserved prefix /__cadence_sys/"},
      {no_fields, bad_attributes, "SearchAttributes is not set on decision."},
      {empty_fields, bad_attributes, "IndexedFields is empty on decision."},
      {upsert("NoSuchKey", "1"), bad_attributes, ""},
      {upsert("CustomIntField", "\"text\""), bad_attributes, ""},
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(decisions)

BOOST_AUTO_TEST_CASE(bad_attributes_reject_the_answer_with_a_cause_and_a_message) {
  desk d;
  for (const auto& r : refusals()) {
    BOOST_TEST_CONTEXT(r.decision.ShortDebugString().substr(0, 200)) {
      d.reset();
      BOOST_REQUIRE(bool(d.handle(r.decision)));
      BOOST_TEST(d.handler->stopped());
      BOOST_REQUIRE(d.handler->failed().has_value());
      BOOST_TEST(cause_name(*d.handler->failed()) == cause_name(r.expected));
      if (!r.message.empty())
        BOOST_TEST(d.handler->failed_message() == r.message);
      BOOST_TEST(!d.handler->failed_message().empty());
      BOOST_TEST(!d.tx->has_new_events());
    }
  }
}

BOOST_AUTO_TEST_CASE(children_across_domains_are_refused_where_either_is_global) {
  desk d;
  const auto check = [&d](const char* target) {
    BOOST_REQUIRE(bool(d.handle(child([&](auto& a) { a.set_domain(target); }))));
    BOOST_REQUIRE(d.handler->failed().has_value());
    BOOST_TEST(cause_name(*d.handler->failed()) ==
               cause_name(api::DECISION_TASK_FAILED_CAUSE_BAD_START_CHILD_EXECUTION_ATTRIBUTES));
    BOOST_TEST(d.handler->failed_message() ==
               "The child workflow is trying to use domain " + d.env.domains->find(target)->id.str() +
                   " but it's running in domain " + d.env.domain->id.str() +
                   ". Cross-cluster and cross domain child workflows are not supported for global domains");
  };
  check("global-near");
  d.b.domain_row.mutable_domain()->set_is_global_domain(true);
  d.env.domain = d.b.env().domain;
  d.reset();
  check("near");
}

BOOST_AUTO_TEST_CASE(each_kind_of_id_has_a_length_limit_of_its_own) {
  bench b;
  b.limits.lengths.timer_id = 3;
  b.begin();
  const auto longer = b.decide({start_timer("four", 5)});
  BOOST_REQUIRE(longer.failed_cause.has_value());
  BOOST_TEST(*longer.failed_cause == api::DECISION_TASK_FAILED_CAUSE_BAD_START_TIMER_ATTRIBUTES);
  // Markers and activities have limits of their own.
  const auto others = b.decide({start_timer("the", 5), record_marker("a long name of a marker"),
                                activity([](auto& a) { a.set_activity_id("a long id of an activity"); })});
  BOOST_TEST(!others.failed_cause.has_value());
}

BOOST_AUTO_TEST_CASE(duplicates_have_causes_of_their_own) {
  desk d;
  BOOST_REQUIRE(bool(d.handle(schedule_activity("same"))));
  BOOST_TEST(!d.handler->stopped());
  BOOST_REQUIRE(bool(d.handle(schedule_activity("same"))));
  BOOST_TEST((d.handler->failed() == api::DECISION_TASK_FAILED_CAUSE_SCHEDULE_ACTIVITY_DUPLICATE_ID));
  d.reset();
  BOOST_REQUIRE(bool(d.handle(start_timer("same", 1))));
  BOOST_REQUIRE(bool(d.handle(start_timer("same", 2))));
  BOOST_TEST((d.handler->failed() == api::DECISION_TASK_FAILED_CAUSE_START_TIMER_DUPLICATE_ID));
}

BOOST_AUTO_TEST_CASE(unknown_domains_and_types_are_errors_of_the_caller) {
  desk d;
  for (const auto& bad :
       {activity([](auto& a) { a.set_domain("nowhere"); }), child([](auto& a) { a.set_domain("x"); }),
        signal_external([](auto& a) { a.set_domain("x"); }), cancel_external([](auto& a) { a.set_domain("x"); })}) {
    const auto handled = d.handle(bad);
    BOOST_REQUIRE(!handled);
    BOOST_TEST((handled.error().kind == error_kind::internal_service));
  }
  const auto unknown = d.handle(api::Decision());
  BOOST_REQUIRE(!unknown);
  BOOST_TEST((unknown.error().kind == error_kind::bad_request));
}

BOOST_AUTO_TEST_CASE(runs_reach_into_domains_on_the_same_cluster) {
  desk d;
  for (const auto& good :
       {activity([](auto& a) { a.set_domain("near"); }), child([](auto& a) { a.set_domain("near"); }),
        signal_external([](auto& a) { a.set_domain("near"); }), cancel_external([](auto& a) { a.set_domain("near"); }),
        activity([](auto& a) { a.set_domain("suite"); })}) {
    d.reset();
    BOOST_REQUIRE(bool(d.handle(good)));
    BOOST_TEST(!d.handler->stopped());
    BOOST_REQUIRE_EQUAL(d.tx->transfer_tasks().size(), 1U);
    const bool own = good.schedule_activity_task_decision_attributes().domain() == "suite";
    BOOST_TEST((d.tx->transfer_tasks()[0].target_domain_id() == d.env.domain->id.raw()) == own);
  }
}

BOOST_AUTO_TEST_CASE(payloads_that_are_too_large_fail_the_run) {
  struct row {
    api::Decision decision;
    const char* details;
  };
  const std::string large(5000, 'x');
  auto marker = record_marker("m");
  marker.mutable_record_marker_decision_attributes()->mutable_details()->set_data(large);
  std::vector<row> rows = {
      {activity([&](auto& a) { a.mutable_input()->set_data(large); }),
       "ScheduleActivityTaskDecisionAttributes.Input exceeds size limit."},
      {marker, "RecordMarkerDecisionAttributes.Details exceeds size limit."},
      {complete_workflow(large), "CompleteWorkflowExecutionDecisionAttributes.Result exceeds size limit."},
      {fail_workflow("r", large), "FailWorkflowExecutionDecisionAttributes.Details exceeds size limit."},
      {continue_with([&](auto& a) { a.mutable_input()->set_data(large); }),
       "ContinueAsNewWorkflowExecutionDecisionAttributes. Input exceeds size limit."},
      {child([&](auto& a) { a.mutable_input()->set_data(large); }),
       "StartChildWorkflowExecutionDecisionAttributes.Input exceeds size limit."},
      {signal_external([&](auto& a) { a.mutable_input()->set_data(large); }),
       "SignalExternalWorkflowExecutionDecisionAttributes.Input exceeds size limit."},
  };
  for (const auto& r : rows) {
    bench b;
    b.limits.blob_size_error = 4096;
    b.begin();
    const auto result = b.decide({r.decision, start_timer("after", 5)});
    BOOST_TEST(!result.failed_cause);
    BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted Failed");
    const auto failed = b.event(5).workflow_execution_failed_event_attributes();
    BOOST_TEST(failed.failure().reason() == "DECISION_BLOB_SIZE_EXCEEDS_LIMIT");
    BOOST_TEST(failed.failure().details() == r.details);
    BOOST_TEST(failed.decision_task_completed_event_id() == 4);
  }
}

BOOST_AUTO_TEST_CASE(too_many_pending_activities_fail_the_run) {
  bench b;
  b.limits.pending_activities_limited = true;
  b.limits.pending_activities_error = 1;
  b.begin();
  b.decide({schedule_activity("a1"), schedule_activity("a2")});
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted AScheduled Failed");
  BOOST_TEST(b.event(6).workflow_execution_failed_event_attributes().failure().reason() ==
             "PENDING_ACTIVITY_EXCEEDS_LIMIT");
}

BOOST_AUTO_TEST_CASE(closing_is_blocked_by_unhandled_events_and_other_decisions_are_not) {
  desk d;
  for (const auto& closing : {complete_workflow(), fail_workflow(), cancel_workflow(), continue_with([](auto&) {})}) {
    d.reset(true);
    BOOST_REQUIRE(bool(d.handle(start_timer("t", 1))));
    BOOST_TEST(!d.handler->stopped());
    BOOST_REQUIRE(bool(d.handle(closing)));
    BOOST_TEST((d.handler->failed() == api::DECISION_TASK_FAILED_CAUSE_UNHANDLED_DECISION));
  }
}

BOOST_AUTO_TEST_CASE(the_first_of_several_closing_decisions_counts) {
  bench b;
  b.begin();
  b.decide({complete_workflow("first"), fail_workflow(), cancel_workflow(), continue_with([](auto&) {})});
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted Completed");
  BOOST_TEST(!b.last.next);
}

BOOST_AUTO_TEST_CASE(nothing_may_follow_a_closing_decision) {
  desk d;
  BOOST_REQUIRE(bool(d.handle(complete_workflow())));
  const auto late = d.handle(start_timer("t", 1));
  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error().kind == error_kind::internal_service));
}

BOOST_AUTO_TEST_CASE(task_lists_are_inherited_and_stay_ephemeral) {
  desk d;
  const auto& r = d.tx->state();
  api::TaskList wanted;
  const auto inherited = decision_task_list(r, wanted, d.b.limits);
  BOOST_REQUIRE(bool(inherited));
  BOOST_TEST(inherited->name() == "list");
  BOOST_TEST((inherited->kind() == api::TASK_LIST_KIND_NORMAL));
  d.tx->edit_fixed().set_task_list_kind(api::TASK_LIST_KIND_EPHEMERAL);
  wanted.set_name("own");
  wanted.set_kind(api::TASK_LIST_KIND_NORMAL);
  const auto own = decision_task_list(r, wanted, d.b.limits);
  BOOST_REQUIRE(bool(own));
  BOOST_TEST(own->name() == "own");
  BOOST_TEST((own->kind() == api::TASK_LIST_KIND_EPHEMERAL));
}

BOOST_AUTO_TEST_CASE(markers_and_search_attributes) {
  bench b;
  b.begin();
  b.decide({record_marker("m"), upsert("CustomIntField", "5")});
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted MarkerRecorded UpsertWorkflowSearchAttributes");
  BOOST_TEST(b.event(5).marker_recorded_event_attributes().marker_name() == "m");
  BOOST_TEST(b.state().fixed().search_attributes().indexed_fields().at("CustomIntField").data() == "5");
  const auto tasks = b.transfer(rec::TRANSFER_UPSERT);
  BOOST_REQUIRE_EQUAL(tasks.size(), 1U);
  BOOST_TEST(tasks[0].visibility().search_attributes().indexed_fields().at("CustomIntField").data() == "5");
}

BOOST_AUTO_TEST_SUITE_END()
