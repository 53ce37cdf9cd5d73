#include "engine.hpp"

#include "messages/wire_time.hpp"
#include "workflow/close.hpp"
#include "workflow/timer.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace cadenza::workflow::test {
namespace {

template <class Key, class Record, class Index>
void print_map(std::string& out, const tracked_map<Key, Record, Index>& map) {
  for (const auto& [key, record] : map) {
    if constexpr (std::is_same_v<Key, std::string>)
      out += key;
    else
      out += std::to_string(key);
    out += '=';
    if constexpr (!std::is_same_v<Record, bool>)
      out += record.SerializeAsString();
    out += '\n';
  }
  BOOST_REQUIRE(!map.changed());
}

} // namespace

engine::print engine::fingerprint(const run& r) {
  print out{r.head().SerializeAsString(), r.fixed().ShortDebugString(), {}};
  print_map(out.rows, r.activities());
  print_map(out.rows, r.timers());
  print_map(out.rows, r.children());
  print_map(out.rows, r.cancel_requests());
  print_map(out.rows, r.signals());
  print_map(out.rows, r.signal_requests());
  print_map(out.rows, r.buffered());
  return out;
}

void engine::expect_same(const print& before, const print& after) {
  BOOST_REQUIRE_MESSAGE(before == after, "a command that did nothing changed the run");
}

void engine::expect_untouched(transaction& tx, bool succeeded) {
  if (!succeeded)
    return; // what a failed rule left behind is undone
  BOOST_REQUIRE_MESSAGE(!tx.has_new_events(), "a rule that says it did nothing added events");
  BOOST_REQUIRE(tx.transfer_tasks().empty() && tx.timer_tasks().empty());
}

void engine::committed(const changes& made) {
  for (const auto& task : made.transfer)
    outstanding_transfer.push_back(task);
  for (const auto& task : made.timers)
    outstanding_timers.push_back(task);
  if (made.current) {
    const auto id = uuid::from_raw(made.current->run_id());
    // A run that is no longer current must not take the row back.
    const auto& workflow_id = made.mutation.key.workflow_id;
    const auto i = current_.find(workflow_id);
    if (i == current_.end() || i->second == made.mutation.key.run_id || !made.mutation.expected_version)
      current_[workflow_id] = id;
  }
}

std::optional<uuid> engine::current(const std::string& workflow_id) const {
  const auto i = current_.find(workflow_id);
  return i == current_.end() ? std::nullopt : std::optional(i->second);
}

bool engine::activity_waits(const std::string& list) {
  if (!state().open())
    return false;
  return std::any_of(outstanding_transfer.begin(), outstanding_transfer.end(), [&](const auto& task) {
    if (task.type() != rec::TRANSFER_ACTIVITY || uuid::from_raw(task.run_id()) != subject_ || task.task_list() != list)
      return false;
    const auto* activity = state().activities().find(task.schedule_id());
    return activity != nullptr && activity->started_id() == no_event_id && activity->attempt() == task.attempt();
  });
}

activity_task engine::poll_activity(const std::string& list) {
  for (auto i = outstanding_transfer.begin(); i != outstanding_transfer.end();) {
    if (i->type() != rec::TRANSFER_ACTIVITY || uuid::from_raw(i->run_id()) != subject_ || i->task_list() != list) {
      ++i;
      continue;
    }
    const auto task = *i;
    i = outstanding_transfer.erase(i);
    auto started = step([&](transaction& tx) {
      return start_activity(tx, task.schedule_id(), task.attempt(), chance.new_uuid().str(), identity);
    });
    if (started)
      return {task.schedule_id(), started->attempt(), std::move(*started)};
  }
  BOOST_FAIL("no activity waits on " + list + " after " + shape());
  return {};
}

void engine::finish(const activity_task& task, const std::string& result) {
  api::RespondActivityTaskCompletedRequest request;
  request.mutable_result()->set_data(result);
  request.set_identity(identity);
  const auto done = step([&](transaction& tx) { return complete_activity(tx, task.ref(), request); });
  BOOST_REQUIRE_MESSAGE(bool(done), why(done));
}

void engine::fail(const activity_task& task, const std::string& reason, const std::string& details) {
  api::RespondActivityTaskFailedRequest request;
  request.mutable_failure()->set_reason(reason);
  request.mutable_failure()->set_details(details);
  request.set_identity(identity);
  const auto done = step([&](transaction& tx) { return fail_activity(tx, task.ref(), request); });
  BOOST_REQUIRE_MESSAGE(bool(done), why(done));
}

bool engine::heartbeat(const activity_task& task, const std::string& details) {
  api::RecordActivityTaskHeartbeatRequest request;
  request.mutable_details()->set_data(details);
  request.set_identity(identity);
  const auto cancel_requested = command([&](transaction& tx) { return record_heartbeat(tx, task.ref(), request); });
  BOOST_REQUIRE_MESSAGE(bool(cancel_requested), why(cancel_requested));
  return *cancel_requested;
}

void engine::report_canceled(const activity_task& task, const std::string& details) {
  api::RespondActivityTaskCanceledRequest request;
  request.mutable_details()->set_data(details);
  request.set_identity(identity);
  const auto done = step([&](transaction& tx) { return cancel_activity(tx, task.ref(), request); });
  BOOST_REQUIRE_MESSAGE(bool(done), why(done));
}

void engine::cancel(const std::string& cause, const std::string& request_id) {
  cancel_input input;
  input.cause = cause;
  input.identity = identity;
  input.request_id = request_id;
  const auto done = step([&](transaction& tx) { return request_cancel(tx, input); });
  BOOST_REQUIRE_MESSAGE(bool(done), why(done));
}

void engine::stop(const std::string& reason) {
  terminate_input input;
  input.reason = reason;
  input.identity = identity;
  const auto done = step([&](transaction& tx) { return terminate(tx, input); });
  BOOST_REQUIRE_MESSAGE(bool(done), why(done));
}

outcome<uuid> engine::try_reset(std::int64_t finish_event_id, const std::string& reason) {
  const auto base_id = subject_;
  const auto& base = *subject().state;
  CADENZA_TRY(check_reset(base, finish_event_id));
  reset_input input;
  input.base = &base;
  input.decision_finish_event_id = finish_event_id;
  input.finish_event = subject().history.find(finish_event_id, 0);
  for (const auto& stored : subject().history.batches()) {
    if (stored->events(0).event_id() < finish_event_id)
      input.base_history.push_back(stored);
    for (const auto& e : stored->events())
      if (e.event_id() >= finish_event_id)
        input.reapply.push_back(e);
  }
  input.new_run_id = chance.new_uuid();
  input.reason = reason;
  input.request_id = last_reset_request = chance.new_uuid().str();
  input.earlier = requests_after(base);
  input.identity = identity;
  const auto environment = env();
  auto made = reset(input, environment, ids);
  if (!made)
    return made.error();
  const auto id = input.new_run_id;
  reset_runs_.insert(id);
  // The store's fork shares the nodes before the reset point.
  auto& stored = *(runs_[id] = std::make_unique<stored_run>());
  for (const auto& batch : input.base_history)
    stored.history.share(batch);
  if (base.open()) {
    transaction tx(*subject().state, environment, subject().history);
    const auto ended = terminate_for_reset(tx, reason);
    BOOST_REQUIRE_MESSAGE(bool(ended), why(ended));
    tx.set_successor(std::move(*made));
    commit(tx);
  } else {
    store((*made)->made, std::move((*made)->state));
  }
  subject_ = id;
  BOOST_REQUIRE(!runs_.at(base_id)->state->open());
  return id;
}

bool engine::fire_next() {
  const auto first =
      std::min_element(outstanding_timers.begin(), outstanding_timers.end(), [](const auto& a, const auto& b) {
        return std::pair(a.fire_ns(), a.task_id()) < std::pair(b.fire_ns(), b.task_id());
      });
  if (first == outstanding_timers.end())
    return false;
  const auto task = *first;
  outstanding_timers.erase(first);
  now_ns = std::max(now_ns, task.fire_ns());
  fired.push_back(task);
  const auto result = deliver(task);
  BOOST_REQUIRE_MESSAGE(bool(result), why(result));
  return true;
}

void engine::await_decision() {
  for (int i = 0; i < 1000; ++i) {
    settle();
    if (state().has_pending_decision() && !state().has_started_decision())
      return;
    BOOST_REQUIRE_MESSAGE(state().open(), "the run closed: " << shape());
    BOOST_REQUIRE_MESSAGE(fire_next(), "no timer is left after " << shape());
  }
  BOOST_FAIL("no decision comes after " + shape());
}

outcome<bool> engine::deliver(const rec::TimerTask& task) {
  const auto id = uuid::from_raw(task.run_id());
  switch (task.type()) {
  case rec::TIMER_DECISION_TIMEOUT: return step(id, [&](transaction& tx) { return decision_timed_out(tx, task); });
  case rec::TIMER_ACTIVITY_TIMEOUT: return step(id, [&](transaction& tx) { return activities_timed_out(tx, task); });
  case rec::TIMER_USER: return step(id, [&](transaction& tx) { return user_timers_due(tx, task); });
  case rec::TIMER_WORKFLOW_TIMEOUT: return step(id, [&](transaction& tx) { return workflow_timed_out(tx, task); });
  case rec::TIMER_WORKFLOW_BACKOFF: return step(id, [&](transaction& tx) { return backoff_over(tx); });
  case rec::TIMER_ACTIVITY_RETRY:
    if (auto push = activity_retry_due(*runs_.at(id)->state, task)) {
      outstanding_transfer.push_back(std::move(*push));
      return true;
    }
    return false;
  default: return false;
  }
}

} // namespace cadenza::workflow::test
