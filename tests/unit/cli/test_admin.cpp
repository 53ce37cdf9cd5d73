#include "tests/unit/cli/fake_server.hpp"
#include "tests/unit/cli/runner.hpp"

#include "messages/thrift_history.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace cadenza::test;
namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

namespace {

struct fixture {
  fake_server server;

  output run(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.begin(), {"--ad", server.address(), "--do", "d"});
    return run_cli(std::move(words), {}, input);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(admin_commands, fixture)

BOOST_AUTO_TEST_CASE(drained_groups_are_named_as_clusters_are) {
  server.on<admin::UpdateGlobalIsolationGroupsRequest, admin::UpdateGlobalIsolationGroupsResponse>(
      "AdminAPI/UpdateGlobalIsolationGroups", [](const auto&, auto&) { return answer::ok(); });
  const auto update = [this](std::vector<std::string> more) {
    more.insert(more.begin(), {"admin", "ig", "update-global"});
    return run(more).code;
  };
  BOOST_TEST(update({"--set-drains", "zone-1,zone-2", "--set-drains", "zone-3"}) == 0);
  const auto request = server.last<admin::UpdateGlobalIsolationGroupsRequest>("AdminAPI/UpdateGlobalIsolationGroups");
  BOOST_REQUIRE(request.isolation_groups().isolation_groups_size() == 3);
  BOOST_TEST(request.isolation_groups().isolation_groups(1).name() == "zone-2");
  BOOST_TEST(update({"--set-drains", "zone-1", "--json", "[]"}) == 1);
}

BOOST_AUTO_TEST_CASE(a_task_list_without_pollers_is_an_error) {
  server.on<api::DescribeTaskListRequest, api::DescribeTaskListResponse>(
      "WorkflowAPI/DescribeTaskList", [](const auto& request, auto& response) {
        response.mutable_task_list_status()->set_backlog_count_hint(4);
        if (request.task_list_type() == api::TASK_LIST_TYPE_ACTIVITY) {
          auto& poller = *response.add_pollers();
          poller.set_identity("worker@host");
          poller.mutable_last_access_time()->set_seconds(1'700'000'000);
        }
        return answer::ok();
      });
  const auto none = run({"tl", "desc", "-tl", "list"});
  BOOST_TEST(none.code == 1);
  BOOST_TEST(none.err == "Error: No poller for tasklist: list\nError Details: about 4 tasks wait in it\n");
  const auto some = run({"tl", "desc", "--tl", "list", "--tlt", "activity"});
  BOOST_TEST(some.out.starts_with("  ACTIVITY POLLER IDENTITY |"), some.out);
  BOOST_TEST(some.out.find("  worker@host              | 2023-11-1") != std::string::npos, some.out);
}

BOOST_AUTO_TEST_CASE(partition_updates_that_could_lose_tasks_need_force) {
  server.on<api::DescribeTaskListRequest, api::DescribeTaskListResponse>(
      "WorkflowAPI/DescribeTaskList", [](const auto&, auto& response) {
        response.add_pollers()->set_identity("w");
        response.mutable_partition_config()->set_num_read_partitions(4);
        response.mutable_partition_config()->set_num_write_partitions(4);
        return answer::ok();
      });
  server.on<admin::UpdateTaskListPartitionConfigRequest, admin::UpdateTaskListPartitionConfigResponse>(
      "AdminAPI/UpdateTaskListPartitionConfig", [](const auto&, auto&) { return answer::ok(); });
  const std::vector<std::string> words{"admin",    "tl",    "up", "--tl",  "list", "--tlt",
                                       "decision", "--nrp", "2",  "--nwp", "2"};
  const auto refused = run(words);
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(refused.err.starts_with("Error: Potentially unsafe operation."), refused.err);
  auto forced = words;
  forced.push_back("--force");
  BOOST_TEST(run(forced).out == "Successfully updated list : DECISION\n");
  const auto request =
      server.last<admin::UpdateTaskListPartitionConfigRequest>("AdminAPI/UpdateTaskListPartitionConfig");
  BOOST_TEST(request.partition_config().read_partitions_size() == 2);
  BOOST_TEST(server.calls().back().method == "/uber.cadence.admin.v1.AdminAPI/UpdateTaskListPartitionConfig");
}

BOOST_AUTO_TEST_CASE(shards_are_listed_in_order) {
  server.on<admin::DescribeShardDistributionRequest, admin::DescribeShardDistributionResponse>(
      "AdminAPI/DescribeShardDistribution", [](const auto&, auto& response) {
        response.set_number_of_shards(16);
        (*response.mutable_shards())[2] = "host-b";
        (*response.mutable_shards())[0] = "host-a";
        return answer::ok();
      });
  BOOST_TEST(run({"admin", "shard", "list"}).out == "Total Number of Shards: 16\nNumber of Shards Returned: 2\n"
                                                    "  SHARDID | IDENTITY\n"
                                                    "        0 | host-a\n"
                                                    "        2 | host-b\n");
}

BOOST_AUTO_TEST_CASE(queue_types_are_translated_to_the_contracts_numbers) {
  server.on<admin::DescribeQueueRequest, admin::DescribeQueueResponse>(
      "AdminAPI/DescribeQueue", [](const auto&, auto& response) {
        response.add_processing_queue_states("{\"ackLevel\":5}");
        return answer::ok();
      });
  BOOST_TEST(run({"admin", "queue", "desc", "--sid", "1", "--queue_type", "3"}).out == "{\"ackLevel\":5}\n");
  BOOST_TEST(server.last<admin::DescribeQueueRequest>("AdminAPI/DescribeQueue").task_type() == admin::TASK_TYPE_TIMER);
  BOOST_TEST(run({"admin", "queue", "desc", "--sid", "1", "--queue_type", "1"}).code == 1);
}

BOOST_AUTO_TEST_CASE(the_state_of_a_queue_is_shown_for_people) {
  server.on<admin::DescribeQueueRequest, admin::DescribeQueueResponse>(
      "AdminAPI/DescribeQueue", [](const auto&, auto& response) {
        response.add_processing_queue_states(
            "&{level: 0, ackLevel: {visibilityTimestamp: 2026-11-30 12:00:00.5 +0000 UTC, taskID: 0}, readLevel: "
            "{taskID:9}, maxLevel: {taskID:9}, domainFilter: {DomainIDs:map[] ReverseMatch:true}, pending: 2}");
        return answer::ok();
      });
  const std::vector<std::string> words{"admin", "queue", "describe", "--shard_id", "1", "--queue_type", "3"};
  BOOST_TEST(run(words).out == "Done up to:    visibilityTimestamp: 2026-11-30 12:00:00.5 +0000 UTC, taskID: 0\n"
                               "Read up to:    taskID:9\n"
                               "Pending tasks: 2\n");
  auto as_json = words;
  as_json.insert(as_json.begin(), {"--output", "json"});
  BOOST_TEST(nlohmann::json::parse(run(as_json).out)[0]["pendingTasks"] == 2);
}

BOOST_AUTO_TEST_CASE(a_timer_is_removed_by_its_fire_time_and_id) {
  server.on<admin::RemoveTaskRequest, admin::RemoveTaskResponse>("AdminAPI/RemoveTask",
                                                                 [](const auto&, auto&) { return answer::ok(); });
  const std::vector<std::string> words{"admin", "shard", "rmtk", "--sid", "2", "--task_id", "77", "--task_type", "3"};
  BOOST_TEST(run(words).code == 1); // without its time
  auto timed = words;
  timed.insert(timed.end(), {"--task_timestamp", "1700000000000000000"});
  BOOST_TEST(run(timed).out == "Task 77 removed.\n");
  const auto request = server.last<admin::RemoveTaskRequest>("AdminAPI/RemoveTask");
  BOOST_TEST(request.shard_id() == 2);
  BOOST_TEST(request.task_id() == 77);
  BOOST_TEST(request.task_type() == admin::TASK_TYPE_TIMER);
  BOOST_TEST(request.visibility_time().seconds() == 1'700'000'000);
}

BOOST_AUTO_TEST_CASE(only_a_damaged_workflow_is_said_to_be_deleted) {
  bool damaged = false;
  server.on<admin::MaintainCorruptWorkflowRequest, admin::MaintainCorruptWorkflowResponse>(
      "AdminAPI/MaintainCorruptWorkflow", [&damaged](const auto&, auto& response) {
        response.set_executions_deleted(damaged);
        return answer::ok();
      });
  BOOST_TEST(run({"admin", "wf", "fc", "-w", "id"}).out == "Nothing was deleted: no damage was found.\n");
  damaged = true;
  BOOST_TEST(run({"admin", "wf", "fix_corruption", "-w", "id"}).out ==
             "The workflow was damaged and has been deleted.\n");
}

BOOST_AUTO_TEST_CASE(dynamic_config_values_carry_their_filters) {
  server.on<admin::UpdateDynamicConfigRequest, admin::UpdateDynamicConfigResponse>(
      "AdminAPI/UpdateDynamicConfig", [](const auto&, auto&) { return answer::ok(); });
  const auto result = run({"admin", "config", "update", "--name", "frontend.rps", "--value",
                           R"({"Value":7,"Filters":[{"Name":"domainName","Value":"x"}]})", "--value", "9"});
  BOOST_TEST(result.code == 0, result.err);
  const auto request = server.last<admin::UpdateDynamicConfigRequest>("AdminAPI/UpdateDynamicConfig");
  BOOST_REQUIRE(request.config_values_size() == 2);
  BOOST_TEST(request.config_values(0).value().data() == "7");
  BOOST_TEST(request.config_values(0).value().encoding_type() == api::ENCODING_TYPE_JSON);
  BOOST_TEST(request.config_values(0).filters(0).name() == "domainName");
  BOOST_TEST(request.config_values(0).filters(0).value().data() == "\"x\"");
  BOOST_TEST(request.config_values(1).value().data() == "9");
}

BOOST_AUTO_TEST_CASE(mutable_state_is_shown_as_the_document_it_is) {
  server.on<admin::DescribeWorkflowExecutionRequest, admin::DescribeWorkflowExecutionResponse>(
      "AdminAPI/DescribeWorkflowExecution", [](const auto&, auto& response) {
        response.set_shard_id(3);
        response.set_mutable_state_in_database(R"({"nextEventId":4})");
        return answer::ok();
      });
  const auto document = nlohmann::json::parse(run({"admin", "wf", "desc", "-w", "id"}).out);
  BOOST_TEST(document["shardId"] == 3);
  BOOST_TEST(document["mutableStateInDatabase"]["nextEventId"] == 4);
}

BOOST_AUTO_TEST_CASE(stored_batches_are_shown_with_their_sizes) {
  api::History events;
  events.add_events()->set_event_id(1);
  events.add_events()->set_event_id(2);
  const auto bytes = cadenza::to_thrift(events);
  server.on<admin::GetWorkflowExecutionRawHistoryV2Request, admin::GetWorkflowExecutionRawHistoryV2Response>(
      "AdminAPI/GetWorkflowExecutionRawHistoryV2", [&bytes](const auto&, auto& response) {
        auto& blob = *response.add_history_batches();
        blob.set_encoding_type(api::ENCODING_TYPE_THRIFTRW);
        blob.set_data(bytes);
        return answer::ok();
      });
  server.on<api::DescribeWorkflowExecutionRequest, api::DescribeWorkflowExecutionResponse>(
      "WorkflowAPI/DescribeWorkflowExecution", [](const auto&, auto& response) {
        response.mutable_workflow_execution_info()->mutable_workflow_execution()->set_run_id("current");
        return answer::ok();
      });
  const auto result = run({"admin", "wf", "show", "-w", "id"});
  BOOST_TEST(server.last<admin::GetWorkflowExecutionRawHistoryV2Request>("AdminAPI/GetWorkflowExecutionRawHistoryV2")
                 .workflow_execution()
                 .run_id() == "current");
  const auto size = std::to_string(bytes.size());
  BOOST_TEST(result.out.starts_with("======== batch 1, blob len: " + size + " ======\n"), result.out);
  BOOST_TEST(result.out.ends_with("======== total batches 1, total blob len: " + size + " ======\n"), result.out);
}

BOOST_AUTO_TEST_SUITE_END()
