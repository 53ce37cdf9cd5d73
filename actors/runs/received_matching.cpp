#include "actors/runs/received_matching.hpp"

#include "actors/matching/far_call.hpp"
#include "actors/matching/far_records.hpp"
#include "actors/runs/run_commands.hpp"

namespace cadenza::actors {

run_command_ptr receive(const actor_context& env, matching_message_ptr message) {
  const auto worker = [&](const wire::v1::MatchingPoll& given) {
    auto poll = poll_of(given);
    poll->deadline_ns = message->expires_ns();
    poll->call = std::make_shared<far_worker_call>(env, message);
    return poll;
  };
  if (message->has_start_task()) {
    const auto& start = message->start_task();
    auto task = task_of(start.task());
    const bool decision = task->list.type == 0;
    return decision ? make_start_decision(std::move(task), worker(start.poll()), nullptr)
                    : make_start_activity(std::move(task), worker(start.poll()), nullptr);
  }
  if (message->has_put_query()) {
    const auto& put = message->put_query();
    const auto query = query_of(put.query());
    query_token token{query->workflow.domain_id, query->workflow.workflow_id, query->run_id, put.list(),
                      query->task_id};
    return make_query_delivery(std::move(token), *query, worker(put.poll()));
  }
  answer_failed(env, *message, unavailable("a message of a kind that is not known here"));
  return nullptr;
}

} // namespace cadenza::actors
