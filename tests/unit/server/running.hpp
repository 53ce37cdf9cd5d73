#pragma once

#include "server/server.hpp"
#include "tests/load/client.hpp"
#include "tests/unit/server/support.hpp"

#include <thread>

namespace cadenza::tests {

/// A configuration on free ports: below `directory`, or in memory.
inline config::loaded configured(const std::string& directory, int grpc_port = 0, int http_port = 0,
                                 const std::string& more = {}) {
  auto out = config::load_text("services: {frontend: {rpc: {grpcPort: " + std::to_string(grpc_port) +
                               ", port: 0, http: {port: " + std::to_string(http_port) + "}}}}\n" +
                               (directory.empty() ? "persistence: {defaultStore: memory}\n"
                                                  : "persistence: {dataDirectory: " + directory + "}\n") +
                               more);
  BOOST_REQUIRE_MESSAGE(out, (out ? std::string() : out.error().message));
  return *std::move(out);
}

/// A server in this process, running on a thread of its own.
struct running {
  explicit running(const config::loaded& how) : serving(how, [how] { return outcome<config::loaded>(how); }) {
    const auto started = serving.start(signals);
    BOOST_REQUIRE_MESSAGE(started, (started ? std::string() : started.error().message));
    runner = std::thread([this] { serving.run(signals); });
  }
  ~running() { stop(); }
  void stop() {
    signals.send(signal_kind::stop);
    if (runner.joinable())
      runner.join();
    serving.stop();
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(serving.grpc_port()); }

  sent_signals signals;
  server serving;
  std::thread runner;
};

/// Starts a workflow whose task list nobody polls; its run id.
inline std::string start_workflow(load::client& client, const std::string& domain, const std::string& workflow_id) {
  load::api::StartWorkflowExecutionRequest request;
  request.set_domain(domain);
  request.set_workflow_id(workflow_id);
  request.mutable_workflow_type()->set_name("program");
  request.mutable_task_list()->set_name("nobody");
  request.mutable_execution_start_to_close_timeout()->set_seconds(3600);
  request.mutable_task_start_to_close_timeout()->set_seconds(10);
  request.set_request_id(load::new_uuid());
  load::api::StartWorkflowExecutionResponse answer;
  const auto started = client.wait("WorkflowAPI/StartWorkflowExecution", request, answer);
  BOOST_REQUIRE_MESSAGE(started.ok(), started.message);
  return answer.run_id();
}

/// Takes the decision that waits for a worker, and completes it without deciding anything.
inline void complete_decision(load::client& client, const std::string& domain) {
  load::api::PollForDecisionTaskRequest poll;
  poll.set_domain(domain);
  poll.mutable_task_list()->set_name("nobody");
  load::api::PollForDecisionTaskResponse task;
  BOOST_REQUIRE(client.wait("WorkerAPI/PollForDecisionTask", poll, task, std::chrono::seconds(30)).ok());
  load::api::RespondDecisionTaskCompletedRequest done;
  done.set_task_token(task.task_token());
  load::api::RespondDecisionTaskCompletedResponse answer;
  const auto completed = client.wait("WorkerAPI/RespondDecisionTaskCompleted", done, answer);
  BOOST_REQUIRE_MESSAGE(completed.ok(), completed.message);
}

} // namespace cadenza::tests
