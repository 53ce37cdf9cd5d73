#pragma once

#include "tests/load/client.hpp"
#include "tests/load/server_process.hpp"
#include "tests/unit/cli/runner.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::test {

/// A server on a directory of its own, a domain on it, a client and the command line before it. The path of the server
/// is the argument of the test program.
struct served {
  /// `config`: the text of a configuration file; none when empty.
  explicit served(std::string name, const std::string& config = {}) : domain(std::move(name)) {
    const auto& all = boost::unit_test::framework::master_test_suite();
    BOOST_REQUIRE_MESSAGE(all.argc > 1, "the path of the server is missing: -- PATH");
    std::vector<std::string> extra;
    if (!config.empty()) {
      const auto file = directory.path() + "/config.yaml";
      std::ofstream(file) << config;
      extra = {"--config", file};
    }
    server.emplace(all.argv[1], directory.path() + "/data", extra);
    begin();
  }
  void restart() {
    server->kill();
    begin();
  }
  /// What a command printed; it must have worked.
  std::string run(std::vector<std::string> words, const std::string& of = {}) const {
    std::vector<std::string> all{"--ad",           server->address(),
                                 "--http_address", "127.0.0.1:" + std::to_string(server->http_port()),
                                 "--do",           of.empty() ? domain : of};
    all.insert(all.end(), words.begin(), words.end());
    const auto out = run_cli(std::move(all));
    BOOST_TEST(out.code == 0, out.err);
    return out.out;
  }
  template <class Response, class Request> Response ask(const char* method, const Request& request) {
    Response response;
    const auto r = client->wait(method, request, response, std::chrono::seconds(120));
    BOOST_REQUIRE_MESSAGE(r.ok(), method << ": " << r.message);
    return response;
  }
  load::api::PollForDecisionTaskResponse decision_of(const std::string& list) {
    load::api::PollForDecisionTaskRequest poll;
    poll.set_domain(domain);
    poll.mutable_task_list()->set_name(list);
    auto task = ask<load::api::PollForDecisionTaskResponse>("WorkerAPI/PollForDecisionTask", poll);
    BOOST_REQUIRE(!task.task_token().empty());
    return task;
  }
  /// Waits until a run has closed; its last event.
  load::api::HistoryEvent end_of(const load::api::WorkflowExecution& execution, const std::string& of) {
    load::api::GetWorkflowExecutionHistoryRequest request;
    request.set_domain(of);
    *request.mutable_workflow_execution() = execution;
    request.set_wait_for_new_event(true);
    request.set_history_event_filter_type(load::api::EVENT_FILTER_TYPE_CLOSE_EVENT);
    for (;;) {
      const auto page =
          ask<load::api::GetWorkflowExecutionHistoryResponse>("WorkflowAPI/GetWorkflowExecutionHistory", request);
      if (page.history().events_size() > 0)
        return page.history().events(0);
      request.set_next_page_token(page.next_page_token());
    }
  }

  const std::string domain;
  load::scratch_directory directory;
  std::optional<load::server_process> server;
  std::optional<load::client> client;

private:
  void begin() {
    BOOST_REQUIRE_MESSAGE(server->start(), server->output());
    client.emplace(server->address(), 2);
    BOOST_REQUIRE(load::prepare_domain(*client, domain, std::chrono::seconds(30)));
  }
};

} // namespace cadenza::test
