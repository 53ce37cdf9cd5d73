#include "actors/runs/poll_answers.hpp"

#include "actors/base/task_token.hpp"
#include "actors/history/splice.hpp"
#include "actors/runs/decision_answer.hpp"
#include "actors/runs/workflow_run.hpp"

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

api::AutoConfigHint hint_for(const list_poll& poll) {
  api::AutoConfigHint hint;
  hint.set_enable_auto_config(true);
  hint.set_poller_wait_time_in_ms(poll.waited_ms);
  return hint;
}

} // namespace

void answer_decision_poll(workflow_run& run, const workflow::decision_started& started, const list_poll_ptr& poll) {
  make_decision_answer(run, started, run.queries_for_decision(), [poll](outcome<std::string> bytes) {
    if (!bytes)
      return poll->answer->reject(bytes.error());
    if (poll->auto_config)
      append_field(*bytes, api::PollForDecisionTaskResponse::kAutoConfigHintFieldNumber,
                   hint_for(*poll).SerializeAsString());
    poll->answer->reply_bytes(*std::move(bytes));
  });
}

void answer_activity_poll(const workflow_run& run, std::int64_t schedule_id, api::PollForActivityTaskResponse response,
                          const list_poll& poll) {
  task_token token;
  token.domain_id = run.key().domain_id;
  token.workflow_id = run.key().workflow_id;
  token.workflow_type = response.workflow_type().name();
  token.run_id = run.key().run_id;
  token.schedule_id = schedule_id;
  token.schedule_attempt = response.attempt();
  token.activity_id = response.activity_id();
  token.activity_type = response.activity_type().name();
  response.set_task_token(encode(token));
  if (poll.auto_config)
    *response.mutable_auto_config_hint() = hint_for(poll);
  poll.answer->reply(response);
}

} // namespace cadenza::actors
