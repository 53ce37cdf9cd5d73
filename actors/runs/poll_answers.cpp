#include "actors/runs/poll_answers.hpp"

#include "actors/base/task_token.hpp"
#include "actors/history/splice.hpp"
#include "actors/runs/decision_answer.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"

#include <algorithm>

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
  CADENZA_ASSERT(poll && poll->call, "a worker that is given a decision waits for it");
  if (auto* work = run.env().work; work != nullptr && !started.repeated)
    work->of(*run.domain())
        .decision_waits.observe(std::max<std::int64_t>(0, started.started_ns - started.scheduled_ns));
  make_decision_answer(run, started, run.queries_for_decision(), [poll](outcome<std::string> bytes) {
    if (!bytes)
      return poll->call->reject(bytes.error());
    if (poll->auto_config)
      append_field(*bytes, api::PollForDecisionTaskResponse::kAutoConfigHintFieldNumber,
                   hint_for(*poll).SerializeAsString());
    poll->call->reply_bytes(*std::move(bytes));
  });
}

void answer_activity_poll(const workflow_run& run, std::int64_t schedule_id, api::PollForActivityTaskResponse response,
                          const list_poll& poll) {
  CADENZA_ASSERT(poll.call, "a worker that is given an activity waits for it");
  if (auto* work = run.env().work) {
    const auto since = workflow::ns_of(response.scheduled_time_of_this_attempt());
    const auto waited = workflow::ns_of(response.started_time()) - since;
    work->of(*run.domain()).activity_waits.observe(std::max<std::int64_t>(0, waited));
  }
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
  poll.call->reply(response);
}

} // namespace cadenza::actors
