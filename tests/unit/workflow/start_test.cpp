#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/describe.hpp"
#include "workflow/system_kinds.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

BOOST_AUTO_TEST_SUITE(start_of_a_run)

BOOST_AUTO_TEST_CASE(plain_start_writes_what_the_contract_says) {
  bench b;
  b.begin();
  BOOST_TEST(b.shape() == "Started DScheduled");
  const auto first = b.event(1);
  const auto& a = first.workflow_execution_started_event_attributes();
  const auto run_id = b.state().key().run_id.str();
  BOOST_TEST(first.version() == local_version);
  BOOST_TEST(a.first_execution_run_id() == run_id);
  BOOST_TEST(a.original_execution_run_id() == run_id);
  BOOST_TEST(a.has_first_decision_task_backoff());
  BOOST_TEST(a.first_decision_task_backoff().seconds() == 0);
  BOOST_TEST(a.initiator() == api::CONTINUE_AS_NEW_INITIATOR_INVALID);
  BOOST_TEST(!a.has_first_scheduled_time());
  BOOST_TEST(!a.has_parent_execution_info());
  const auto scheduled = b.event(2).decision_task_scheduled_event_attributes();
  BOOST_TEST(scheduled.task_list().name() == "list");
  BOOST_TEST(scheduled.task_list().kind() == api::TASK_LIST_KIND_INVALID);
  BOOST_TEST(scheduled.start_to_close_timeout().seconds() == 20);

  BOOST_TEST(b.last.mutation.new_version == 1);
  BOOST_TEST(!b.last.mutation.expected_version.has_value());
  BOOST_REQUIRE_EQUAL(b.last.history.size(), 1U);
  BOOST_TEST(b.last.new_branch.has_value());
  BOOST_TEST(b.last.history[0].tree_id.str() == run_id);
  BOOST_REQUIRE(b.last.current.has_value());
  BOOST_TEST(b.last.current->state() == run_state::running);
  BOOST_TEST(b.last.current->create_request_id() == "start-request");

  BOOST_REQUIRE_EQUAL(b.timers(rec::TIMER_WORKFLOW_TIMEOUT).size(), 1U);
  BOOST_TEST(b.timers(rec::TIMER_WORKFLOW_TIMEOUT)[0].fire_ns() == b.now_ns + 100 * ns_per_s);
  BOOST_REQUIRE_EQUAL(b.transfer(rec::TRANSFER_RECORD_STARTED).size(), 1U);
  const auto record = b.transfer(rec::TRANSFER_RECORD_STARTED)[0].visibility();
  BOOST_TEST(record.start_ns() == b.now_ns);
  BOOST_TEST(record.execution_ns() == 0);
  BOOST_TEST(record.execution_status() == api::WORKFLOW_EXECUTION_STATUS_STARTED);
  BOOST_REQUIRE_EQUAL(b.transfer(rec::TRANSFER_DECISION).size(), 1U);
  const auto task = b.transfer(rec::TRANSFER_DECISION)[0];
  BOOST_TEST(task.schedule_id() == 2);
  BOOST_TEST(task.task_list() == "list");
  BOOST_TEST(task.schedule_to_start_s() == 100);
}

BOOST_AUTO_TEST_CASE(a_kind_of_task_list_that_was_left_out_stays_out_of_the_event) {
  bench b;
  auto request = b.request();
  request.mutable_task_list()->clear_kind();
  b.begin(request);
  BOOST_TEST(b.event(1).workflow_execution_started_event_attributes().task_list().kind() ==
             api::TASK_LIST_KIND_INVALID);
  // What the list is, is known all the same.
  const auto d = describe(b.state(), *b.env().domains);
  BOOST_TEST(d.execution_configuration().task_list().kind() == api::TASK_LIST_KIND_NORMAL);
  BOOST_TEST(d.workflow_execution_info().task_list_info().kind() == api::TASK_LIST_KIND_NORMAL);
  bench given;
  request.mutable_task_list()->set_kind(api::TASK_LIST_KIND_NORMAL);
  given.begin(request);
  BOOST_TEST(given.event(1).workflow_execution_started_event_attributes().task_list().kind() ==
             api::TASK_LIST_KIND_NORMAL);
}

BOOST_AUTO_TEST_CASE(work_of_the_system_that_nobody_carries_out_is_not_started) {
  struct row {
    const char* domain;
    const char* type;
    bool started;
  };
  for (const auto& r : {row{"cadence-batcher", "cadence-sys-batch-workflow", false},
                        row{"cadence-batcher", "cadence-sys-batch-workflow-v2", false},
                        row{"cadence-system", "cadence-sys-batch-workflow", false},
                        row{"cadence-system", "cadence-sys-failoverManager-workflow", false},
                        row{"cadence-system", "cadence-sys-rebalance-workflow", false},
                        row{"cadence-batcher", "domain-deprecation-workflow", false},
                        row{"cadence-system", "domain-deprecation-workflow", true},
                        row{"cadence-system", "diagnostics-starter-workflow", true},
                        row{"suite", "cadence-sys-batch-workflow", true}}) {
    const auto got = check_system_work(r.domain, r.type);
    BOOST_TEST(bool(got) == r.started, r.domain << " " << r.type);
  }
  bench b;
  b.domain_row.mutable_domain()->set_name("cadence-batcher");
  auto env = b.env();
  auto domain = *env.domain;
  domain.name = "cadence-batcher";
  env.domain = std::make_shared<const domain_view>(domain);
  run r(run_key{b.domain_id, "wf", b.chance.new_uuid()});
  stored_history none;
  transaction tx(r, env, none);
  auto request = b.request();
  request.mutable_workflow_type()->set_name("cadence-sys-batch-workflow");
  const auto refused = start(tx, request, 0);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == error_kind::bad_request));
  BOOST_TEST(refused.error().message ==
             "Domain cadence-batcher is for work of the server's own, and this version has no "
             "cadence-sys-batch-workflow: nothing would ever carry it out, so it is not started.");
  BOOST_TEST(!tx.has_new_events());
}

BOOST_AUTO_TEST_CASE(a_cluster_attribute_must_be_one_of_the_domain) {
  bench b;
  auto request = b.request();
  auto& wanted = *request.mutable_active_cluster_selection_policy()->mutable_cluster_attribute();
  wanted.set_scope("region");
  wanted.set_name("us-west");
  const auto tried = [&] {
    const auto env = b.env();
    run r(run_key{b.domain_id, "wf", b.chance.new_uuid()});
    stored_history none;
    transaction tx(r, env, none);
    const auto got = start(tx, request, 0);
    return got ? std::string() : got.error().message;
  };
  const std::string unknown =
      "Cannot start workflow with a cluster attribute that is not found in the domain's metadata.";
  BOOST_TEST(tried() == unknown);
  auto& scopes =
      *b.domain_row.mutable_domain()->mutable_active_clusters()->mutable_active_clusters_by_cluster_attribute();
  (*scopes["region"].mutable_cluster_attributes())["us-east"].set_active_cluster_name("cluster0");
  BOOST_TEST(tried() == unknown);
  (*scopes["region"].mutable_cluster_attributes())["us-west"].set_active_cluster_name("cluster0");
  BOOST_TEST(tried() == "");
}

BOOST_AUTO_TEST_CASE(task_ids_are_one_block_with_events_first) {
  bench b;
  b.begin();
  BOOST_TEST(b.last.first_task_id == 1000);
  BOOST_TEST(b.last.task_id_count == 5);
  BOOST_TEST(b.event(1).task_id() == 1000);
  BOOST_TEST(b.event(2).task_id() == 1001);
  BOOST_TEST(b.last.history[0].txn_id == 1001);
  BOOST_TEST(b.last.transfer[0].task_id() == 1002);
  BOOST_TEST(b.last.transfer[1].task_id() == 1003);
  BOOST_TEST(b.last.timers[0].task_id() == 1004);
  BOOST_TEST(b.state().head().last_event_task_id() == 1001);
}

BOOST_AUTO_TEST_CASE(decision_timeout_is_clamped) {
  struct row {
    std::int64_t execution_s, task_s, expected;
  };
  for (const auto& r : {row{1000, 300, 240}, row{10, 20, 10}, row{100, 30, 30}}) {
    bench b;
    auto request = b.request();
    set_seconds(*request.mutable_execution_start_to_close_timeout(), r.execution_s);
    set_seconds(*request.mutable_task_start_to_close_timeout(), r.task_s);
    b.begin(request);
    BOOST_TEST(b.state().fixed().decision_timeout_s() == r.expected);
  }
}

BOOST_AUTO_TEST_CASE(delayed_start_waits_with_a_timer) {
  bench b;
  auto request = b.request();
  set_seconds(*request.mutable_delay_start(), 30);
  const auto backoff = first_decision_backoff(request, b.env());
  BOOST_REQUIRE(bool(backoff));
  BOOST_TEST(*backoff == 30);
  b.begin(request, *backoff);
  BOOST_TEST(b.shape() == "Started");
  BOOST_TEST(b.state().head().state() == run_state::created);
  BOOST_TEST(b.last.current->state() == run_state::created);
  BOOST_REQUIRE_EQUAL(b.timers(rec::TIMER_WORKFLOW_BACKOFF).size(), 1U);
  BOOST_TEST(b.timers(rec::TIMER_WORKFLOW_BACKOFF)[0].fire_ns() == b.now_ns + 30 * ns_per_s);
  BOOST_TEST(b.timers(rec::TIMER_WORKFLOW_BACKOFF)[0].timeout_type() == 2);
  BOOST_TEST(b.timers(rec::TIMER_WORKFLOW_TIMEOUT)[0].fire_ns() == b.now_ns + 130 * ns_per_s);
  const auto record = b.transfer(rec::TRANSFER_RECORD_STARTED)[0].visibility();
  BOOST_TEST(record.execution_ns() == b.now_ns + 30 * ns_per_s);
  BOOST_TEST(record.execution_status() == api::WORKFLOW_EXECUTION_STATUS_PENDING);

  b.send_signal("early");
  BOOST_TEST(b.shape() == "Started Signaled");
  b.advance_s(30);
  b.change([](transaction& tx) { BOOST_TEST(backoff_over(tx)); });
  BOOST_TEST(b.shape() == "Started Signaled DScheduled");
  BOOST_REQUIRE(b.last.current.has_value());
  BOOST_TEST(b.last.current->state() == run_state::running);
  BOOST_REQUIRE_EQUAL(b.transfer(rec::TRANSFER_UPSERT).size(), 1U);
  BOOST_TEST(b.transfer(rec::TRANSFER_UPSERT)[0].visibility().execution_status() ==
             api::WORKFLOW_EXECUTION_STATUS_STARTED);
  b.change([](transaction& tx) { BOOST_TEST(!backoff_over(tx)); });
}

BOOST_AUTO_TEST_CASE(first_backoff_of_a_start) {
  struct row {
    std::int64_t delay_s, jitter_s, first_run_in_s;
    const char* cron;
    std::int64_t low, high;
  };
  bench b;
  b.now_ns = 1'700'000'010LL * ns_per_s; // ten seconds before a whole minute
  for (const auto& r :
       {row{0, 0, 0, "", 0, 0}, row{7, 0, 0, "", 7, 7}, row{7, 3, 0, "", 7, 10}, row{7, 3, 50, "* * * * *", 50, 50},
        row{0, 0, 0, "* * * * *", 30, 30}, row{60, 0, 0, "* * * * *", 90, 90}, row{0, 0, 0, "@every 10s", 10, 10}}) {
    auto request = b.request();
    set_seconds(*request.mutable_delay_start(), r.delay_s);
    set_seconds(*request.mutable_jitter_start(), r.jitter_s);
    request.set_cron_schedule(r.cron);
    if (r.first_run_in_s > 0)
      set_time(*request.mutable_first_run_at(), b.now_ns + r.first_run_in_s * ns_per_s + 5);
    const auto wait = first_decision_backoff(request, b.env());
    BOOST_REQUIRE(bool(wait));
    BOOST_TEST_CONTEXT("delay " << r.delay_s << " jitter " << r.jitter_s << " cron " << r.cron) {
      BOOST_TEST(*wait >= r.low);
      BOOST_TEST(*wait <= r.high);
    }
  }
}

BOOST_AUTO_TEST_CASE(child_waits_for_its_parent) {
  bench b;
  parent_link parent;
  parent.domain_id = b.domain_id;
  parent.domain = "suite";
  parent.workflow_id = "parent";
  parent.run_id = b.chance.new_uuid().str();
  parent.initiated_id = 5;
  b.begin(b.request(), 0, {}, parent);
  BOOST_TEST(b.shape() == "Started");
  BOOST_TEST(b.state().head().state() == run_state::created);
  const auto info = b.event(1).workflow_execution_started_event_attributes().parent_execution_info();
  BOOST_TEST(info.initiated_id() == 5);
  BOOST_TEST(info.workflow_execution().run_id() == parent.run_id);
  BOOST_TEST(b.state().has_parent());
  BOOST_TEST(bool(b.command([](transaction& tx) { return schedule_first_decision(tx); })));
  BOOST_TEST(b.shape() == "Started DScheduled");
  BOOST_TEST(bool(b.command([](transaction& tx) { return schedule_first_decision(tx); })));
  BOOST_TEST(b.shape() == "Started DScheduled");
}

BOOST_AUTO_TEST_CASE(signal_with_start_puts_the_signal_before_the_decision) {
  bench b;
  first_signal s;
  s.name = "go";
  s.input = "v";
  s.request_id = "start-request";
  b.begin(b.request(), 0, {}, {}, s);
  BOOST_TEST(b.shape() == "Started Signaled DScheduled");
  BOOST_TEST(b.state().signal_requests().contains("start-request"));
  BOOST_TEST(b.state().head().signal_count() == 1);
}

BOOST_AUTO_TEST_CASE(bad_requests_change_nothing) {
  bench b;
  b.domain_row.mutable_domain()->set_status(api::DOMAIN_STATUS_DEPRECATED);
  const auto env = b.env();
  run r(run_key{b.domain_id, "wf", b.chance.new_uuid()});
  stored_history none;
  transaction tx(r, env, none);
  const auto refused = start(tx, b.request(), 0);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().message == "Domain is deprecated.");
  BOOST_TEST((refused.error().kind == error_kind::bad_request));
  BOOST_TEST(!tx.has_new_events());
}

BOOST_AUTO_TEST_CASE(expiration_of_a_retry_policy) {
  bench b;
  auto request = b.request();
  auto& policy = *request.mutable_retry_policy();
  set_seconds(*policy.mutable_initial_interval(), 2);
  policy.set_backoff_coefficient(1);
  set_seconds(*policy.mutable_expiration_interval(), 50);
  b.now_ns += 1'600'000;
  b.begin(request, 5);
  const auto a = b.event(1).workflow_execution_started_event_attributes();
  BOOST_TEST(ns_of(a.expiration_time()) == b.now_ns - 1'600'000 + 2 * ns_per_ms + 55 * ns_per_s);
  BOOST_TEST(a.retry_policy().has_maximum_interval());
  BOOST_TEST(b.timers(rec::TIMER_WORKFLOW_TIMEOUT)[0].fire_ns() ==
             (b.now_ns + 105 * ns_per_s + ns_per_ms - 1) / ns_per_ms * ns_per_ms);
}

BOOST_AUTO_TEST_CASE(what_a_start_does_with_the_current_run) {
  using d = reuse_decision;
  struct row {
    int state, status;
    api::WorkflowIdReusePolicy policy;
    d expected;
  };
  const auto any = api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
  const auto failed_only = api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY;
  const auto unset = api::WORKFLOW_ID_REUSE_POLICY_INVALID;
  const auto reject = api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
  const auto kill = api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING;
  for (const auto& r :
       {row{1, 0, any, d::refuse}, row{0, 0, failed_only, d::refuse}, row{1, 0, reject, d::refuse},
        row{1, 0, kill, d::terminate_and_start}, row{2, 1, any, d::start_new}, row{2, 1, failed_only, d::refuse},
        row{2, 1, unset, d::refuse}, row{2, 5, failed_only, d::refuse}, row{2, 2, failed_only, d::start_new},
        row{2, 3, unset, d::start_new}, row{2, 4, failed_only, d::start_new}, row{2, 6, failed_only, d::start_new},
        row{2, 2, reject, d::refuse}, row{2, 1, kill, d::start_new}, row{5, 0, reject, d::start_new}}) {
    rec::CurrentRun current;
    current.set_create_request_id("first");
    current.set_state(r.state);
    current.set_close_status(r.status);
    BOOST_TEST_CONTEXT("state " << r.state << " status " << r.status << " policy " << r.policy) {
      BOOST_TEST((decide_reuse(current, "second", r.policy) == r.expected));
      BOOST_TEST((decide_reuse(current, "first", r.policy) == d::use_existing));
    }
  }
}

BOOST_AUTO_TEST_CASE(who_is_in_the_way_of_a_start_is_told_as_the_go_server_tells_it) {
  rec::CurrentRun current;
  current.set_create_request_id("first");
  current.set_run_id(uuid::parse("11111111-2222-4333-8444-555555555555")->raw());
  const auto told = [&](int state, int status, api::WorkflowIdReusePolicy policy) {
    current.set_state(state);
    current.set_close_status(status);
    const auto e = already_started(current, "W", policy);
    BOOST_TEST((e.kind == error_kind::workflow_already_started));
    BOOST_TEST(e.detail->start_request_id == "first");
    BOOST_TEST(e.detail->run_id == "11111111-2222-4333-8444-555555555555");
    return e.message;
  };
  const std::string ids = " WorkflowId: W, RunId: 11111111-2222-4333-8444-555555555555.";
  for (const auto policy :
       {api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
        api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, api::WORKFLOW_ID_REUSE_POLICY_INVALID})
    for (const int state : {run_state::created, run_state::running})
      BOOST_TEST(told(state, 0, policy) == "Workflow execution is already running." + ids);
  BOOST_TEST(told(run_state::completed, close_status::failed, api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE) ==
             "Workflow execution already finished." + ids + " Workflow ID reuse policy: reject duplicate workflow ID.");
  for (const auto policy :
       {api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, api::WORKFLOW_ID_REUSE_POLICY_INVALID})
    BOOST_TEST(told(run_state::completed, close_status::completed, policy) ==
               "Workflow execution already finished successfully." + ids +
                   " Workflow ID reuse policy: allow duplicate workflow ID if last run failed.");
}

BOOST_AUTO_TEST_CASE(a_reset_point_without_an_expiry_shows_none) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a")});
  const auto d = describe(b.state(), *b.env().domains);
  BOOST_REQUIRE_EQUAL(d.workflow_execution_info().auto_reset_points().points_size(), 1);
  BOOST_TEST(!d.workflow_execution_info().auto_reset_points().points(0).has_expiring_time());
}

BOOST_AUTO_TEST_CASE(describe_shows_the_run) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a")});
  const auto d = describe(b.state(), *b.env().domains);
  BOOST_TEST(d.workflow_execution_info().has_auto_reset_points()); // as the reference system says it: none, not nothing
  BOOST_TEST(d.workflow_execution_info().execution_status() == api::WORKFLOW_EXECUTION_STATUS_INVALID);
  const auto& info = d.workflow_execution_info();
  BOOST_TEST(info.workflow_execution().run_id() == b.state().key().run_id.str());
  BOOST_TEST(info.history_length() == 5);
  BOOST_TEST(!info.has_close_time());
  BOOST_TEST(info.has_memo());
  BOOST_TEST(ns_of(info.execution_time()) == ns_of(info.start_time()));
  BOOST_TEST(info.auto_reset_points().points_size() == 1);
  BOOST_TEST(info.search_attributes().indexed_fields().at("BinaryChecksums").data() == "[\"binary\"]");
  BOOST_TEST(!d.has_pending_decision());
  BOOST_REQUIRE_EQUAL(d.pending_activities_size(), 1);
  BOOST_TEST(d.pending_activities(0).activity_id() == "a");
  BOOST_TEST(d.pending_activities(0).activity_type().name() == "act");
  BOOST_TEST(d.pending_activities(0).state() == api::PENDING_ACTIVITY_STATE_SCHEDULED);
  BOOST_TEST(d.pending_activities(0).has_scheduled_time());
}

BOOST_AUTO_TEST_SUITE_END()
