#include "bridge/checks/validate_domain.hpp"
#include "bridge/checks/validate_visibility.hpp"
#include "bridge/checks/validate_workflow.hpp"
#include "check_table.hpp"
#include "requests.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

namespace api = uber::cadence::api::v1;
using namespace cadenza;
using namespace cadenza::bridge;
using tests::bad_case;
using tests::check_table;
using tests::good_start;
using tests::rules;
using tests::verdict;

namespace {

const std::string too_long(1001, 'x');
const std::string no_such_domain = "entity_not_exists: Domain " + too_long.substr(1) + "… (1001 bytes) does not exist.";
const std::string too_big((2 << 20) + 1, 'b');

template <class Request> Request about_run() {
  Request request;
  request.set_domain("orders");
  request.mutable_workflow_execution()->set_workflow_id("wf");
  return request;
}

template <class Request> std::vector<bad_case<Request>> run_cases() {
  return {{"bad_request: Domain name is empty", [](Request& r) { r.clear_domain(); }},
          {"bad_request: Execution is not set on request.", [](Request& r) { r.clear_workflow_execution(); }},
          {"bad_request: WorkflowId is not set on request.",
           [](Request& r) { r.mutable_workflow_execution()->clear_workflow_id(); }},
          {"bad_request: Invalid RunId.", [](Request& r) { r.mutable_workflow_execution()->set_run_id("no-uuid"); }},
          {"entity_not_exists: Domain none does not exist.", [](Request& r) { r.set_domain("none"); }}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(validate)

BOOST_AUTO_TEST_CASE(start) {
  using request = api::StartWorkflowExecutionRequest;
  check_table<request>(
      good_start(),
      {{"bad_request: Domain name is empty", [](request& r) { r.clear_domain(); }},
       {"bad_request: WorkflowId is not set on request.", [](request& r) { r.clear_workflow_id(); }},
       {"bad_request: requestId \"\" is not a valid UUID", [](request& r) { r.clear_request_id(); }},
       {"bad_request: requestId \"not-a-uuid\" is not a valid UUID",
        [](request& r) { r.set_request_id("not-a-uuid"); }},
       {"bad_request: WorkflowType is not set on request.", [](request& r) { r.clear_workflow_type(); }},
       {"bad_request: WorkflowType is not set on request.",
        [](request& r) { r.mutable_workflow_type()->clear_name(); }},
       {no_such_domain.c_str(), [](request& r) { r.set_domain(too_long); }},
       {"bad_request: WorkflowID length exceeds limit.", [](request& r) { r.set_workflow_id(too_long); }},
       {"bad_request: InitialIntervalInSeconds must be greater than 0 on retry policy.",
        [](request& r) { r.mutable_retry_policy(); }},
       {"bad_request: WorkflowType length exceeds limit.",
        [](request& r) { r.mutable_workflow_type()->set_name(too_long); }},
       {"bad_request: TaskList is not set on request.", [](request& r) { r.clear_task_list(); }},
       {"bad_request: TaskList is not set on request.", [](request& r) { r.mutable_task_list()->clear_name(); }},
       {"bad_request: TaskList length exceeds limit.", [](request& r) { r.mutable_task_list()->set_name(too_long); }},
       {"bad_request: A valid ExecutionStartToCloseTimeoutSeconds is not set on request.",
        [](request& r) { r.clear_execution_start_to_close_timeout(); }},
       {"bad_request: A valid ExecutionStartToCloseTimeoutSeconds is not set on request.",
        [](request& r) { r.mutable_execution_start_to_close_timeout()->set_seconds(INT64_MAX); }},
       {"bad_request: A valid TaskStartToCloseTimeoutSeconds is not set on request.",
        [](request& r) {
          r.mutable_task_start_to_close_timeout()->set_seconds(0);
          r.mutable_task_start_to_close_timeout()->set_nanos(500'000'000);
        }},
       {"bad_request: A valid DelayStartSeconds is not set on request.",
        [](request& r) { r.mutable_delay_start()->set_seconds(-1); }},
       {"bad_request: A valid JitterStartSeconds is not set on request (negative).",
        [](request& r) { r.mutable_jitter_start()->set_seconds(-1); }},
       {"bad_request: A valid JitterStartSeconds is not set on request (larger than cron duration).",
        [](request& r) {
          r.set_cron_schedule("* * * * *");
          r.mutable_jitter_start()->set_seconds(61);
        }},
       {"entity_not_exists: Domain none does not exist.", [](request& r) { r.set_domain("none"); }},
       {"bad_request: Domain is deprecated.", [](request& r) { r.set_domain("old"); }},
       {"bad_request: Blob data size exceeds limit.", [](request& r) { r.mutable_input()->set_data(too_big); }},
       {"bad_request: Blob data size exceeds limit.",
        [](request& r) {
          r.mutable_input()->set_data(std::string(1 << 20, 'x'));
          (*r.mutable_memo()->mutable_fields())["note"].set_data(std::string(1 << 20, 'x'));
        }},
       {"", [](request& r) { r.set_workflow_id(too_long.substr(1)); }},
       {"", [](request& r) { r.mutable_input()->set_data(too_big.substr(1)); }},
       {"", [](request& r) {
          r.set_cron_schedule("* * * * *");
          r.mutable_jitter_start()->set_seconds(60);
        }}});
}

BOOST_AUTO_TEST_CASE(cron_texts_and_search_attributes_are_looked_at) {
  const rules r;
  auto request = good_start();
  request.set_cron_schedule("not a schedule");
  BOOST_TEST(verdict(check(r.view(), request)).starts_with("bad_request: "));
  request = good_start();
  (*request.mutable_search_attributes()->mutable_indexed_fields())["NoSuchKey"].set_data("1");
  BOOST_TEST(verdict(check(r.view(), request)).starts_with("bad_request: "));
}

BOOST_AUTO_TEST_CASE(the_first_of_several_mistakes_is_told) {
  const rules r;
  api::StartWorkflowExecutionRequest request;
  BOOST_TEST(verdict(check(r.view(), request)) == "bad_request: Domain name is empty");
  request.set_domain("none");
  BOOST_TEST(verdict(check(r.view(), request)) == "entity_not_exists: Domain none does not exist.");
  request.set_domain("orders");
  BOOST_TEST(verdict(check(r.view(), request)) == "bad_request: WorkflowId is not set on request.");
  api::SignalWorkflowExecutionRequest signal;
  signal.set_domain("none");
  BOOST_TEST(verdict(check(r.view(), signal)) == "entity_not_exists: Domain none does not exist.");
}

BOOST_AUTO_TEST_CASE(signal_with_start) {
  using request = api::SignalWithStartWorkflowExecutionRequest;
  request good;
  *good.mutable_start_request() = good_start();
  good.mutable_start_request()->clear_request_id(); // unlike a start, no UUID is asked for
  good.set_signal_name("s");
  check_table<request>(
      good,
      {{"bad_request: Domain name is empty", [](request& r) { r.clear_start_request(); }},
       {"bad_request: SignalName is not set on request.", [](request& r) { r.clear_signal_name(); }},
       {"bad_request: SignalName length exceeds limit.", [](request& r) { r.set_signal_name(too_long); }},
       {"bad_request: RequestID length exceeds limit.",
        [](request& r) { r.mutable_start_request()->set_request_id(too_long); }},
       {"bad_request: A valid TaskStartToCloseTimeoutSeconds is not set on request.",
        [](request& r) { r.mutable_start_request()->clear_task_start_to_close_timeout(); }},
       {"bad_request: Blob data size exceeds limit.", [](request& r) { r.mutable_signal_input()->set_data(too_big); }},
       {"bad_request: Domain is deprecated.", [](request& r) { r.mutable_start_request()->set_domain("old"); }}});
}

BOOST_AUTO_TEST_CASE(asynchronous_starts_need_a_queue) {
  api::StartWorkflowExecutionAsyncRequest request;
  const rules r;
  BOOST_TEST(verdict(check(r.view(), request)) == "bad_request: Domain name is empty");
  *request.mutable_request() = good_start();
  BOOST_TEST(verdict(check(r.view(), request)) == "bad_request: async workflow is not enabled for domain orders");
  api::SignalWithStartWorkflowExecutionAsyncRequest both;
  *both.mutable_request()->mutable_start_request() = good_start();
  both.mutable_request()->set_signal_name("s");
  BOOST_TEST(verdict(check(r.view(), both)) == "bad_request: async workflow is not enabled for domain orders");
}

BOOST_AUTO_TEST_CASE(calls_about_one_run) {
  check_table(about_run<api::DescribeWorkflowExecutionRequest>(), run_cases<api::DescribeWorkflowExecutionRequest>());
  check_table(about_run<api::TerminateWorkflowExecutionRequest>(), run_cases<api::TerminateWorkflowExecutionRequest>());
  check_table(about_run<api::ResetWorkflowExecutionRequest>(), run_cases<api::ResetWorkflowExecutionRequest>());
  check_table(about_run<api::RestartWorkflowExecutionRequest>(), run_cases<api::RestartWorkflowExecutionRequest>());
  check_table(about_run<api::RequestCancelWorkflowExecutionRequest>(),
              run_cases<api::RequestCancelWorkflowExecutionRequest>());
  check_table(about_run<api::RefreshWorkflowTasksRequest>(), run_cases<api::RefreshWorkflowTasksRequest>());
  check_table(about_run<api::GetWorkflowExecutionHistoryRequest>(),
              run_cases<api::GetWorkflowExecutionHistoryRequest>());
}

BOOST_AUTO_TEST_CASE(signal) {
  using request = api::SignalWorkflowExecutionRequest;
  auto good = about_run<request>();
  good.set_signal_name("s");
  auto cases = run_cases<request>();
  cases.push_back({"bad_request: SignalName is not set on request.", [](request& r) { r.clear_signal_name(); }});
  cases.push_back({"bad_request: SignalName length exceeds limit.", [](request& r) { r.set_signal_name(too_long); }});
  cases.push_back({"bad_request: RequestID length exceeds limit.", [](request& r) { r.set_request_id(too_long); }});
  cases.push_back(
      {"bad_request: Blob data size exceeds limit.", [](request& r) { r.mutable_signal_input()->set_data(too_big); }});
  check_table(good, cases);
}

BOOST_AUTO_TEST_CASE(query) {
  using request = api::QueryWorkflowRequest;
  auto good = about_run<request>();
  good.mutable_query()->set_query_type("state");
  auto cases = run_cases<request>();
  cases.push_back({"bad_request: WorkflowQuery is not set on request.", [](request& r) { r.clear_query(); }});
  cases.push_back(
      {"bad_request: QueryType is not set on request.", [](request& r) { r.mutable_query()->clear_query_type(); }});
  cases.push_back({"bad_request: Blob data size exceeds limit.",
                   [](request& r) { r.mutable_query()->mutable_query_args()->set_data(too_big); }});
  check_table(good, cases);
  rules r;
  r.max.query_disallowed = true;
  BOOST_TEST(verdict(check(r.view(), good)) ==
             "bad_request: Domain is not allowed to query, please contact cadence team to re-enable queries.");
}

BOOST_AUTO_TEST_CASE(history_pages_are_bounded) {
  const rules r;
  auto request = about_run<api::GetWorkflowExecutionHistoryRequest>();
  for (const auto& [asked, given] : {std::pair{0, 1000}, {-3, 1000}, {7, 7}, {5000, 1000}}) {
    request.set_page_size(asked);
    BOOST_TEST(verdict(check(r.view(), request)) == "");
    BOOST_TEST(request.page_size() == given);
  }
}

BOOST_AUTO_TEST_CASE(task_lists) {
  using request = api::DescribeTaskListRequest;
  request good;
  good.set_domain("orders");
  good.mutable_task_list()->set_name("list");
  good.set_task_list_type(api::TASK_LIST_TYPE_DECISION);
  check_table<request>(
      good,
      {{"bad_request: Domain name is empty", [](request& r) { r.clear_domain(); }},
       {"bad_request: TaskListType is not set on request.", [](request& r) { r.clear_task_list_type(); }},
       {"bad_request: TaskList is not set on request.", [](request& r) { r.clear_task_list(); }},
       {"bad_request: TaskList length exceeds limit.", [](request& r) { r.mutable_task_list()->set_name(too_long); }},
       {"entity_not_exists: Domain none does not exist.", [](request& r) { r.set_domain("none"); }}});
}

BOOST_AUTO_TEST_CASE(lists) {
  using request = api::ListOpenWorkflowExecutionsRequest;
  request good;
  good.set_domain("orders");
  good.mutable_start_time_filter()->mutable_earliest_time()->set_seconds(10);
  good.mutable_start_time_filter()->mutable_latest_time()->set_seconds(10);
  check_table<request>(good,
                       {{"bad_request: Domain name is empty", [](request& r) { r.clear_domain(); }},
                        {"bad_request: StartTimeFilter is required", [](request& r) { r.clear_start_time_filter(); }},
                        {"bad_request: EarliestTime in StartTimeFilter is required",
                         [](request& r) { r.mutable_start_time_filter()->clear_earliest_time(); }},
                        {"bad_request: LatestTime in StartTimeFilter is required",
                         [](request& r) { r.mutable_start_time_filter()->clear_latest_time(); }},
                        {"bad_request: EarliestTime in StartTimeFilter should not be larger than LatestTime",
                         [](request& r) { r.mutable_start_time_filter()->mutable_earliest_time()->set_nanos(1); }},
                        {"entity_not_exists: Domain none does not exist.", [](request& r) { r.set_domain("none"); }}});
  rules r;
  auto list = good;
  BOOST_TEST(verdict(check(r.view(), list)) == "");
  BOOST_TEST(list.page_size() == 1000);
  // The window of the search index is no limit of a plain list.
  list.set_page_size(10'001);
  r.max.search_enabled = true;
  BOOST_TEST(verdict(check(r.view(), list)) == "");
  api::ListClosedWorkflowExecutionsRequest closed;
  closed.set_domain("orders");
  *closed.mutable_start_time_filter() = good.start_time_filter();
  closed.set_page_size(10'001);
  BOOST_TEST(verdict(check(r.view(), closed)) == "");
  r.max.list_by_filter_disallowed = true;
  list = good;
  BOOST_TEST(verdict(check(r.view(), list)) == "");
  list.mutable_type_filter()->set_name("type");
  BOOST_TEST(verdict(check(r.view(), list)) == "bad_request: No permission to do this operation.");
}

BOOST_AUTO_TEST_CASE(pages_of_queries_are_as_large_as_the_window_at_most) {
  rules r;
  api::ListWorkflowExecutionsRequest list;
  list.set_domain("orders");
  list.set_page_size(10'001);
  api::ScanWorkflowExecutionsRequest scan;
  scan.set_domain("orders");
  scan.set_page_size(10'001);
  BOOST_TEST(verdict(check(r.view(), list)) == "");
  r.max.search_enabled = true;
  BOOST_TEST(verdict(check(r.view(), list)) == "bad_request: Pagesize is larger than allow 10000");
  BOOST_TEST(verdict(check(r.view(), scan)) == "bad_request: Pagesize is larger than allow 10000");
  list.set_page_size(10'000);
  BOOST_TEST(verdict(check(r.view(), list)) == "");
}

BOOST_AUTO_TEST_CASE(queries_are_checked_once_the_domain_is_known) {
  rules r;
  r.hooks.visibility_query = [](std::string_view query) -> outcome<std::string> {
    if (query.find("NoSuchKey") != query.npos)
      return bad_request("invalid search attribute \"NoSuchKey\"");
    return "checked " + std::string(query);
  };
  api::ListWorkflowExecutionsRequest list;
  list.set_domain("none");
  list.set_query("NoSuchKey = 3");
  BOOST_TEST(verdict(check(r.view(), list)) == "entity_not_exists: Domain none does not exist.");
  list.set_domain("orders");
  BOOST_TEST(verdict(check(r.view(), list)) == "bad_request: invalid search attribute \"NoSuchKey\"");
  list.set_query("RunID = 3");
  BOOST_TEST(verdict(check(r.view(), list)) == "");
  BOOST_TEST(list.query() == "checked RunID = 3");
  api::CountWorkflowExecutionsRequest count;
  BOOST_TEST(verdict(check(r.view(), count)) == "bad_request: Domain name is empty");
  api::ListArchivedWorkflowExecutionsRequest archived;
  BOOST_TEST(verdict(check(r.view(), archived)) == "bad_request: Domain name is empty");
  archived.set_domain("orders");
  BOOST_TEST(verdict(check(r.view(), archived)) == "bad_request: Cluster is not configured for visibility archival");
}

BOOST_AUTO_TEST_CASE(domains) {
  using request = api::RegisterDomainRequest;
  request good;
  good.set_name("new-1");
  good.mutable_workflow_execution_retention_period()->set_seconds(86400);
  check_table<request>(good,
                       {{"bad_request: Domain not set on request.", [](request& r) { r.clear_name(); }},
                        {"bad_request: Domain length exceeds limit.", [](request& r) { r.set_name(too_long); }},
                        {"bad_request: RetentionDays is invalid.",
                         [](request& r) { r.mutable_workflow_execution_retention_period()->set_seconds(31 * 86400); }},
                        {"bad_request: A valid retention period is not set on request.",
                         [](request& r) { r.clear_workflow_execution_retention_period(); }},
                        {"bad_request: Domain name can only include alphanumeric and dash characters.",
                         [](request& r) { r.set_name("new_1"); }},
                        {"", [](request& r) { r.set_name("orders"); }}}); // the registry says that it exists
  rules r;
  r.max.admin_protected = true;
  BOOST_TEST(verdict(check(r.view(), good)) == "bad_request: No permission to do this operation.");
  good.set_security_token("CadenceTeamONLY");
  BOOST_TEST(verdict(check(r.view(), good)) == "");

  api::UpdateDomainRequest update;
  BOOST_TEST(verdict(check(r.view(), update)) == "bad_request: Domain not set on request.");
  update.set_name("orders");
  BOOST_TEST(verdict(check(r.view(), update)) == "bad_request: No permission to do this operation.");
  update.mutable_update_mask()->add_paths("active_cluster_name"); // a failover needs no token
  BOOST_TEST(verdict(check(r.view(), update)) == "");

  api::DeleteDomainRequest remove;
  remove.set_security_token("CadenceTeamONLY");
  remove.set_name("orders");
  BOOST_TEST(verdict(check(r.view(), remove)) == "bad_request: Domain is not in a deprecated state.");
  remove.set_name("old");
  BOOST_TEST(verdict(check(r.view(), remove)) == "");
  BOOST_TEST(verdict(check(r.view(), api::DescribeDomainRequest{})) == "bad_request: Domain not set on request.");
}

BOOST_AUTO_TEST_SUITE_END()
