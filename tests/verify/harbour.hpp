#pragma once

#include "client.hpp"
#include "workers.hpp"
#include "world.hpp"

#include "messages/wire_time.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::simulation {

/// A world in calm weather with its domain registered: a place to do things by hand in.
class harbour {
public:
  explicit harbour(std::uint64_t seed = 7, int shards = 2,
                   const std::function<void(actors::engine_options&)>& tune = {})
    : in(seed, shards, tune) {
    in.run_until(
        "the engine is ready", [&] { return in.engine().ready(); }, minute);
    auto request = std::make_shared<api::RegisterDomainRequest>();
    request->set_name(domain_name);
    workflow::set_seconds(*request->mutable_workflow_execution_retention_period(), 86400);
    BOOST_REQUIRE(
        ask<api::RegisterDomainResponse>([&](auto call) { in.engine().register_domain(request, std::move(call)); }));
    in.run_until(
        "the domain is known", [&] { return in.domain(domain_name) != nullptr; }, minute);
  }

  /// Sends and waits for the answer.
  template <class Response, class Send> outcome<Response> ask(Send&& send) {
    std::optional<outcome<Response>> result;
    send(in.call<Response>("a question", [&result](const outcome<Response>& answer) { result = answer; }));
    in.run_until(
        "an answer", [&] { return result.has_value(); }, 10 * minute);
    return *result;
  }

  void wait(std::int64_t ns) {
    bool over = false;
    in.later(ns, [&over] { over = true; });
    in.run_until(
        "time passes", [&] { return over; }, ns + minute);
  }

  /// Starts a workflow; its run id.
  std::string start(const std::string& workflow_id, const std::string& program) {
    auto request = std::make_shared<api::StartWorkflowExecutionRequest>();
    request->set_workflow_id(workflow_id);
    request->mutable_workflow_type()->set_name("program");
    request->mutable_task_list()->set_name(list_name);
    request->mutable_input()->set_data(program);
    request->set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
    request->set_request_id(in.chance().new_uuid().str());
    workflow::set_seconds(*request->mutable_execution_start_to_close_timeout(), 3600);
    workflow::set_seconds(*request->mutable_task_start_to_close_timeout(), 10);
    auto answer = ask<api::StartWorkflowExecutionResponse>(
        [&](auto call) { in.engine().start(in.domain(domain_name), request, std::move(call)); });
    while (!answer && answer.error().kind == error_kind::unavailable) { // a shard that was written behind its back
      wait(ns_per_s);
      answer = ask<api::StartWorkflowExecutionResponse>(
          [&](auto call) { in.engine().start(in.domain(domain_name), request, std::move(call)); });
    }
    BOOST_REQUIRE_MESSAGE(answer, (answer ? std::string() : answer.error().message));
    return answer->run_id();
  }

  outcome<api::DescribeWorkflowExecutionResponse> describe(const std::string& workflow_id,
                                                           const std::string& run_id = {}) {
    auto request = std::make_shared<api::DescribeWorkflowExecutionRequest>();
    request->mutable_workflow_execution()->set_workflow_id(workflow_id);
    request->mutable_workflow_execution()->set_run_id(run_id);
    return ask<api::DescribeWorkflowExecutionResponse>(
        [&](auto call) { in.engine().describe(in.domain(domain_name), request, std::move(call)); });
  }

  /// Lets workers carry out what there is to do, until the workflow is closed.
  void work_until_closed(const std::string& workflow_id) {
    workers.push_back(std::make_unique<worker>(in, book, static_cast<int>(workers.size()), false));
    workers.back()->begin();
    for (;;) {
      const auto described = describe(workflow_id);
      BOOST_REQUIRE(described);
      if (described->workflow_execution_info().has_close_time())
        break;
      wait(ns_per_s);
    }
    workers.back()->stop();
    wait(25 * ns_per_s); // its polls are over
  }

  /// All of a scan, in one page and at once.
  template <class Row, class Scan> std::vector<Row> all(Scan&& scan) {
    const auto still = in.peek();
    std::vector<Row> out;
    scan(in.store(), [&out](storage::page<Row> page) {
      BOOST_REQUIRE(page.outcome == storage::status::committed);
      out = std::move(page.rows);
    });
    return out;
  }

  static constexpr std::int64_t minute = 60 * ns_per_s;
  ledger book;
  std::vector<std::unique_ptr<worker>> workers;
  world in; ///< ends first: it answers the calls of the others
};

} // namespace cadenza::simulation
