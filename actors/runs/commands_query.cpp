#include "actors/runs/command_of.hpp"
#include "actors/runs/query_delivery.hpp"
#include "actors/runs/run_commands.hpp"
#include "workflow/decision_task.hpp"

#include <algorithm>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::int64_t first_decision_margin_ns = ns_per_s;
constexpr std::int64_t query_default_ns = 10 * ns_per_s;

class query_command final : public run_command, public std::enable_shared_from_this<query_command> {
public:
  query_command(workflow_key workflow, std::optional<uuid> run, engine::body<api::QueryWorkflowRequest> body,
                call_ptr asker)
    : run_command(std::move(workflow), run, std::move(asker)), body_(std::move(body)) {
    everywhere = true;
  }

  outcome<void> act(workflow::transaction&) override { return {}; }
  bool changed() const override { return false; }
  bool wants_open_run() const override { return false; }
  const char* name() const override { return "query"; }

  void finished(workflow_run& run) override {
    const bool strong = body_->query_consistency_level() == api::QUERY_CONSISTENCY_LEVEL_STRONG;
    if (strong && !run.env().live->consistent_query(*run.domain()))
      return call->reject(bad_request(
          "cluster or domain does not enable strongly consistent query but strongly consistent query was requested"));
    const auto& state = run.state();
    if (rejected(state))
      return;
    if (state.head().last_processed_event() <= 0)
      return await_first_decision(run);
    auto query = make_waiting(run);
    if (!strong || !state.open() || !state.has_pending_decision())
      return run.dispatch_query(std::move(query));
    auto asker = query.call;
    if (!run.buffer_query(std::move(query)))
      asker->reject(internal_error("consistent query buffer is full, cannot accept new consistent queries"));
  }

private:
  /// True when the caller did not want a run in this state; it has been told.
  [[nodiscard]] bool rejected(const workflow::run& state) const {
    if (state.open())
      return false;
    const auto condition = body_->query_reject_condition();
    const int status = state.head().close_status();
    const bool reject =
        condition == api::QUERY_REJECT_CONDITION_NOT_OPEN ||
        (condition == api::QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY && status != close_status::completed);
    if (!reject)
      return false;
    api::QueryWorkflowResponse response;
    response.mutable_query_rejected()->set_close_status(static_cast<api::WorkflowExecutionCloseStatus>(status));
    call->reply(response);
    return true;
  }

  [[nodiscard]] waiting_query make_waiting(workflow_run& run) const {
    waiting_query out;
    out.id = run.env().chance->new_uuid().str();
    out.query = body_->query();
    const auto latest = run.now() + query_default_ns;
    out.deadline_ns = call->deadline_ns() == INT64_MAX ? latest : call->deadline_ns();
    out.call = call;
    return out;
  }

  /// A run that never answered a decision has no worker that could answer a query.
  void await_first_decision(workflow_run& run) {
    const auto now = run.now();
    if (give_up_ns_ == 0) {
      const auto left = call->deadline_ns() == INT64_MAX ? query_default_ns : call->deadline_ns() - now;
      give_up_ns_ = now + std::max(first_decision_margin_ns, left - first_decision_margin_ns);
    }
    if (now >= give_up_ns_ || !run.state().open())
      return call->reject(no_decision_yet());
    history_waiter waiter;
    waiter.beyond_event_id = run.state().next_event_id();
    waiter.deadline_ns = give_up_ns_;
    waiter.wake = [self = shared_from_this()](workflow_run& r, bool news) {
      if (news)
        return self->finished(r);
      // The time is over, or the run cannot be read: its state may not be there.
      self->call->reject(r.now() >= self->give_up_ns_ ? no_decision_yet()
                                                      : unavailable("the run cannot be read right now"));
    };
    run.wait_for_events(std::move(waiter));
  }
  [[nodiscard]] static error no_decision_yet() {
    return {error_kind::query_failed, "workflow must handle at least one decision task before it can be queried"};
  }

  engine::body<api::QueryWorkflowRequest> body_;
  std::int64_t give_up_ns_ = 0;
};

} // namespace

run_command_ptr make_query(const workflow::domain_ptr& domain, engine::body<api::QueryWorkflowRequest> body,
                           call_ptr call) {
  workflow_key key{domain->id, body->workflow_execution().workflow_id()};
  const auto run = run_of(body->workflow_execution());
  return std::make_shared<query_command>(std::move(key), run, std::move(body), std::move(call));
}

run_command_ptr make_query_without_stickiness(workflow_key workflow, uuid run, waiting_query query) {
  return make_command(
      "query", std::move(workflow), run, query.call, false,
      [](workflow::transaction& tx) -> outcome<bool> {
        if (!tx.state().open() || tx.state().head().sticky_task_list().empty())
          return false;
        return changed_if_ok(workflow::clear_sticky(tx));
      },
      [query](workflow_run& r) { r.dispatch_query(query); });
}

run_command_ptr make_query_delivery(query_token token, const list_query& query, list_poll_ptr poll) {
  return std::make_shared<query_delivery>(std::move(token), query, std::move(poll));
}

} // namespace cadenza::actors
