#include "tests/unit/cli/fake_server.hpp"
#include "tests/unit/cli/runner.hpp"

#include "messages/shard_hash.hpp"
#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace cadenza::test;
using nlohmann::json;
namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

namespace {

/// A file that is gone at the end of a test.
struct text_file {
  explicit text_file(const std::string& content) : path(name()) { std::ofstream(path) << content; }
  ~text_file() { std::filesystem::remove(path); }
  text_file(const text_file&) = delete;
  text_file& operator=(const text_file&) = delete;

  static std::string name() {
    static int count = 0;
    return (std::filesystem::temp_directory_path() /
            ("cadenza-cli-" + std::to_string(::getpid()) + "-" + std::to_string(++count)))
        .string();
  }
  std::string path;
};

struct fixture {
  fake_server server;

  output run(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--ad", server.address(), "--do", "d"});
    return run_cli(std::move(words));
  }

  /// Workflows with a decision completed at event 4: "open-…" are open, others completed; current runs are "run-1".
  void answer_runs() {
    server.on<api::DescribeWorkflowExecutionRequest, api::DescribeWorkflowExecutionResponse>(
        "WorkflowAPI/DescribeWorkflowExecution", [](const auto& request, auto& response) {
          const auto& id = request.workflow_execution().workflow_id();
          if (id == "gone")
            return answer::error(5, "Workflow not found.");
          auto& info = *response.mutable_workflow_execution_info();
          info.mutable_workflow_execution()->set_run_id("run-1");
          if (!id.starts_with("open-"))
            info.set_close_status(api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED);
          return answer::ok();
        });
    server.on<api::GetWorkflowExecutionHistoryRequest, api::GetWorkflowExecutionHistoryResponse>(
        "WorkflowAPI/GetWorkflowExecutionHistory", [](const auto& request, auto& response) {
          auto& events = *response.mutable_history();
          for (int id = 1; id <= 3; ++id)
            events.add_events()->set_event_id(id);
          auto& done = *events.add_events();
          done.set_event_id(4);
          done.mutable_decision_task_completed_event_attributes();
          const auto& id = request.workflow_execution().workflow_id();
          if (id.find("broken") == std::string::npos)
            return answer::ok();
          auto& failed = *events.add_events();
          failed.set_event_id(5);
          failed.mutable_decision_task_failed_event_attributes()->mutable_failure()->set_details(
              id.ends_with("otherwise") ? "panic" : "nondeterministic workflow: missing replay decision");
          auto& later = *events.add_events();
          later.set_event_id(6);
          if (id.ends_with("signalled"))
            later.mutable_workflow_execution_signaled_event_attributes();
          else if (id.ends_with("timed-out"))
            later.mutable_workflow_execution_timed_out_event_attributes();
          else if (id.ends_with("recovered"))
            later.mutable_decision_task_completed_event_attributes();
          else
            events.mutable_events()->RemoveLast();
          return answer::ok();
        });
    server.on<api::ResetWorkflowExecutionRequest, api::ResetWorkflowExecutionResponse>(
        "WorkflowAPI/ResetWorkflowExecution", [](const auto&, auto& response) {
          response.set_run_id("run-2");
          return answer::ok();
        });
  }

  std::vector<std::string> reset_ids() const {
    std::vector<std::string> ids;
    for (const auto& call : server.calls()) {
      api::ResetWorkflowExecutionRequest request;
      if (call.method.ends_with("/ResetWorkflowExecution") && request.ParseFromString(call.request))
        ids.push_back(request.workflow_execution().workflow_id() + "/" + request.workflow_execution().run_id());
    }
    return ids;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(operations, fixture)

BOOST_AUTO_TEST_CASE(a_batch_of_resets_from_a_file) {
  answer_runs();
  const text_file targets("\xEF\xBB\xBFopen-1\n  done-1 \t run-0\tfurther\tcolumns\r\n \t\nleft-out\nopen-broken\t\n");
  const text_file excluded("\n left-out\tbecause, it is\n");
  const std::vector<std::string> batch{"wf",          "reset-batch", "--if", targets.path,   "--exclude_file",
                                       excluded.path, "--reason",    "why",  "--reset_type", "LastDecisionCompleted"};
  const auto with_flags = [&](std::vector<std::string> more) {
    auto words = batch;
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  };
  const auto dry = with_flags({"--dry_run"});
  BOOST_TEST(dry.code == 0, dry.err);
  BOOST_TEST(dry.out == "open-1 would be reset: run run-1 before event 4\n"
                        "done-1 would be reset: run run-0 before event 4\n"
                        "open-broken would be reset: run run-1 before event 4\n");
  BOOST_TEST(reset_ids().empty());

  const auto broken = with_flags({"--only_non_deterministic"});
  BOOST_TEST(broken.code == 0, broken.err);
  BOOST_TEST((reset_ids() == std::vector<std::string>{"open-broken/run-1"}));
  const text_file separated("done-1, run-0,\n");
  BOOST_TEST(run({"wf", "reset-batch", "--if", separated.path, "--input_separator", ",", "--reason", "why",
                  "--reset_type", "LastDecisionCompleted", "--dry_run", "--input_parallism", "2"})
                 .out == "done-1 would be reset: run run-0 before event 4\n");

  const auto completed = with_flags({"--skip_current_open", "--skip_base_is_not_current"});
  BOOST_TEST(completed.out == "open-1 skipped: its current run is open\n"
                              "done-1 skipped: run run-0 is not the current one\n"
                              "open-broken skipped: its current run is open\n");
  const auto open = with_flags({"--skip_current_completed", "--input_parallelism", "3"});
  BOOST_TEST(open.code == 0, open.err);
  BOOST_TEST(open.out.find("open-1 reset: run run-1 before event 4 to run run-2\n") != std::string::npos, open.out);
  BOOST_TEST(reset_ids().size() == 3U);
}

BOOST_AUTO_TEST_CASE(the_last_failed_decision_tells_whether_a_run_is_non_deterministic) {
  answer_runs();
  const text_file targets("open-broken\nopen-broken-signalled\ndone-broken-timed-out\nopen-broken-recovered\n"
                          "open-broken-otherwise\nopen-1\n");
  const auto result = run({"wf", "reset-batch", "--if", targets.path, "--reason", "why", "--reset_type",
                           "FirstDecisionCompleted", "--only_non_deterministic"});
  BOOST_TEST(result.code == 0, result.err);
  const std::vector<std::string> expected{"open-broken/run-1", "open-broken-signalled/run-1",
                                          "done-broken-timed-out/run-1"};
  BOOST_TEST(reset_ids() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_whole_is_an_error_and_nothing_is_done) {
  answer_runs();
  // A directory opens; /proc/self/mem fails when it is read.
  for (const std::string path : {"/", "/proc/self/mem", "/no/such/file"}) {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"wf", "start", "-tl", "l", "-wt", "t", "-et", "1", "--input_file", path},
             {"wf", "start", "-tl", "l", "-wt", "t", "-et", "1", "--memo_key", "k", "--memo_file", path},
             {"wf", "start", "-tl", "l", "-wt", "t", "-et", "1", "--header_key", "k", "--header_file", path},
             {"wf", "signal", "-w", "id", "-n", "n", "--input_file", path},
             {"wf", "query", "-w", "id", "-qt", "n", "--input_file", path},
             {"wf", "signalwithstart", "-tl", "l", "-wt", "t", "-et", "1", "-n", "n", "--signal_input_file", path},
             {"wf", "reset-batch", "--if", path, "--reason", "r", "--reset_type", "LastDecisionCompleted"},
             {"wf", "reset-batch", "-q", "", "--lq", "x", "--exclude_file", path, "--reason", "r", "--reset_type",
              "LastDecisionCompleted"},
             {"adm", "shard", "timers", "--if", path},
             {"--jwt-private-key", path, "wf", "cancel", "-w", "id"},
             {"--tls_cert_path", path, "wf", "cancel", "-w", "id"},
             {"--tls_cert_path", path, "domain", "describe"}}) {
      server.on<api::ScanWorkflowExecutionsRequest, api::ScanWorkflowExecutionsResponse>(
          "VisibilityAPI/ScanWorkflowExecutions", [](const auto&, auto&) { return answer::ok(); });
      const auto result = run(words);
      BOOST_TEST(result.code == 1, path << " " << words[1]);
      BOOST_TEST(result.err.find("cannot read " + path + ": ") != std::string::npos, result.err);
    }
  }
  for (const auto& call : server.calls())
    BOOST_TEST(call.method.ends_with("/ScanWorkflowExecutions"), call.method);
}

BOOST_AUTO_TEST_CASE(what_was_checked_of_an_input_is_what_is_sent) {
  server.on<api::SignalWorkflowExecutionRequest, api::SignalWorkflowExecutionResponse>(
      "WorkflowAPI/SignalWorkflowExecution", [](const auto&, auto&) { return answer::ok(); });
  const text_file marked("\xEF\xBB\xBF{\"a\":1}\n");
  BOOST_TEST(run({"wf", "signal", "-w", "id", "-n", "n", "--if", marked.path}).code == 0);
  BOOST_TEST(
      server.last<api::SignalWorkflowExecutionRequest>("WorkflowAPI/SignalWorkflowExecution").signal_input().data() ==
      "{\"a\":1}\n");
  const auto calls = server.calls().size();
  const text_file inside("1 \xEF\xBB\xBF"
                         "2");
  const text_file wide(std::string("\xFF\xFE\x31\x00", 4));
  BOOST_TEST(run({"wf", "signal", "-w", "id", "-n", "n", "--if", inside.path}).code == 1);
  BOOST_TEST(run({"wf", "signal", "-w", "id", "-n", "n", "-i",
                  "\xEF\xBB\xBF"
                  "1"})
                 .code == 1);
  BOOST_TEST(run({"wf", "signal", "-w", "id", "-n", "n", "--if", wide.path}).err.find("UTF-16") != std::string::npos);
  BOOST_TEST(server.calls().size() == calls);
}

BOOST_AUTO_TEST_CASE(a_batch_of_resets_from_a_query_names_what_failed) {
  answer_runs();
  server.on<api::ScanWorkflowExecutionsRequest, api::ScanWorkflowExecutionsResponse>(
      "VisibilityAPI/ScanWorkflowExecutions", [](const auto& request, auto& response) {
        BOOST_TEST(request.query() == "WorkflowType = 'T'");
        for (const auto* id : {"open-1", "gone"}) {
          auto& execution = *response.add_executions()->mutable_workflow_execution();
          execution.set_workflow_id(id);
          execution.set_run_id("run-1");
        }
        return answer::ok();
      });
  const auto result =
      run({"wf", "reset-batch", "-q", "WorkflowType = 'T'", "--re", "why", "--reset_type", "FirstDecisionCompleted"});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err == "gone failed: Workflow not found.\nError: Reset of 1 of 2 workflows failed.\n");
  BOOST_TEST((reset_ids() == std::vector<std::string>{"open-1/run-1"}));
  BOOST_TEST(run({"wf", "reset-batch", "--re", "why", "--reset_type", "BadBinary"}).err ==
             "Error: missing: --input_file FILE or --query QUERY\n");
}

BOOST_AUTO_TEST_CASE(history_hosts_and_shards_of_workflows) {
  server.on<admin::DescribeHistoryHostRequest, admin::DescribeHistoryHostResponse>(
      "AdminAPI/DescribeHistoryHost", [](const auto& request, auto& response) {
        BOOST_TEST(request.workflow_execution().workflow_id() == "w");
        response.set_number_of_shards(2);
        response.add_shard_ids(0);
        response.add_shard_ids(1);
        response.set_address("127.0.0.1:7833");
        return answer::ok();
      });
  const auto shown = json::parse(run({"adm", "hist", "desc", "-w", "w"}).out);
  BOOST_TEST(shown["NumberOfShards"] == 2);
  BOOST_TEST(!shown.contains("ShardIDs"));
  BOOST_TEST(json::parse(run({"adm", "hist", "desc", "-w", "w", "--pf"}).out)["ShardIDs"].size() == 2U);
  BOOST_TEST(run({"adm", "hist", "desc", "-w", "w", "--sid", "1"}).code == 1);
  BOOST_TEST(run({"adm", "hist", "gsh", "-w", "w", "--number_of_shards", "16"}).out ==
             "ShardId for workflowID: w is " + std::to_string(cadenza::shard_of("w", 16)) + "\n");
  BOOST_TEST(run({"adm", "hist", "gsh", "-w", "w", "--number_of_shards", "0"}).code == 1);
}

BOOST_AUTO_TEST_CASE(failing_over_and_its_history) {
  server.on<api::FailoverDomainRequest, api::FailoverDomainResponse>("DomainAPI/FailoverDomain",
                                                                     [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"d", "fo", "--ac", "b", "-r", "drill", "--fts", "30"}).out == "Domain d successfully failed over.\n");
  const auto asked = server.last<api::FailoverDomainRequest>("DomainAPI/FailoverDomain");
  BOOST_TEST(asked.domain_name() == "d");
  BOOST_TEST(asked.domain_active_cluster_name() == "b");
  BOOST_TEST(asked.reason() == "drill");
  BOOST_TEST(asked.failover_timeout().seconds() == 30);
  BOOST_TEST(run({"d", "fo", "--acs", "city.paris:b"}).code == 0);
  const auto scoped = server.last<api::FailoverDomainRequest>("DomainAPI/FailoverDomain");
  BOOST_TEST(scoped.active_clusters()
                 .active_clusters_by_cluster_attribute()
                 .at("city")
                 .cluster_attributes()
                 .at("paris")
                 .active_cluster_name() == "b");
  BOOST_TEST(run({"d", "fo"}).code == 1);

  server.on<api::DescribeDomainRequest, api::DescribeDomainResponse>("DomainAPI/DescribeDomain",
                                                                     [](const auto&, auto& response) {
                                                                       response.mutable_domain()->set_name("d");
                                                                       response.mutable_domain()->set_id("uuid-1");
                                                                       return answer::ok();
                                                                     });
  BOOST_TEST(run({"adm", "d", "getdn"}).out == "domainID for domainName d is uuid-1\n");
  server.on<api::ListFailoverHistoryRequest, api::ListFailoverHistoryResponse>(
      "DomainAPI/ListFailoverHistory", [](const auto& request, auto& response) {
        BOOST_TEST(request.filters().domain_id() == "uuid-1");
        const bool second = !request.pagination().next_page_token().empty();
        auto& event = *response.add_failover_events();
        event.set_id(second ? "two" : "one");
        event.set_failover_type(api::FAILOVER_TYPE_FORCE);
        event.mutable_created_time()->set_seconds(1'700'000'000);
        auto& move = *event.add_cluster_failovers();
        move.mutable_from_cluster()->set_active_cluster_name("a");
        move.mutable_to_cluster()->set_active_cluster_name("b");
        if (!second)
          response.set_next_page_token("more");
        return answer::ok();
      });
  const auto shown = json::parse(run({"--output", "json", "d", "lfh", "--all"}).out);
  BOOST_REQUIRE(shown.size() == 2U);
  BOOST_TEST(shown[0]["fromCluster"] == "a");
  BOOST_TEST(shown[0]["toCluster"] == "b");
  BOOST_TEST(shown[0]["createdTime"] == "2023-11-14T22:13:20Z");
}

BOOST_AUTO_TEST_SUITE_END()
