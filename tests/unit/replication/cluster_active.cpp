#include "cluster_parts.hpp"

#include "messages/wire_time.hpp"
#include "workflow/activity.hpp"
#include "workflow/close.hpp"
#include "workflow/signal.hpp"
#include "workflow/timer.hpp"

#include <algorithm>

/// What clients, workers and timers do in the cluster where the domain is active.
namespace cadenza::replication::test {

// --- the active side

bool cluster::prepare(const uuid& id) {
  auto& stored = runs_.at(id);
  const auto environment = env();
  if (!check_active(stored.state.get(), *environment.domain, group_))
    return false;
  auto made =
      end_in_flight(*stored.state, *stored.events, environment, group_, ids_of(stored.state->key().workflow_id));
  require(bool(made), made ? "" : made.error().message);
  if (*made)
    commit_own(std::move(**made));
  return true;
}

template <class Rule> bool cluster::step(const uuid& id, Rule&& rule) {
  if (!has(id) || !prepare(id))
    return false;
  auto& stored = runs_.at(id);
  const auto environment = env();
  workflow::transaction tx(*stored.state, environment, *stored.events);
  if (!rule(tx))
    return false;
  auto made = tx.close(ids_of(stored.state->key().workflow_id));
  require(bool(made), made ? "" : made.error().message);
  commit_own(std::move(*made));
  return true;
}

void cluster::end_decisions_in_flight() {
  for (auto& [id, stored] : runs_) {
    auto made = end_in_flight(*stored.state, *stored.events, env(), group_, ids_of(stored.state->key().workflow_id));
    require(bool(made), made ? "" : made.error().message);
    if (*made)
      commit_own(std::move(**made));
  }
}

std::optional<uuid> cluster::start(const std::string& workflow_id, std::int32_t backoff_s, const std::string& cron) {
  const auto environment = env();
  const auto before = current(workflow_id);
  if (!check_start(before ? &run(*before) : nullptr, *environment.domain, group_) || (before && !run(*before).closed()))
    return std::nullopt;
  api::StartWorkflowExecutionRequest request;
  request.set_domain("global");
  request.set_workflow_id(workflow_id);
  request.mutable_workflow_type()->set_name("type");
  request.mutable_task_list()->set_name("list");
  workflow::set_seconds(*request.mutable_execution_start_to_close_timeout(), 86'400 * 300);
  workflow::set_seconds(*request.mutable_task_start_to_close_timeout(), 20);
  request.set_request_id(chance_.new_uuid().str());
  request.set_cron_schedule(cron);
  const auto id = chance_.new_uuid();
  auto state = std::make_unique<workflow::run>(run_key{world_.domain_id, workflow_id, id});
  stored_events none(*this, id);
  workflow::transaction tx(*state, environment, none);
  workflow::carried_over carried;
  if (before)
    carried.earlier = workflow::requests_after(run(*before));
  const auto begun = workflow::start(tx, request, backoff_s, carried);
  require(bool(begun), begun ? "" : begun.error().message);
  auto made = tx.close(ids_of(workflow_id));
  require(bool(made), made ? "" : made.error().message);
  current_[workflow_id] = made->current.value();
  commit(std::move(*made), std::move(state));
  return id;
}

bool cluster::signal(const uuid& id, const std::string& request_id, const std::string& name) {
  workflow::signal_input input;
  input.name = name;
  input.request_id = request_id;
  input.to_current = true;
  return step(id, [&](auto& tx) {
    const auto done = workflow::signal(tx, input);
    return done && *done;
  });
}

std::optional<held_decision> cluster::poll_decision() {
  for (auto i = transfer_.begin(); i != transfer_.end();) {
    const auto task = *i;
    const auto id = uuid::from_raw(task.run_id());
    if (task.type() != rec::TRANSFER_DECISION || !check_active(&run(id), *env().domain, group_)) {
      ++i;
      continue;
    }
    i = transfer_.erase(i);
    held_decision held{id, task.schedule_id(), 0};
    if (!prepare(id))
      return std::nullopt;
    // Preparing may have added tasks: the place in the queue is lost.
    const bool taken = stands(run(id), task) && step(id, [&](auto& tx) {
                         auto got = workflow::start_decision(tx, task.schedule_id(), chance_.new_uuid().str(), name());
                         if (got)
                           held.schedule_id = got->schedule_id, held.attempt = got->attempt;
                         return bool(got);
                       });
    if (taken)
      return held;
    i = transfer_.begin();
  }
  return std::nullopt;
}

bool cluster::answer(const held_decision& held, std::vector<api::Decision> decisions) {
  api::RespondDecisionTaskCompletedRequest request;
  request.set_identity(name());
  for (auto& d : decisions)
    *request.add_decisions() = std::move(d);
  workflow::completion_input input;
  input.schedule_id = held.schedule_id;
  input.attempt = held.attempt;
  input.request = &request;
  return step(held.run, [&](auto& tx) { return bool(workflow::complete_decision(tx, input)); });
}

bool cluster::fail(const held_decision& held) {
  api::RespondDecisionTaskFailedRequest request;
  request.set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
  request.set_identity(name());
  return step(held.run,
              [&](auto& tx) { return bool(workflow::fail_decision(tx, held.schedule_id, held.attempt, request)); });
}

bool cluster::cancel(const uuid& id, const std::string& request_id) {
  workflow::cancel_input input;
  input.cause = "changed my mind";
  input.request_id = request_id;
  return step(id, [&](auto& tx) {
    const auto done = workflow::request_cancel(tx, input);
    return done && *done;
  });
}

std::optional<held_activity> cluster::poll_activity() {
  for (auto i = transfer_.begin(); i != transfer_.end();) {
    const auto task = *i;
    const auto id = uuid::from_raw(task.run_id());
    if (task.type() != rec::TRANSFER_ACTIVITY || !check_active(&run(id), *env().domain, group_)) {
      ++i;
      continue;
    }
    i = transfer_.erase(i);
    if (!prepare(id))
      return std::nullopt;
    const bool taken = stands(run(id), task) && step(id, [&](auto& tx) {
                         return bool(workflow::start_activity(tx, task.schedule_id(), task.attempt(),
                                                              chance_.new_uuid().str(), name()));
                       });
    if (taken)
      return held_activity{id, task.schedule_id(), task.attempt()};
    i = transfer_.begin();
  }
  return std::nullopt;
}

bool cluster::answer(const held_activity& held, int how) {
  const workflow::activity_ref ref{held.schedule_id, held.attempt, {}, false};
  return step(held.run, [&](auto& tx) {
    switch (how) {
    case 0: {
      api::RespondActivityTaskCompletedRequest request;
      request.set_identity(name());
      return bool(workflow::complete_activity(tx, ref, request));
    }
    case 1: {
      api::RespondActivityTaskFailedRequest request;
      request.mutable_failure()->set_reason("bad");
      request.set_identity(name());
      return bool(workflow::fail_activity(tx, ref, request));
    }
    default: {
      api::RecordActivityTaskHeartbeatRequest request;
      request.mutable_details()->set_data("at " + std::to_string(now_ns()));
      return bool(workflow::record_heartbeat(tx, ref, request));
    }
    }
  });
}

bool cluster::terminate(const uuid& id) {
  return step(id, [&](auto& tx) { return bool(workflow::terminate(tx, {"enough", {}, name(), {}, {}})); });
}

bool cluster::reset(const uuid& base_id, std::int64_t finish_id, std::vector<api::HistoryEvent> again,
                    const std::string& reason) {
  const auto environment = env();
  auto& base = run(base_id);
  if (!check_start(&base, *environment.domain, group_) || (base.open() && !prepare(base_id)) ||
      !workflow::check_reset(base, finish_id))
    return false;
  workflow::reset_input input;
  input.base = &base;
  input.decision_finish_event_id = finish_id;
  input.finish_event = runs_.at(base_id).events->find(finish_id, 0);
  for (const auto& batch : branch(base.current_branch().branch(), finish_id)) {
    input.base_history.push_back(batch);
    if (batch->events().rbegin()->event_id() >= finish_id)
      return false;
  }
  input.new_run_id = chance_.new_uuid();
  input.reason = reason;
  input.request_id = chance_.new_uuid().str();
  const auto had = [&](const api::HistoryEvent& e) {
    if (e.event_id() >= finish_id || e.event_id() == buffered_event_id)
      if (e.has_workflow_execution_signaled_event_attributes())
        input.reapply.push_back(e);
  };
  for (const auto& e : events(base_id))
    had(e);
  for (const auto& [number, row] : base.buffered())
    for (const auto& e : row.events())
      had(e);
  input.reapply.insert(input.reapply.end(), again.begin(), again.end());
  input.keep_request_ids = true;
  input.tree_version = trees_[base.current_branch().branch().tree_id()];
  const auto& workflow_id = base.key().workflow_id;
  auto made = workflow::reset(input, environment, ids_of(workflow_id));
  if (!made)
    return false;
  ++seen.resets;
  if (base.open())
    return step(base_id, [&](auto& tx) {
      require(bool(workflow::terminate_for_reset(tx, reason)), "an open run can be terminated");
      tx.set_successor(std::move(*made));
      return true;
    });
  current_[workflow_id] = workflow::current_record(*(*made)->state);
  (*made)->made.current.reset();
  commit(std::move((*made)->made), std::move((*made)->state));
  return true;
}

std::optional<std::int64_t> cluster::next_timer() {
  std::optional<std::int64_t> first;
  for (const auto& t : timers_)
    if (const auto& r = run(uuid::from_raw(t.run_id())); stands(r, t) && check_active(&r, *env().domain, group_))
      first = std::min(first.value_or(INT64_MAX), t.fire_ns());
  return first;
}

bool cluster::fire_due() {
  std::stable_sort(timers_.begin(), timers_.end(),
                   [](const auto& a, const auto& b) { return a.fire_ns() < b.fire_ns(); });
  for (auto i = timers_.begin(); i != timers_.end() && i->fire_ns() <= now_ns(); ++i) {
    const auto task = *i;
    const auto id = uuid::from_raw(task.run_id());
    if (!check_active(&run(id), *env().domain, group_))
      continue;
    timers_.erase(i);
    if (!prepare(id) || !stands(run(id), task))
      return true;
    const auto told = [](const auto& result) { return result && *result; };
    switch (task.type()) {
    case rec::TIMER_DECISION_TIMEOUT:
      step(id, [&](auto& tx) { return told(workflow::decision_timed_out(tx, task)); });
      break;
    case rec::TIMER_ACTIVITY_TIMEOUT:
      step(id, [&](auto& tx) { return told(workflow::activities_timed_out(tx, task)); });
      break;
    case rec::TIMER_USER: step(id, [&](auto& tx) { return told(workflow::user_timers_due(tx, task)); }); break;
    case rec::TIMER_WORKFLOW_TIMEOUT:
      step(id, [&](auto& tx) { return told(workflow::workflow_timed_out(tx, task)); });
      break;
    case rec::TIMER_WORKFLOW_BACKOFF: step(id, [&](auto& tx) { return workflow::backoff_over(tx); }); break;
    case rec::TIMER_ACTIVITY_RETRY:
      if (auto push = workflow::activity_retry_due(run(id), task))
        transfer_.push_back(std::move(*push));
      break;
    default: break;
    }
    return true;
  }
  return false;
}

} // namespace cadenza::replication::test
