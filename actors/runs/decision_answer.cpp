#include "actors/runs/decision_answer.hpp"

#include "actors/base/task_token.hpp"
#include "actors/history/history_token.hpp"
#include "actors/history/splice.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::int64_t page_bytes_max = 4 << 20;

void fill_execution(api::PollForDecisionTaskResponse& response, const workflow::run& state) {
  response.mutable_workflow_execution()->set_workflow_id(state.key().workflow_id);
  response.mutable_workflow_execution()->set_run_id(state.key().run_id.str());
  *response.mutable_workflow_type() = state.fixed().type();
  auto& list = *response.mutable_workflow_execution_task_list();
  list.set_name(state.fixed().task_list());
  list.set_kind(state.fixed().task_list_kind());
}

/// Reads history [from, to) and puts it with `synthetic` behind the bytes of `response`.
void add_history(workflow_run& run, api::PollForDecisionTaskResponse response, std::int64_t from, std::int64_t to,
                 std::string synthetic, std::function<void(outcome<std::string>)> hand_over) {
  history_token token;
  token.run_id = run.key().run_id.str();
  token.next_event_id = to;
  token.running = run.state().open();
  const int batches = run.env().live->history_page_max(*run.domain());
  auto branch = run.state().current_branch().branch().SerializeAsString();
  run.read_events(from, to, batches, page_bytes_max,
                  [response = std::move(response), token = std::move(token), branch = std::move(branch),
                   synthetic = std::move(synthetic),
                   hand_over = std::move(hand_over)](outcome<history_slice> slice) mutable {
                    if (!slice)
                      return hand_over(slice.error());
                    if (slice->next_event_id < token.next_event_id) {
                      token.first_event_id = slice->next_event_id;
                      token.branch = std::move(branch);
                      token.synthetic = std::move(synthetic);
                      response.set_next_page_token(encode(token));
                    } else {
                      slice->bytes += synthetic;
                    }
                    std::string bytes = response.SerializeAsString();
                    append_field(bytes, api::PollForDecisionTaskResponse::kHistoryFieldNumber, slice->bytes);
                    hand_over(std::move(bytes));
                  });
}

} // namespace

void make_decision_answer(workflow_run& run, const workflow::decision_started& started, const riding_queries& queries,
                          std::function<void(outcome<std::string>)> hand_over) {
  CADENZA_ASSERT(started.schedule_id >= first_event_id && started.started_id > started.schedule_id,
                 "a decision is started after it was scheduled");
  const auto& state = run.state();
  api::PollForDecisionTaskResponse response;
  task_token token;
  token.domain_id = run.key().domain_id;
  token.workflow_id = run.key().workflow_id;
  token.workflow_type = state.fixed().type().name();
  token.run_id = run.key().run_id;
  token.schedule_id = started.schedule_id;
  token.schedule_attempt = started.attempt;
  response.set_task_token(encode(token));
  fill_execution(response, state);
  if (started.previous_started_id != no_event_id)
    response.mutable_previous_started_event_id()->set_value(started.previous_started_id);
  response.set_started_event_id(started.started_id);
  response.set_attempt(started.attempt);
  response.set_next_event_id(started.next_event_id);
  response.set_total_history_bytes(started.history_size);
  workflow::set_time(*response.mutable_scheduled_time(), started.scheduled_ns);
  workflow::set_time(*response.mutable_started_time(), started.started_ns);
  for (const auto& [id, query] : queries)
    (*response.mutable_queries())[id] = query;

  // A worker that kept the run in its cache only needs what came since.
  const auto from =
      started.sticky && started.previous_started_id > 0 ? started.previous_started_id + 1 : first_event_id;
  CADENZA_ASSERT(from <= started.next_event_id, "a worker is given the events up to its decision");
  api::History synthetic;
  for (const auto& event : started.synthetic)
    *synthetic.add_events() = event;
  add_history(run, std::move(response), from, started.next_event_id, synthetic.SerializeAsString(),
              std::move(hand_over));
}

void make_query_answer(workflow_run& run, const query_token& token, const api::WorkflowQuery& query, bool sticky,
                       std::function<void(outcome<std::string>)> hand_over) {
  const auto& state = run.state();
  api::PollForDecisionTaskResponse response;
  response.set_task_token(encode(token));
  fill_execution(response, state);
  if (state.head().last_processed_event() != no_event_id)
    response.mutable_previous_started_event_id()->set_value(state.head().last_processed_event());
  response.set_next_event_id(state.next_event_id());
  response.set_total_history_bytes(state.head().history_size());
  *response.mutable_query() = query;
  if (sticky) {
    response.mutable_history();
    return hand_over(response.SerializeAsString());
  }
  add_history(run, std::move(response), first_event_id, state.next_event_id(), {}, std::move(hand_over));
}

} // namespace cadenza::actors
