#include "bridge/checks/validate_admin.hpp"
#include "check_table.hpp"

#include <boost/test/unit_test.hpp>

namespace admin = uber::cadence::admin::v1;
namespace api = uber::cadence::api::v1;
using namespace cadenza;
using tests::bad_case;
using tests::check_table;
using tests::rules;
using tests::verdict;

namespace {

const std::string some_run = "0f5b4c2e-8d6a-4c1b-9a57-3f2f1d0b7e11";

template <class Request> Request about_run() {
  Request request;
  request.set_domain("orders");
  request.mutable_workflow_execution()->set_workflow_id("wf");
  request.mutable_workflow_execution()->set_run_id(some_run);
  return request;
}

template <class Request> std::vector<bad_case<Request>> run_cases(const char* no_execution) {
  return {{no_execution, [](Request& r) { r.clear_workflow_execution(); }},
          {"bad_request: WorkflowId is not set on request.",
           [](Request& r) { r.mutable_workflow_execution()->clear_workflow_id(); }},
          {"bad_request: Invalid RunId.", [](Request& r) { r.mutable_workflow_execution()->set_run_id("no-uuid"); }},
          {"bad_request: WorkflowID length exceeds limit.",
           [](Request& r) { r.mutable_workflow_execution()->set_workflow_id(std::string(1001, 'w')); }},
          {"bad_request: Domain length exceeds limit.", [](Request& r) { r.set_domain(std::string(1001, 'd')); }},
          {"entity_not_exists: Domain none does not exist.", [](Request& r) { r.set_domain("none"); }}};
}

using partitions = admin::UpdateTaskListPartitionConfigRequest;

/// Three read partitions, two of them for writing, too.
partitions three_and_two() {
  partitions request;
  request.set_domain("orders");
  request.mutable_task_list()->set_name("list");
  request.mutable_task_list()->set_kind(api::TASK_LIST_KIND_NORMAL);
  request.set_task_list_type(api::TASK_LIST_TYPE_ACTIVITY);
  auto& config = *request.mutable_partition_config();
  for (const int id : {0, 1, 2})
    (*config.mutable_read_partitions())[id];
  for (const int id : {0, 2})
    (*config.mutable_write_partitions())[id];
  return request;
}

void add(api::IsolationGroupConfiguration& to, const std::string& name, int state) {
  auto& group = *to.add_isolation_groups();
  group.set_name(name);
  group.set_state(static_cast<api::IsolationGroupState>(state));
}

template <class Request> std::vector<bad_case<Request>> group_cases() {
  return {
      {"bad_request: An isolation group has no name.",
       [](Request& r) { add(*r.mutable_isolation_groups(), "", api::ISOLATION_GROUP_STATE_DRAINED); }},
      {"bad_request: IsolationGroup length exceeds limit.",
       [](Request& r) {
         add(*r.mutable_isolation_groups(), std::string(1001, 'g'), api::ISOLATION_GROUP_STATE_DRAINED);
       }},
      {"bad_request: Isolation group g is neither healthy (1) nor drained (2).",
       [](Request& r) { add(*r.mutable_isolation_groups(), "g", api::ISOLATION_GROUP_STATE_INVALID); }},
      {"bad_request: Isolation group g is neither healthy (1) nor drained (2).",
       [](Request& r) { add(*r.mutable_isolation_groups(), "g", 3); }},
      {"bad_request: Isolation group zone-1 is given twice.",
       [](Request& r) { add(*r.mutable_isolation_groups(), "zone-1", api::ISOLATION_GROUP_STATE_HEALTHY); }},
      {"bad_request: There can be at most 1000 isolation groups.",
       [](Request& r) {
         for (int i = 0; i < 1000; ++i)
           add(*r.mutable_isolation_groups(), "g" + std::to_string(i), api::ISOLATION_GROUP_STATE_HEALTHY);
       }},
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(validate_admin)

BOOST_AUTO_TEST_CASE(requests_about_a_run_name_it) {
  const char* const not_set = "bad_request: Execution is not set on request.";
  using describe = admin::DescribeWorkflowExecutionRequest;
  check_table<describe>(about_run<describe>(), run_cases<describe>(not_set));
  using refresh = admin::RefreshWorkflowTasksRequest;
  check_table<refresh>(about_run<refresh>(), run_cases<refresh>(not_set));
  using remove = admin::DeleteWorkflowRequest;
  check_table<remove>(about_run<remove>(), run_cases<remove>(not_set));
  using maintain = admin::MaintainCorruptWorkflowRequest;
  check_table<maintain>(about_run<maintain>(), run_cases<maintain>("bad_request: Execution is missing"));
  auto current = about_run<describe>();
  current.mutable_workflow_execution()->clear_run_id(); // the current run
  BOOST_TEST(verdict(check(rules().view(), current)) == "");
}

BOOST_AUTO_TEST_CASE(raw_histories_need_a_run_and_a_page) {
  using raw = admin::GetWorkflowExecutionRawHistoryV2Request;
  auto good = about_run<raw>();
  good.set_page_size(1);
  check_table<raw>(
      good, {{"bad_request: Invalid WorkflowID.", [](raw& r) { r.clear_workflow_execution(); }},
             {"bad_request: Invalid RunID.", [](raw& r) { r.mutable_workflow_execution()->clear_run_id(); }},
             {"bad_request: Invalid RunID.", [](raw& r) { r.mutable_workflow_execution()->set_run_id("no-uuid"); }},
             {"bad_request: Invalid PageSize.", [](raw& r) { r.clear_page_size(); }},
             {"bad_request: Invalid PageSize.", [](raw& r) { r.set_page_size(-1); }},
             {"entity_not_exists: Domain none does not exist.", [](raw& r) { r.set_domain("none"); }}});
}

BOOST_AUTO_TEST_CASE(partitions_of_a_task_list) {
  check_table<partitions>(
      three_and_two(),
      {{"entity_not_exists: Domain none does not exist.", [](partitions& r) { r.set_domain("none"); }},
       {"bad_request: TaskList is not set on request.", [](partitions& r) { r.clear_task_list(); }},
       {"bad_request: Task list kind not set.", [](partitions& r) { r.mutable_task_list()->clear_kind(); }},
       {"bad_request: Only normal tasklist's partition config can be updated.",
        [](partitions& r) { r.mutable_task_list()->set_kind(api::TASK_LIST_KIND_STICKY); }},
       {"bad_request: Task list type not set.", [](partitions& r) { r.clear_task_list_type(); }},
       {"bad_request: Task list partition config is not set in the request.",
        [](partitions& r) { r.clear_partition_config(); }},
       {"bad_request: The number of write partitions cannot be larger than the number of read partitions.",
        [](partitions& r) { r.mutable_partition_config()->mutable_read_partitions()->clear(); }},
       {"bad_request: The number of partitions must be larger than 0.",
        [](partitions& r) { r.mutable_partition_config()->mutable_write_partitions()->clear(); }},
       {"bad_request: A task list cannot have more than 10000 partitions.",
        [](partitions& r) {
          for (int id = 0; id <= 10'000; ++id)
            (*r.mutable_partition_config()->mutable_read_partitions())[id];
        }},
       {"bad_request: Partition 0 must be among the read and the write partitions.",
        [](partitions& r) {
          auto& config = *r.mutable_partition_config();
          config.mutable_read_partitions()->erase(0);
          config.mutable_write_partitions()->erase(0);
        }},
       {"bad_request: Partition 0 must be among the read and the write partitions.",
        [](partitions& r) { r.mutable_partition_config()->mutable_write_partitions()->erase(0); }},
       {"bad_request: Ids of partitions must be between 0 and 9999.",
        [](partitions& r) { (*r.mutable_partition_config()->mutable_read_partitions())[-1]; }},
       {"bad_request: Ids of partitions must be between 0 and 9999.",
        [](partitions& r) { (*r.mutable_partition_config()->mutable_read_partitions())[10'000]; }},
       {"bad_request: Write partition 7 is not among the read partitions.",
        [](partitions& r) { (*r.mutable_partition_config()->mutable_write_partitions())[7]; }},
       {"bad_request: Only root partition's partition config can be updated.",
        [](partitions& r) { r.mutable_task_list()->set_name("/__cadence_sys/list/1"); }}});
}

BOOST_AUTO_TEST_CASE(isolation_groups_of_everybody_and_of_a_domain) {
  using all = admin::UpdateGlobalIsolationGroupsRequest;
  all of_all;
  add(*of_all.mutable_isolation_groups(), "zone-1", api::ISOLATION_GROUP_STATE_DRAINED);
  check_table<all>(of_all, group_cases<all>());
  BOOST_TEST(verdict(check(rules().view(), all())) == ""); // nothing is drained any more

  using one = admin::UpdateDomainIsolationGroupsRequest;
  one of_one;
  of_one.set_domain("orders");
  *of_one.mutable_isolation_groups() = of_all.isolation_groups();
  auto cases = group_cases<one>();
  cases.push_back({"bad_request: Domain not set on request.", [](one& r) { r.clear_domain(); }});
  cases.push_back({"bad_request: invalid request, isolationGroup configuration must be set",
                   [](one& r) { r.clear_isolation_groups(); }});
  check_table<one>(of_one, cases);
}

BOOST_AUTO_TEST_CASE(hosts_queues_and_async_requests) {
  using host = admin::DescribeHistoryHostRequest;
  host by_shard;
  by_shard.set_shard_id(3);
  check_table<host>(
      by_shard, {{"bad_request: Request is nil.", [](host& r) { r.clear_shard_id(); }},
                 {"bad_request: WorkflowId is not set on request.", [](host& r) { r.mutable_workflow_execution(); }},
                 {"bad_request: Invalid RunId.", [](host& r) {
                    r.mutable_workflow_execution()->set_workflow_id("wf");
                    r.mutable_workflow_execution()->set_run_id("no-uuid");
                  }}});

  using reset = admin::ResetQueueRequest;
  reset queue;
  queue.set_task_type(admin::TASK_TYPE_TRANSFER);
  queue.set_cluster_name("cluster0");
  check_table<reset>(queue, {{"bad_request: Request is nil.", [](reset& r) { r.clear_task_type(); }},
                             {"bad_request: Cluster name is not set.", [](reset& r) { r.clear_cluster_name(); }}});
  using describe = admin::DescribeQueueRequest;
  describe described;
  described.set_task_type(admin::TASK_TYPE_TIMER);
  described.set_cluster_name("cluster0");
  check_table<describe>(described,
                        {{"bad_request: Request is nil.", [](describe& r) { r.clear_task_type(); }},
                         {"bad_request: Cluster name is not set.", [](describe& r) { r.clear_cluster_name(); }}});
  using remove = admin::RemoveTaskRequest;
  remove task;
  task.set_task_type(admin::TASK_TYPE_TRANSFER);
  check_table<remove>(task, {{"bad_request: Request is nil.", [](remove& r) { r.clear_task_type(); }}});

  using async = admin::UpdateDomainAsyncWorkflowConfiguratonRequest;
  async with_queue;
  with_queue.set_domain("orders");
  check_table<async>(with_queue, {{"bad_request: Domain not set on request.", [](async& r) { r.clear_domain(); }}});
}

BOOST_AUTO_TEST_CASE(new_search_attributes_have_a_name_a_type_and_permission) {
  using attribute = admin::AddSearchAttributeRequest;
  attribute good;
  (*good.mutable_search_attribute())["Colour_2"] = api::INDEXED_VALUE_TYPE_KEYWORD;
  const auto named = [](const std::string& name, int type) {
    return [=](attribute& r) {
      r.clear_search_attribute();
      (*r.mutable_search_attribute())[name] = static_cast<api::IndexedValueType>(type);
    };
  };
  check_table<attribute>(
      good,
      {{"bad_request: SearchAttributes are not provided", [](attribute& r) { r.clear_search_attribute(); }},
       {"bad_request: Key [] is no name of a search attribute: letters, digits and '_' after a letter", named("", 2)},
       {"bad_request: Key [2nd] is no name of a search attribute: letters, digits and '_' after a letter",
        named("2nd", 2)},
       {"bad_request: Key [a-b] is no name of a search attribute: letters, digits and '_' after a letter",
        named("a-b", 2)},
       {"bad_request: Unknown value type, 0", named("Colour", 0)},
       {"bad_request: Unknown value type, 7", named("Colour", 7)}});
  rules guarded;
  guarded.max.admin_protected = true;
  BOOST_TEST(verdict(check(guarded.view(), good)) == "bad_request: No permission to do this operation.");
  good.set_security_token(guarded.max.admin_token);
  BOOST_TEST(verdict(check(guarded.view(), good)) == "");
}

BOOST_AUTO_TEST_SUITE_END()
