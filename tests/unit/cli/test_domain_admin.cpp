#include "tests/unit/cli/fake_server.hpp"
#include "tests/unit/cli/runner.hpp"

#include "messages/base64.hpp"
#include "messages/thrift_history.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/error.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <thread>

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

  void answer_domain() {
    server.on<api::DescribeDomainRequest, api::DescribeDomainResponse>(
        "DomainAPI/DescribeDomain", [](const auto& request, auto& response) {
          if (request.name() == "none")
            return answer::error(5, "Domain none does not exist.", api::EntityNotExistsError{});
          auto& domain = *response.mutable_domain();
          domain.set_name("d");
          domain.set_id("uuid-1");
          domain.set_status(api::DOMAIN_STATUS_REGISTERED);
          domain.set_description("about");
          domain.mutable_workflow_execution_retention_period()->set_seconds(3 * 86400);
          domain.set_active_cluster_name("cluster0");
          (*domain.mutable_data())["k"] = "v";
          return answer::ok();
        });
  }
};

/// An HTTP side that answers what a test sets. Every POST to it must have the content type that servers demand, which
/// the forms and scripts of other web sites cannot send.
class http_side {
public:
  http_side() {
    server_.set_pre_routing_handler([](const httplib::Request& request, httplib::Response&) {
      if (request.method == "POST")
        BOOST_TEST(request.get_header_value("Content-Type") == "application/json", request.path);
      return httplib::Server::HandlerResponse::Unhandled;
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
  }
  ~http_side() {
    server_.stop();
    thread_.join();
  }
  httplib::Server& server() { return server_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void wait() const {
    while (!server_.is_running())
      std::this_thread::yield();
  }

private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(domain_and_admin, fixture)

BOOST_AUTO_TEST_CASE(register_sends_the_settings) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  const auto result = run({"d", "re", "--rd", "7", "--oe", "me@example.com", "--dmd", "a=1,b=2,e=", "--gd", "false",
                           "--has", "enabled", "--domain_data_entry", "c=x=y"});
  BOOST_TEST(result.out == "Domain d successfully registered.\n");
  const auto request = server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain");
  BOOST_TEST(request.name() == "d");
  BOOST_TEST(request.workflow_execution_retention_period().seconds() == 7 * 86400);
  BOOST_TEST(request.owner_email() == "me@example.com");
  BOOST_TEST(request.data().at("b") == "2");
  BOOST_TEST(request.data().at("c") == "x=y");
  BOOST_TEST(request.data().at("e").empty());
  BOOST_TEST(!request.is_global_domain());
  BOOST_TEST(request.history_archival_status() == api::ARCHIVAL_STATUS_ENABLED);
}

BOOST_AUTO_TEST_CASE(domain_data_in_any_other_form_is_refused_and_nothing_is_sent) {
  // A URL in the old form, `key:value`, would be cut at its first colon; one with a comma loses its end.
  for (const char* wrong : {"a:1", "url=http://x/?a=b", "a=1,b", "a=1,", ",a=1", "=1", "a", "a=1,a=2", "a==1"}) {
    for (const char* verb : {"register", "update"}) {
      answer_domain();
      const auto result = run({"domain", verb, "--domain_data", wrong});
      BOOST_TEST(result.code == 1, wrong);
      BOOST_TEST(result.err.find("omain data") + result.err.find("domain_data") != 2 * std::string::npos, result.err);
    }
  }
  BOOST_TEST(run({"domain", "register", "--domain_data_entry", "a"}).code == 1);
  BOOST_TEST(run({"domain", "register", "--domain_data", "a=1", "--domain_data_entry", "a=2"}).code == 1);
  for (const auto& call : server.calls())
    BOOST_TEST(call.method.ends_with("/DescribeDomain"), call.method);
}

BOOST_AUTO_TEST_CASE(clusters_are_named_with_commas_blanks_or_repeated_flags) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  const auto clusters = [this](std::vector<std::string> more) {
    more.insert(more.begin(), {"domain", "register", "--global_domain", "true", "--active_cluster", "a"});
    const auto result = run(more);
    BOOST_TEST(result.code == 0, result.err);
    std::string names;
    const auto request = server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain");
    for (const auto& one : request.clusters())
      names += one.cluster_name() + " ";
    return names;
  };
  BOOST_TEST(clusters({"--clusters", "a", "b", "c", "--retention", "7"}) == "a b c ");
  BOOST_TEST(clusters({"--clusters", "a,b", "--cl", "c"}) == "a b c ");
  BOOST_TEST(clusters({"--clusters=a, b,", "c"}) == "a b c ");
  BOOST_TEST(run({"domain", "register", "--description", "a", "b"}).code == 1); // only names may follow
}

BOOST_AUTO_TEST_CASE(global_domain_takes_what_go_takes_for_a_truth_value) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    BOOST_TEST(run({"domain", "register", "--global_domain", yes}).code == 0, yes);
    BOOST_TEST(server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain").is_global_domain(), yes);
  }
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"}) {
    BOOST_TEST(run({"domain", "register", "--gd", no}).code == 0, no);
    BOOST_TEST(!server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain").is_global_domain(), no);
  }
  const auto calls = server.calls().size();
  for (const char* wrong : {"", "yes", "tRUE", "2", " true"})
    BOOST_TEST(run({"domain", "register", "--global_domain", wrong}).code == 1, wrong);
  BOOST_TEST(server.calls().size() == calls);
}

BOOST_AUTO_TEST_CASE(active_clusters_that_say_nothing_or_two_things_are_refused) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"domain", "register", "--acs", "region.us-west:c0, region.us-east:c1", "--acs", "city.a:c0"}).code ==
             0);
  const auto scopes = server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain")
                          .active_clusters()
                          .active_clusters_by_cluster_attribute();
  BOOST_TEST(scopes.at("region").cluster_attributes().at("us-east").active_cluster_name() == "c1");
  BOOST_TEST(scopes.at("city").cluster_attributes().at("a").active_cluster_name() == "c0");
  for (const char* wrong : {"", "region", "region.a", ".a:c", "region.:c", "region.a:", "region:c", "r.a:c0,r.a:c1"})
    BOOST_TEST(run({"domain", "register", "--acs", wrong}).code == 1, wrong);
}

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

BOOST_AUTO_TEST_CASE(domains_are_global_unless_told_otherwise) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>("DomainAPI/RegisterDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  const auto global = [this](std::vector<std::string> more) {
    more.insert(more.begin(), {"domain", "register"});
    BOOST_TEST(run(more).code == 0);
    return server.last<api::RegisterDomainRequest>("DomainAPI/RegisterDomain").is_global_domain();
  };
  BOOST_TEST(global({}));
  BOOST_TEST(global({"--cl", "c1"}));
  BOOST_TEST(global({"--cl", "c1", "--cl", "c2"}));
  BOOST_TEST(global({"--cl", "c1,c2"}));
  BOOST_TEST(!global({"--gd", "false"}));
}

BOOST_AUTO_TEST_CASE(registering_twice_says_so) {
  server.on<api::RegisterDomainRequest, api::RegisterDomainResponse>(
      "DomainAPI/RegisterDomain",
      [](const auto&, auto&) { return answer::error(6, "Domain already exists.", api::DomainAlreadyExistsError{}); });
  const auto result = run({"domain", "register"});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err == "Error: Domain d already registered.\nError Details: Domain already exists.\n");
}

BOOST_AUTO_TEST_CASE(describe_prints_the_labels_in_order) {
  answer_domain();
  BOOST_TEST(run({"d", "desc"}).out ==
             "Name: d\nUUID: uuid-1\nDescription: about\nOwnerEmail: \nDomainData: k:v\nStatus: REGISTERED\n"
             "RetentionInDays: 3\nEmitMetrics: true\nIsGlobal(XDC)Domain: false\nActiveClusterName: cluster0\n"
             "IsActiveActiveDomain: false\nClusters: N/A, Not a global domain\nHistoryArchivalStatus: DISABLED\n"
             "VisibilityArchivalStatus: DISABLED\n");
  const auto document = nlohmann::json::parse(run({"--output", "json", "domain", "describe"}).out);
  BOOST_TEST(document["retentionDays"] == 3);
  BOOST_TEST(document["domainData"]["k"] == "v"); // the user's own keys stay
  BOOST_TEST(nlohmann::json::parse(run({"domain", "describe", "--format", "json"}).out)["RetentionDays"] == 3);
  const auto missing = run_cli({"--ad", server.address(), "--do", "none", "d", "desc"});
  BOOST_TEST(missing.err.starts_with("Error: Domain none does not exist.\n"), missing.err);
}

BOOST_AUTO_TEST_CASE(update_keeps_what_was_not_named) {
  answer_domain();
  server.on<api::UpdateDomainRequest, api::UpdateDomainResponse>("DomainAPI/UpdateDomain",
                                                                 [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"domain", "update", "--retention", "5"}).out == "Domain d successfully updated.\n");
  const auto request = server.last<api::UpdateDomainRequest>("DomainAPI/UpdateDomain");
  BOOST_TEST(request.description() == "about");
  BOOST_TEST(request.workflow_execution_retention_period().seconds() == 5 * 86400);
  const std::vector<std::string> mask{request.update_mask().paths().begin(), request.update_mask().paths().end()};
  const std::vector<std::string> expected{"description", "owner_email", "workflow_execution_retention_period"};
  BOOST_TEST(mask == expected);
}

BOOST_AUTO_TEST_CASE(update_with_a_cluster_sends_failover_fields_only) {
  server.on<api::UpdateDomainRequest, api::UpdateDomainResponse>("DomainAPI/UpdateDomain",
                                                                 [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"domain", "update", "--ac", "c2", "--ft", "grace", "--desc", "x"}).code == 0);
  const auto request = server.last<api::UpdateDomainRequest>("DomainAPI/UpdateDomain");
  BOOST_TEST(request.active_cluster_name() == "c2");
  BOOST_TEST(request.failover_timeout().seconds() == 60);
  BOOST_TEST(request.description().empty());
}

BOOST_AUTO_TEST_CASE(deprecate_looks_for_open_workflows_first) {
  int open = 2;
  server.on<api::CountWorkflowExecutionsRequest, api::CountWorkflowExecutionsResponse>(
      "VisibilityAPI/CountWorkflowExecutions", [&open](const auto&, auto& response) {
        response.set_count(open);
        return answer::ok();
      });
  server.on<api::DeprecateDomainRequest, api::DeprecateDomainResponse>("DomainAPI/DeprecateDomain",
                                                                       [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"domain", "deprecate"}).code == 1);
  BOOST_TEST(run({"domain", "deprecate", "--force"}).code == 0);
  open = 0;
  BOOST_TEST(run({"domain", "dep"}).out == "Domain d successfully deprecated.\n");
}

BOOST_AUTO_TEST_CASE(delete_asks_first) {
  answer_domain();
  int deleted = 0;
  server.on<api::DeleteDomainRequest, api::DeleteDomainResponse>("DomainAPI/DeleteDomain",
                                                                 [&deleted](const auto&, auto&) {
                                                                   ++deleted;
                                                                   return answer::ok();
                                                                 });
  const auto kept = run({"domain", "delete"}, "no\n");
  BOOST_TEST(kept.code == 1);
  BOOST_TEST(kept.out.empty());
  BOOST_TEST(kept.err.find("Please confirm[Yes/No]:") != std::string::npos);
  BOOST_TEST(deleted == 0);
  BOOST_TEST(run({"domain", "delete"}, "Yes\n").out == "Domain d successfully deleted.\n");
  BOOST_TEST(deleted == 1);
}

BOOST_AUTO_TEST_CASE(list_shows_every_page_of_registered_domains) {
  server.on<api::ListDomainsRequest, api::ListDomainsResponse>(
      "DomainAPI/ListDomains", [](const auto& request, auto& response) {
        const bool first = request.next_page_token().empty();
        auto& domain = *response.add_domains();
        domain.set_name(first ? "one" : "two");
        domain.set_status(first ? api::DOMAIN_STATUS_REGISTERED : api::DOMAIN_STATUS_DEPRECATED);
        response.set_next_page_token(first ? "2" : "");
        return answer::ok();
      });
  BOOST_TEST(run({"domain", "list", "--format", "{{.Name}}"}).out == "one\n");
  BOOST_TEST(run({"admin", "domain", "list", "--all", "--format", "{{.Name}} {{.Status}}"}).out ==
             "one REGISTERED\ntwo DEPRECATED\n");
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

BOOST_AUTO_TEST_CASE(a_branch_is_read_page_by_page) {
  http_side http;
  std::vector<std::string> pages;
  std::string asked;
  http.server().Get("/admin/shards/history", [&](const httplib::Request& request, httplib::Response& response) {
    pages.push_back(request.get_param_value("page"));
    asked = request.get_param_value("shard") + " " + request.get_param_value("tree") + " " +
            request.get_param_value("branch");
    api::History events;
    events.add_events()->set_event_id(static_cast<std::int64_t>(pages.size()));
    const auto bytes = cadenza::to_base64(events.SerializeAsString());
    response.set_content(R"({"batches":[{"first_event_id":1,"transaction_id":2,"batch":")" + bytes + R"("}],"next":")" +
                             (pages.size() == 1 ? "a/+=" : "") + "\"}",
                         "application/json");
  });
  http.wait();
  const auto ask = [&http](std::vector<std::string> words) {
    words.insert(words.begin(), {"--http_address", http.address(), "admin", "wf", "show"});
    return run_cli(std::move(words));
  };
  const auto whole = ask({"--tree_id", "t", "--branch_id", "b", "--sid", "3"});
  BOOST_TEST(asked == "3 t b");
  BOOST_TEST(pages == (std::vector<std::string>{"", "a/+="}), boost::test_tools::per_element());
  BOOST_TEST(whole.out.starts_with("======== batch 1, blob len: 4 ======\n"), whole.out + whole.err);
  BOOST_TEST(whole.out.ends_with("======== total batches 2, total blob len: 8 ======\n"), whole.out);
  BOOST_TEST(ask({"--tree_id", "t"}).err ==
             "Error: missing: --branch_id, --shard_id\nError Details: a branch is read by its tree, its own id and its "
             "shard\n");
  BOOST_TEST(ask({}).err == "Error: missing: --workflow_id ID, or --tree_id, --branch_id and --shard_id\n");
}

BOOST_AUTO_TEST_CASE(the_stored_state_of_a_shard_comes_from_the_http_side) {
  http_side http;
  std::string range;
  std::vector<std::string> asked;
  http.server().Get("/admin/shards/row", [](const httplib::Request& request, httplib::Response& response) {
    if (request.get_param_value("shard") != "1") {
      response.status = 400;
      response.set_content(R"({"error":"shard must be a number from 0 to 3"})", "application/json");
      return;
    }
    response.set_content(R"({"shard_id":1,"range_id":7,"updated_ns":1700000000250000000,"timer_ack_ns":0})",
                         "application/json");
  });
  http.server().Post("/admin/shards/range", [&range](const httplib::Request& request, httplib::Response& response) {
    range = request.get_param_value("range_id");
    response.set_content(R"({"shard_id":1,"previous_range_id":7,"range_id":9})", "application/json");
  });
  http.server().Get("/admin/shards/timers", [&asked](const httplib::Request& request, httplib::Response& response) {
    asked.push_back(request.get_param_value("from_ns") + "/" + request.get_param_value("from_id"));
    const auto timer = [](const char* at, int type, const char* domain) {
      return std::string(R"({"fire_ns":)") + at + R"(,"task_id":4,"task_type":)" + std::to_string(type) +
             R"(,"domain_id":")" + domain + R"(","workflow_id":"w"})";
    };
    if (asked.size() % 2 == 1)
      response.set_content(R"({"timers":[)" + timer("1700000000000000000", 2, "a") + "," +
                               timer("1700000001000000000", 3, "b") +
                               R"(],"next":{"fire_ns":1700000001000000000,"task_id":5}})",
                           "application/json");
    else
      response.set_content(R"({"timers":[)" + timer("1700009999000000000", 2, "a") +
                               R"(,{"fire_ns":1,"task_id":9,"damaged":true}]})",
                           "application/json");
  });
  http.wait();
  const auto ask = [&http](std::vector<std::string> words) {
    words.insert(words.begin(), {"--http_address", http.address(), "admin", "shard"});
    return run_cli(std::move(words));
  };
  const auto row = nlohmann::json::parse(ask({"describe", "--sid", "1"}).out)["ShardInfo"];
  BOOST_TEST(row["range_id"] == 7);
  BOOST_TEST(row["updated_at"] == "2023-11-14T22:13:20.25Z");
  BOOST_TEST(row["timer_ack_level"] == "1970-01-01T00:00:00Z");
  BOOST_TEST(ask({"d", "--sid", "5"}).err ==
             "Error: Failed to describe shard.\nError Details: shard must be a number from 0 to 3\n");
  BOOST_TEST(ask({"srid", "--sid", "1", "--rid", "9"}).out ==
             "Successfully updated rangeID from 7 to 9 for shard 1.\n");
  BOOST_TEST(range == "9");

  const std::vector<std::string> timers{"timers",       "--sid", "1", "--start_date", "2023-11-14T00:00:00Z",
                                        "--skip_errors"};
  const auto counted = ask(timers);
  BOOST_TEST(counted.out == "     BUCKET     | COUNT\n"
                            "  2023-11-14T22 |     2\n"
                            "  2023-11-15T00 |     1\n",
             counted.out);
  BOOST_TEST(counted.err == "timer task 9 is damaged\n");
  BOOST_TEST(asked == (std::vector<std::string>{"1699920000000000000/0", "1700000001000000000/5"}),
             boost::test_tools::per_element());
  auto printed = timers;
  printed.insert(printed.end(), {"--print_json", "--timer_type", "2", "--domain_id", "a"});
  const auto lines = ask(printed).out;
  BOOST_TEST(std::count(lines.begin(), lines.end(), '\n') == 2);
  BOOST_TEST(nlohmann::json::parse(lines.substr(0, lines.find('\n')))["VisibilityTimestamp"] == "2023-11-14T22:13:20Z");
  const auto path = (std::filesystem::temp_directory_path() / "cadenza-cli-test-timers.json").string();
  std::ofstream{path} << lines << "no timer\n";
  // The file's lines are the server's: all of them, whatever their time, and no server is asked.
  const auto from_file = run_cli({"admin", "shard", "timers", "--input_file", path, "--print_json", "--skip_errors"});
  BOOST_TEST(from_file.out == lines, from_file.err);
  BOOST_TEST(from_file.err == "not a timer task: no timer\n");
  BOOST_TEST(
      run_cli({"admin", "shard", "timers", "--if", path}).err.starts_with("Error: not a timer task: no timer\n"));
  BOOST_TEST(run_cli({"admin", "shard", "timers", "--if", path, "--timer_type", "3", "--skip_errors"}).out.empty());
  std::filesystem::remove(path);
  BOOST_TEST(run_cli({"admin", "shard", "timers"}).code == 1);
  BOOST_TEST(run_cli({"admin", "shard", "timers", "--if", "/"}).err.find("directory") != std::string::npos);
  BOOST_TEST(ask({"timers", "--sid", "1"}).err.starts_with("Error: timer task 9 is damaged\n"));
  BOOST_TEST(ask({"timers", "--sid", "1", "--timer_type", "7"}).err.starts_with("Error: Option timer_type format"));
  BOOST_TEST(
      ask({"timers", "--sid", "1", "--end_date", "soon"}).err.starts_with("Error: wrong date format for end_date"));
}

BOOST_AUTO_TEST_CASE(actors_come_from_the_http_side) {
  http_side http;
  std::string killed;
  http.server().Get("/admin/actors", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(
        R"({"actors":[{"path":"node/shard_owner/shard-11","kind":"history_shard","restarts":2,"mailbox":5},
          {"path":"node/shard_owner/shard-2","kind":"history_shard","restarts":0,"mailbox":0},
          {"path":"node/shard_owner-b","kind":"other","restarts":0,"mailbox":0},
          {"path":"node/shard_owner","kind":"shard_owner","restarts":0,"mailbox":0},
          {"path":"node","kind":"node","restarts":0,"mailbox":0}]})",
        "application/json");
  });
  http.server().Post("/admin/actors/kill", [&killed](const httplib::Request& request, httplib::Response& response) {
    killed = request.get_param_value("path");
    if (killed == "node/x") {
      response.status = 404;
      response.set_content(R"({"error":"no such actor"})", "application/json");
    }
  });
  http.wait();
  const auto ask = [&http](std::vector<std::string> words) {
    words.insert(words.begin(), {"--http_address", http.address(), "admin", "actor"});
    return run_cli(std::move(words));
  };
  // Shards in the order of their numbers, and all of an actor's children right below it.
  BOOST_TEST(ask({"list"}).out == "            PATH            |     KIND      | RESTARTS | MAILBOX\n"
                                  "  node                      | node          |        0 |       0\n"
                                  "  node/shard_owner          | shard_owner   |        0 |       0\n"
                                  "  node/shard_owner/shard-2  | history_shard |        0 |       0\n"
                                  "  node/shard_owner/shard-11 | history_shard |        2 |       5\n"
                                  "  node/shard_owner-b        | other         |        0 |       0\n");
  BOOST_TEST(ask({"tree"}).out == "node\n"
                                  "  shard_owner\n"
                                  "    shard-2 (history_shard)\n"
                                  "    shard-11 (history_shard) restarts 2 mailbox 5\n"
                                  "  shard_owner-b (other)\n");
  BOOST_TEST(ask({"kill", "node/shard_owner/a b"}).code == 0);
  BOOST_TEST(killed == "node/shard_owner/a b");
  BOOST_TEST(ask({"kill", "node/x"}).err == "Error: Cannot kill actor node/x.\nError Details: no such actor\n");
  BOOST_TEST(ask({"kill", "node"}).err.starts_with("Error: The node itself cannot be killed.\n"));
  BOOST_TEST(ask({"list", "--format", "{{.Path}} {{.restarts}}"}).out.starts_with("node 0\n"));
}

BOOST_AUTO_TEST_CASE(backups_are_made_listed_and_checked_through_the_http_side) {
  http_side http;
  std::string dir;
  http.server().Post("/admin/backup/create", [&dir](const httplib::Request& request, httplib::Response& response) {
    dir = request.get_param_value("dir");
    response.set_content(R"({"id":1,"created_s":1700000000,"bytes":512,"files":3,"damaged":false})",
                         "application/json");
  });
  http.server().Get("/admin/backup/list", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(R"([{"id":1,"created_s":1700000000,"bytes":512,"files":3,"damaged":true}])",
                         "application/json");
  });
  http.server().Post("/admin/backup/verify", [](const httplib::Request& request, httplib::Response& response) {
    response.status = request.get_param_value("id") == "2" ? 500 : 200;
    response.set_content(response.status == 200 ? R"({"id":1,"valid":true})" : R"({"error":"file 3 is torn"})",
                         "application/json");
  });
  http.wait();
  const auto ask = [&http](std::vector<std::string> words) {
    words.insert(words.begin(), {"--http_address", http.address(), "admin", "backup"});
    return run_cli(std::move(words));
  };
  const auto made = ask({"create", "--dir", "/some where"});
  BOOST_TEST(made.code == 0, made.err);
  BOOST_TEST(made.out.find("|   512 |     3 | whole\n") != std::string::npos, made.out);
  BOOST_TEST(dir == "/some where");
  BOOST_TEST(ask({"list"}).out.find("| damaged\n") != std::string::npos);
  BOOST_TEST(ask({"verify"}).out == "Backup 1 is whole.\n");
  const auto torn = ask({"verify", "2"});
  BOOST_TEST(torn.code == 1);
  BOOST_TEST(torn.err == "Error: Backup verification failed.\nError Details: file 3 is torn\n");
}

BOOST_AUTO_TEST_CASE(config_list_joins_meaning_and_stored_values) {
  http_side http;
  http.server().Get("/admin/config", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(
        R"([{"name":"frontend.rps","type":"int","default":1200,"value":7,"description":"calls per second"}])",
        "application/json");
  });
  http.wait();
  server.on<admin::ListDynamicConfigRequest, admin::ListDynamicConfigResponse>(
      "AdminAPI/ListDynamicConfig", [](const auto&, auto& response) {
        auto& entry = *response.add_entries();
        entry.set_name("frontend.rps");
        entry.add_values()->mutable_value()->set_data("7");
        return answer::ok();
      });
  const auto table = run({"--http_address", http.address(), "admin", "config", "list"});
  BOOST_TEST(table.out.find("  frontend.rps |     7 |          1200 | calls per second\n") != std::string::npos,
             table.out);
  const auto document =
      nlohmann::json::parse(run({"--http_address", http.address(), "--output", "json", "admin", "config", "list"}).out);
  BOOST_TEST(document[0]["stored"][0]["Value"] == 7);
}

BOOST_AUTO_TEST_SUITE_END()
