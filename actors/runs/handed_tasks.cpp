#include "actors/runs/handed_tasks.hpp"

#include "actors/base/request_gate.hpp"
#include "actors/matching/poll_board.hpp"
#include "actors/runs/poll_answers.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"
#include "workflow/activity.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace cadenza::actors {
namespace {

/// Takes a waiting poll of the list that a task is for.
list_poll_ptr take_poll(const actor_context& env, const record::v1::TransferTask& task, int type) {
  const bool elsewhere = type == 1 && !task.target_domain_id().empty();
  const storage::task_list_key list{uuid::from_raw(elsewhere ? task.target_domain_id() : task.domain_id()),
                                    task.task_list(), type};
  if (env.others->list_is_far(list))
    return nullptr; // its polls wait on another node
  auto poll = env.polls->take(list);
  if (poll && poll->auto_config)
    poll->waited_ms = (env.time->now_ns() - poll->since_ns) / ns_per_ms;
  return poll;
}

bool same_list(const record::v1::TransferTask& a, const record::v1::TransferTask& b) {
  return a.task_list() == b.task_list() && a.target_domain_id() == b.target_domain_id();
}

void wait_again(const actor_context& env, list_poll_ptr poll) {
  poll->given.release();
  caf::anon_send(env.routes->matching(), make_matching_mail(std::move(poll)));
}

void count(const actor_context& env) {
  env.counters->tasks_matched.fetch_add(1, std::memory_order_relaxed);
  env.counters->tasks_handed_by_runs.fetch_add(1, std::memory_order_relaxed);
}

} // namespace

void handed_tasks::start(workflow::transaction& tx, const actor_context& env, bool more_to_come) {
  if (tx.transfer_tasks().empty() || !tx.state().open())
    return;
  if (env.gate->tasks_limited())
    return; // tasks are counted on their way to the list
  CADENZA_ASSERT(activities_.empty() && !decision_, "the tasks of a transaction are handed out once");
  // Activities first: what is written of their start comes before the decision sees it, not behind it.
  start_activities(tx, env);
  if (!more_to_come)
    start_decision(tx, env);
}

void handed_tasks::start_activities(workflow::transaction& tx, const actor_context& env) {
  auto& tasks = tx.transfer_tasks();
  std::size_t kept = 0;
  bool nobody_waits = false; // for the last task that was kept
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const bool for_activity = tasks[i].type() == record::v1::TRANSFER_ACTIVITY;
    // A decision may schedule thousands for one list: it is asked until it has no worker.
    CADENZA_ASSERT(!nobody_waits || kept > 0, "a list without workers is that of a task that was kept");
    const bool in_vain = for_activity && nobody_waits && same_list(tasks[kept - 1], tasks[i]);
    auto poll = for_activity && !in_vain ? take_poll(env, tasks[i], 1) : nullptr;
    nobody_waits = for_activity && !poll;
    if (poll) {
      const auto schedule_id = tasks[i].schedule_id();
      auto started = workflow::start_activity(tx, schedule_id, tasks[i].attempt(), poll->request_id, poll->identity);
      if (started) {
        activities_.push_back({std::move(poll), schedule_id, *std::move(started)});
        continue;
      }
      wait_again(env, std::move(poll));
    }
    if (kept != i)
      tasks[kept] = std::move(tasks[i]);
    ++kept;
  }
  tasks.resize(kept);
}

void handed_tasks::start_decision(workflow::transaction& tx, const actor_context& env) {
  auto& tasks = tx.transfer_tasks();
  const auto task = std::find_if(tasks.begin(), tasks.end(), [](const record::v1::TransferTask& t) {
    return t.type() == record::v1::TRANSFER_DECISION;
  });
  if (task == tasks.end() || tx.state().has_started_decision())
    return;
  auto poll = take_poll(env, *task, 0);
  if (!poll)
    return;
  const auto schedule_id = task->schedule_id();
  if (tx.has_buffered_events())
    tx.flush_buffered();
  // A run can be reset to before any started event, so one has to begin a stored batch.
  tx.start_new_batch();
  auto started = workflow::start_decision(tx, schedule_id, poll->request_id, poll->identity);
  if (!started)
    return wait_again(env, std::move(poll));
  tasks.erase(task);
  std::erase_if(tx.timer_tasks(), [&](const record::v1::TimerTask& timer) {
    return timer.type() == record::v1::TIMER_DECISION_TIMEOUT && timer.event_id() == schedule_id &&
           timer.timeout_type() == uber::cadence::api::v1::TIMEOUT_TYPE_SCHEDULE_TO_START;
  });
  decision_ = decision{std::move(poll), *std::move(started)};
}

void handed_tasks::answer(workflow_run& run) {
  for (auto& one : std::exchange(activities_, {})) {
    count(run.env());
    answer_activity_poll(run, one.schedule_id, std::move(one.response), *one.poll);
  }
  if (auto one = std::exchange(decision_, std::nullopt)) {
    count(run.env());
    // What was known before the transaction closed lacks the events it made itself.
    one->started.history_size = run.state().head().history_size();
    answer_decision_poll(run, one->started, one->poll);
  }
}

void handed_tasks::give_back(const actor_context& env) {
  for (auto& one : std::exchange(activities_, {}))
    wait_again(env, std::move(one.poll));
  if (auto one = std::exchange(decision_, std::nullopt))
    wait_again(env, std::move(one->poll));
}

} // namespace cadenza::actors
