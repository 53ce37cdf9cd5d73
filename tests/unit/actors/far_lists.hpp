#pragma once

#include "matching_lists.hpp"

#include <memory>
#include <string>
#include <vector>

/// What the tests of matching over a wire share.
namespace cadenza::actors {

using message = wire::v1::MatchingMessage;
using copies = std::vector<std::int64_t>;

/// Loses the first so many messages of a kind.
inline auto losing(message::BodyCase kind, int count) {
  return [kind, left = std::make_shared<int>(count)](const message& what) {
    return what.body_case() == kind && (*left)-- > 0 ? copies{} : copies{0};
  };
}

/// A query for the run of the world; what becomes of it goes to `results`.
inline list_query_ptr a_query(matching_world& world, std::vector<std::string>& results, std::int64_t patience_ns) {
  auto query = std::make_shared<list_query>();
  query->list = {world.domain(), "list", 1};
  query->workflow = {world.domain(), "workflow"};
  query->task_id = std::to_string(results.size());
  query->deadline_ns = world.now() + patience_ns;
  query->call = std::make_shared<inner_call<api::QueryWorkflowResponse>>(
      INT64_MAX, [&results](const api::QueryWorkflowResponse* response, const error* reason) {
        results.push_back(response != nullptr ? response->query_result().data() : std::string(name_of(reason->kind)));
      });
  return query;
}

/// What the worker that was asked last answers.
inline std::shared_ptr<query_answer> an_answer(matching_world& world, const list_query& to, const std::string& text) {
  auto given = std::make_shared<query_answer>();
  given->list = {world.domain(), world.asked_by, 1};
  given->task_id = to.task_id;
  given->request = std::make_shared<api::RespondQueryTaskCompletedRequest>();
  given->request->mutable_result()->set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
  given->request->mutable_result()->mutable_answer()->set_data(text);
  given->call = std::make_shared<inner_call<api::RespondQueryTaskCompletedResponse>>(INT64_MAX, [](auto*, auto*) {});
  return given;
}

} // namespace cadenza::actors
