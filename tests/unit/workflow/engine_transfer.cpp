#include "engine.hpp"

#include "messages/wire_time.hpp"
#include "workflow/close.hpp"
#include "workflow/timer.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

/// What the engine of the tests does with transfer tasks.
namespace cadenza::workflow::test {

void engine::settle() {
  const auto next = [&] {
    return std::find_if(outstanding_transfer.begin(), outstanding_transfer.end(), [](const auto& task) {
      return task.type() != rec::TRANSFER_DECISION && task.type() != rec::TRANSFER_ACTIVITY;
    });
  };
  for (auto i = next(); i != outstanding_transfer.end(); i = next()) {
    const auto task = *i;
    outstanding_transfer.erase(i);
    carry_out(task);
  }
}

void engine::carry_out(const rec::TransferTask& task) {
  const auto id = uuid::from_raw(task.run_id());
  switch (task.type()) {
  case rec::TRANSFER_START_CHILD: return start_child(id, task);
  case rec::TRANSFER_SIGNAL_EXTERNAL: return signal_external(id, task);
  case rec::TRANSFER_CANCEL_EXTERNAL: return cancel_external(id, task);
  case rec::TRANSFER_CLOSE: return report_to_relatives(id);
  default: return;
  }
}

std::optional<uuid> engine::find_run(const std::string& workflow_id, const std::string& run_id) const {
  if (run_id.empty())
    return current(workflow_id);
  const auto id = uuid::parse(run_id);
  return id && runs_.contains(*id) ? id : std::nullopt;
}

void engine::start_child(const uuid& parent, const rec::TransferTask& task) {
  auto planned = [&] {
    const auto environment = env();
    auto& stored = *runs_.at(parent);
    transaction tx(*stored.state, environment, stored.history);
    return plan_child_start(tx, task);
  }();
  BOOST_REQUIRE_MESSAGE(bool(planned), why(planned));
  if (!*planned)
    return;
  auto& plan = **planned;
  const auto& workflow_id = plan.request.workflow_id();
  auto child = current(workflow_id);
  if (!plan.already_started) {
    auto wanted = reuse_decision::start_new;
    if (child)
      wanted = decide_reuse(current_record(*runs_.at(*child)->state), plan.request.request_id(),
                            plan.request.workflow_id_reuse_policy());
    if (wanted == reuse_decision::refuse) {
      const auto told = step(parent, [&](transaction& tx) {
        return child_start_failed(tx, task.initiated_id(),
                                  api::CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_RUNNING);
      });
      BOOST_REQUIRE_MESSAGE(bool(told), why(told));
      return;
    }
    if (wanted == reuse_decision::start_new) {
      const auto subject_before = subject_;
      const auto backoff_s = first_decision_backoff(plan.request, env());
      BOOST_REQUIRE_MESSAGE(bool(backoff_s), why(backoff_s));
      carried_over carried;
      carried.partition_config.insert(plan.partition_config.begin(), plan.partition_config.end());
      begin(plan.request, *backoff_s, carried, plan.parent);
      child = subject_;
      subject_ = subject_before;
    }
    const auto told =
        step(parent, [&](transaction& tx) { return child_started(tx, task.initiated_id(), child->str()); });
    BOOST_REQUIRE_MESSAGE(bool(told), why(told));
  }
  const auto scheduled = step(*child, [&](transaction& tx) { return schedule_first_decision(tx); });
  BOOST_REQUIRE_MESSAGE(bool(scheduled), why(scheduled));
}

void engine::signal_external(const uuid& source, const rec::TransferTask& task) {
  auto planned = [&] {
    const auto environment = env();
    auto& stored = *runs_.at(source);
    transaction tx(*stored.state, environment, stored.history);
    return plan_external_signal(tx, task);
  }();
  BOOST_REQUIRE_MESSAGE(bool(planned), why(planned));
  if (!*planned)
    return;
  const auto& plan = **planned;
  const auto target = find_run(plan.workflow_id, plan.run_id);
  bool delivered = false;
  if (!plan.to_itself && target)
    delivered = bool(step(*target, [&](transaction& tx) { return signal(tx, plan.input); }));
  const auto told = step(source, [&](transaction& tx) {
    return delivered ? external_signaled(tx, task.initiated_id()) : external_signal_failed(tx, task.initiated_id());
  });
  BOOST_REQUIRE_MESSAGE(bool(told), why(told));
  if (delivered)
    step(*target, [&](transaction& tx) { return remove_signal_request(tx, plan.input.request_id); });
}

void engine::cancel_external(const uuid& source, const rec::TransferTask& task) {
  auto planned = [&] {
    const auto environment = env();
    auto& stored = *runs_.at(source);
    transaction tx(*stored.state, environment, stored.history);
    return plan_external_cancel(tx, task);
  }();
  BOOST_REQUIRE_MESSAGE(bool(planned), why(planned));
  if (!*planned)
    return;
  const auto& plan = **planned;
  const auto target = find_run(plan.workflow_id, plan.run_id);
  bool delivered = false;
  if (!plan.to_itself && target) {
    const auto asked = step(*target, [&](transaction& tx) { return request_cancel(tx, plan.input); });
    delivered = asked || asked.error().kind == error_kind::cancellation_already_requested;
  }
  const auto told = step(source, [&](transaction& tx) {
    return delivered ? external_canceled(tx, task.initiated_id()) : external_cancel_failed(tx, task.initiated_id());
  });
  BOOST_REQUIRE_MESSAGE(bool(told), why(told));
}

void engine::report_to_relatives(const uuid& closed) {
  auto reported = [&] {
    const auto environment = env();
    auto& stored = *runs_.at(closed);
    transaction tx(*stored.state, environment, stored.history);
    return report_close(tx);
  }();
  BOOST_REQUIRE_MESSAGE(bool(reported), why(reported));
  const auto& key = runs_.at(closed)->state->key();
  const external_origin self{key.workflow_id, key.run_id.str(), {}, true};
  if (reported->notify_parent) {
    const auto& parent = reported->parent;
    const auto id = uuid::parse(parent.run_id).value();
    if (runs_.contains(id)) {
      const auto told = step(id, [&](transaction& tx) {
        return child_closed(tx, parent.initiated_id, key.workflow_id, key.run_id.str(), reported->close_event);
      });
      BOOST_REQUIRE_MESSAGE(told || told.error().kind == error_kind::entity_not_exists, why(told));
    }
  }
  for (const auto& action : reported->children) {
    const auto child = current(action.workflow_id);
    if (!child)
      continue;
    if (action.terminate) {
      terminate_input input;
      input.reason = "by parent close policy";
      input.identity = history_identity;
      input.first_execution_run_id = action.first_run_id;
      input.origin = self;
      (void)step(*child, [&](transaction& tx) { return terminate(tx, input); });
    } else {
      cancel_input input;
      input.identity = history_identity;
      input.first_execution_run_id = action.first_run_id;
      input.origin = self;
      (void)step(*child, [&](transaction& tx) { return request_cancel(tx, input); });
    }
  }
}

} // namespace cadenza::workflow::test
