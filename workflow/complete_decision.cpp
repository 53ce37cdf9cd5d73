#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/decision_state.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/decisions.hpp"

namespace cadenza::workflow {
namespace {

/// Ids, version and time of an event take at least so many bytes.
constexpr std::size_t event_overhead = 24;

/// What an answer that is rejected as a whole gets written instead of its decisions.
struct rejection {
  api::DecisionTaskFailedCause cause{};
  std::string message;
};

/// Carries out one answer.
class completion {
public:
  completion(transaction& tx, const completion_input& input)
    : tx_(tx), input_(input), request_(*input.request),
      heartbeat_(request_.force_create_new_decision_task() && request_.decisions().empty()) {}

  outcome<completion_result> carry_out() {
    const auto& r = tx_.state();
    if (!r.open())
      return already_completed();
    const auto& decision = r.head().decision();
    if (!r.has_started_decision() || decision.schedule_id() != input_.schedule_id ||
        decision.attempt() != input_.attempt)
      return not_exists("Decision task not found.");
    result_.heartbeat = heartbeat_;
    result_.heartbeat_expired = heartbeat_ && too_long(decision.original_scheduled_ns());
    if (result_.heartbeat_expired)
      time_out();
    else
      CADENZA_TRY(complete());
    if (rejected_)
      fail_instead();
    CADENZA_TRY(go_on());
    return std::move(result_);
  }

private:
  [[nodiscard]] bool too_long(std::int64_t since_ns) const {
    return since_ns > 0 && tx_.now() > since_ns + tx_.env().limits->decision_heartbeat_timeout_s * ns_per_s;
  }

  /// The worker kept the decision alive for too long: it is taken away from it, with its stickiness.
  void time_out() {
    const auto& decision = tx_.state().head().decision();
    if (decision.attempt() > 0) {
      note_decision_failed(tx_.head(), true);
    } else {
      api::HistoryEvent e;
      auto& a = *e.mutable_decision_task_timed_out_event_attributes();
      a.set_scheduled_event_id(decision.schedule_id());
      a.set_started_event_id(decision.started_id());
      a.set_timeout_type(api::TIMEOUT_TYPE_START_TO_CLOSE);
      a.set_fork_event_version(local_version);
      a.set_cause(api::DECISION_TASK_TIMED_OUT_CAUSE_TIMEOUT);
      tx_.add(std::move(e));
    }
    unhandled_ = tx_.has_buffered_events();
  }

  outcome<void> complete() {
    const auto completed_id = add_completed();
    unhandled_ = tx_.has_buffered_events();
    take_over_client();
    const auto& bad = tx_.env().domain->row.domain().bad_binaries().binaries();
    if (!bad.empty() && bad.contains(request_.binary_checksum())) {
      rejected_ = rejection{api::DECISION_TASK_FAILED_CAUSE_BAD_BINARY,
                            "binary " + request_.binary_checksum() + " is already marked as bad deployment"};
      return {};
    }
    if (history_too_large()) {
      fail_run(completed_id);
      return {};
    }
    return handle_decisions(completed_id);
  }

  /// The id of the completed event.
  std::int64_t add_completed() {
    auto& head = tx_.head();
    const auto decision = head.decision();
    if (decision.attempt() > 0)
      write_transient(decision);
    api::HistoryEvent e;
    auto& a = *e.mutable_decision_task_completed_event_attributes();
    a.set_scheduled_event_id(decision.schedule_id());
    a.set_started_event_id(decision.started_id());
    a.set_identity(request_.identity());
    a.set_binary_checksum(request_.binary_checksum());
    a.set_execution_context(request_.execution_context());
    const auto id = tx_.add(std::move(e)).event_id();
    head.set_last_decision_original_ns(decision.original_scheduled_ns());
    const auto& points = tx_.state().fixed().auto_reset_points().points();
    if (!points.empty() && points.rbegin()->first_decision_completed_id() == id &&
        points.rbegin()->binary_checksum() == request_.binary_checksum())
      add_upsert_task(tx_);
    return id;
  }

  /// An attempt that left no trace so far is written now, in a batch of its own and with its real times.
  void write_transient(const rec::PendingDecision& decision) {
    CADENZA_ASSERT(decision.schedule_id() == tx_.next_event_id(),
                   "nothing is written while a transient decision is with a worker");
    api::HistoryEvent scheduled;
    auto& s = *scheduled.mutable_decision_task_scheduled_event_attributes();
    s.mutable_task_list()->set_name(tx_.state().fixed().task_list());
    set_seconds(*s.mutable_start_to_close_timeout(), decision.timeout_s());
    s.set_attempt(static_cast<std::int32_t>(decision.attempt()));
    tx_.head().clear_decision();
    tx_.add_at(std::move(scheduled), decision.scheduled_ns());
    api::HistoryEvent started;
    auto& t = *started.mutable_decision_task_started_event_attributes();
    t.set_scheduled_event_id(decision.schedule_id());
    t.set_identity(request_.identity());
    t.set_request_id(decision.request_id());
    tx_.add_at(std::move(started), decision.started_ns());
    CADENZA_ASSERT(tx_.next_event_id() == decision.started_id() + 1,
                   "a transient decision is written with the ids that its worker was told");
    tx_.start_new_batch();
  }

  void take_over_client() {
    auto& head = tx_.head();
    const auto& sticky = request_.sticky_attributes();
    if (sticky.has_worker_task_list()) {
      head.set_sticky_task_list(sticky.worker_task_list().name());
      head.set_sticky_schedule_to_start_s(seconds_of(sticky.schedule_to_start_timeout()));
      head.set_no_sticky_queries(!input_.client_takes_sticky_queries);
    } else {
      head.clear_sticky_task_list();
      head.clear_sticky_schedule_to_start_s();
      head.clear_no_sticky_queries();
    }
    head.set_client_library_version(input_.client_library_version);
    head.set_client_feature_version(input_.client_feature_version);
    head.set_client_impl(input_.client_impl);
  }

  [[nodiscard]] bool history_too_large() const {
    const auto& limits = *tx_.env().limits;
    return tx_.state().head().history_size() > limits.history_size_error ||
           tx_.next_event_id() - 1 > limits.history_count_error;
  }

  void fail_run(std::int64_t completed_id) {
    api::HistoryEvent e;
    auto& a = *e.mutable_workflow_execution_failed_event_attributes();
    a.mutable_failure()->set_reason("HISTORY_EXCEEDS_LIMIT");
    a.mutable_failure()->set_details("Workflow history size / count exceeds limit.");
    a.set_decision_task_completed_event_id(completed_id);
    tx_.add(std::move(e));
  }

  outcome<void> handle_decisions(std::int64_t completed_id) {
    decision_handler handler(tx_, completed_id, request_.identity(), unhandled_);
    std::size_t bytes = 0;
    for (const auto& decision : request_.decisions()) {
      // An event holds what its decision does, and more: what cannot be written is not carried out first.
      bytes += decision.ByteSizeLong() + event_overhead;
      if (bytes > static_cast<std::size_t>(tx_.env().limits->transaction_size_max)) {
        tx_.note_too_large(bytes);
        break;
      }
      CADENZA_TRY(handler.handle(decision));
      if (handler.stopped())
        break;
    }
    if (handler.failed()) {
      rejected_ = rejection{*handler.failed(), handler.failed_message()};
      return {};
    }
    unhandled_ = handler.unhandled_events();
    needs_decision_ = handler.needs_decision();
    if (handler.stopped())
      return {};
    tx_.head().set_execution_context(request_.execution_context());
    if (tx_.state().open())
      result_.local_activities = handler.local_activities();
    return {};
  }

  /// Nothing of the answer counts. The RPC still succeeds: the worker learns of it by the next decision.
  void fail_instead() {
    tx_.restart();
    result_.failed_cause = rejected_->cause;
    result_.failed_message = rejected_->message;
    api::DecisionTaskFailedEventAttributes a;
    a.set_cause(rejected_->cause);
    a.mutable_failure()->set_details(rejected_->message);
    a.set_identity(request_.identity());
    a.set_binary_checksum(request_.binary_checksum());
    add_decision_failed(tx_, std::move(a));
    unhandled_ = true;
    needs_decision_ = false;
    const auto most = tx_.env().limits->decision_attempts_max;
    if (most > 0 && tx_.state().head().next_decision_attempt() > most)
      terminate_for_attempts(tx_, "Decision attempt exceeds limit. Last decision failure cause and details: " +
                                      api::DecisionTaskFailedCause_Name(rejected_->cause) + " - " + rejected_->message);
  }

  outcome<void> go_on() {
    CADENZA_ASSERT(!tx_.state().has_pending_decision(), "a decision that was answered is over");
    result_.new_decision =
        tx_.state().open() && (unhandled_ || request_.force_create_new_decision_task() || needs_decision_);
    if (!result_.new_decision)
      return {};
    const bool start_at_once = request_.return_new_decision_task() && !result_.heartbeat_expired;
    const auto chain_began =
        heartbeat_ && !result_.heartbeat_expired && !rejected_ ? tx_.state().head().last_decision_original_ns() : 0;
    schedule_decision(tx_, !start_at_once, chain_began);
    if (!start_at_once)
      return {};
    auto started = start_decision(tx_, tx_.state().head().decision().schedule_id(),
                                  "request-from-RespondDecisionTaskCompleted", request_.identity());
    if (!started)
      return started.error();
    started->sticky = true;
    result_.returned = std::move(*started);
    return {};
  }

  transaction& tx_;
  const completion_input& input_;
  const api::RespondDecisionTaskCompletedRequest& request_;
  const bool heartbeat_;
  bool unhandled_ = false;
  bool needs_decision_ = false;
  std::optional<rejection> rejected_;
  completion_result result_;
};

} // namespace

outcome<completion_result> complete_decision(transaction& tx, const completion_input& input) {
  return completion(tx, input).carry_out();
}

} // namespace cadenza::workflow
