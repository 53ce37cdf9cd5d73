#pragma once

#include "engine.hpp"

#include "messages/wire_time.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>

namespace cadenza::workflow::test {

inline const std::string list_name = "tl-0123456789ab";
inline const std::string workflow_name = "golden-workflow";
inline const std::string domain_name = "golden-domain";

/// The environment of one scenario: drives runs with the same requests as the acceptance suite.
class scenario : public engine {
public:
  struct labeled_run {
    std::string label;
    uuid id;
  };
  using start_request = api::StartWorkflowExecutionRequest;

  scenario() {
    domain_row.mutable_domain()->set_name(domain_name);
    identity = "suite-worker";
    binary = "suite-bin";
  }

  [[nodiscard]] start_request plain() {
    start_request out;
    out.set_domain(domain_name);
    out.set_workflow_id(workflow_name);
    out.mutable_workflow_type()->set_name("suite-wf");
    name_list(*out.mutable_task_list(), list_name);
    out.mutable_input()->set_data("in");
    set_seconds(*out.mutable_execution_start_to_close_timeout(), 100);
    set_seconds(*out.mutable_task_start_to_close_timeout(), 20);
    out.set_identity(identity);
    out.set_request_id(fresh());
    return out;
  }

  uuid started(const start_request& r, const std::optional<first_signal>& signal = {}) {
    const auto backoff_s = first_decision_backoff(r, env());
    BOOST_REQUIRE(bool(backoff_s));
    begin(r, *backoff_s, {}, {}, signal);
    return subject_id();
  }
  uuid started() { return started(plain()); }

  static void name_list(api::TaskList& list, const std::string& name) {
    list.set_name(name);
    list.set_kind(api::TASK_LIST_KIND_NORMAL);
  }

  std::string fresh() { return chance.new_uuid().str(); }

  decision_started poll() {
    await_decision();
    check_invariants();
    auto polled = poll_decision(fresh());
    check_invariants();
    return polled;
  }
  void answer(const decision_started& task, std::vector<api::Decision> decisions = {}) {
    advance_ms(3);
    respond(task, std::move(decisions));
    check_invariants();
    settle();
  }
  void decide_with(std::vector<api::Decision> decisions = {}) { answer(poll(), std::move(decisions)); }

  void send(const std::string& name, const std::string& input) {
    signal_input in;
    in.name = name;
    if (!input.empty())
      in.input = input;
    in.identity = identity;
    in.request_id = fresh();
    BOOST_REQUIRE(bool(step([&](transaction& tx) { return signal(tx, in); })));
    check_invariants();
  }

  void terminate_run(const std::string& reason) {
    terminate_input in;
    in.reason = reason;
    in.details = "why";
    in.identity = identity;
    BOOST_REQUIRE(bool(step([&](transaction& tx) { return terminate(tx, in); })));
    check_invariants();
  }

  /// Follows a run that continued as new.
  uuid next_run() {
    const auto last_event = events().back();
    BOOST_REQUIRE(last_event.has_workflow_execution_continued_as_new_event_attributes());
    look_at(last_event.workflow_execution_continued_as_new_event_attributes().new_execution_run_id());
    return subject_id();
  }

  // --- decisions with the values of the acceptance suite
  api::Decision act(const std::string& id,
                    const std::function<void(api::ScheduleActivityTaskDecisionAttributes&)>& change = {}) {
    auto d = schedule_activity(id);
    auto& a = *d.mutable_schedule_activity_task_decision_attributes();
    a.mutable_activity_type()->set_name("suite-act");
    name_list(*a.mutable_task_list(), list_name);
    set_seconds(*a.mutable_heartbeat_timeout(), 0);
    if (change)
      change(a);
    return d;
  }
  static api::Decision cancel_act(const std::string& id) {
    api::Decision d;
    d.mutable_request_cancel_activity_task_decision_attributes()->set_activity_id(id);
    return d;
  }
  static api::Decision done(const std::string& result) {
    api::Decision d;
    auto& a = *d.mutable_complete_workflow_execution_decision_attributes();
    if (!result.empty())
      a.mutable_result()->set_data(result);
    return d;
  }
  static api::Decision canceled(const std::string& details) {
    api::Decision d;
    auto& a = *d.mutable_cancel_workflow_execution_decision_attributes();
    if (!details.empty())
      a.mutable_details()->set_data(details);
    return d;
  }
  static api::Decision marker(const std::string& name, const std::string& details) {
    auto d = record_marker(name);
    if (!details.empty())
      d.mutable_record_marker_decision_attributes()->mutable_details()->set_data(details);
    return d;
  }
  static api::Decision child(const std::function<void(api::StartChildWorkflowExecutionDecisionAttributes&)>& change) {
    api::Decision d;
    auto& a = *d.mutable_start_child_workflow_execution_decision_attributes();
    a.set_workflow_id(workflow_name + "-child");
    a.mutable_workflow_type()->set_name("suite-child");
    name_list(*a.mutable_task_list(), "tl-child-0123456789ab");
    a.mutable_input()->set_data("child-in");
    set_seconds(*a.mutable_execution_start_to_close_timeout(), 90);
    set_seconds(*a.mutable_task_start_to_close_timeout(), 20);
    a.set_parent_close_policy(api::PARENT_CLOSE_POLICY_TERMINATE);
    a.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
    change(a);
    return d;
  }
  static api::Decision signal_external_run(const std::string& workflow_id, const std::string& run_id) {
    api::Decision d;
    auto& a = *d.mutable_signal_external_workflow_execution_decision_attributes();
    a.set_domain(domain_name);
    a.mutable_workflow_execution()->set_workflow_id(workflow_id);
    a.mutable_workflow_execution()->set_run_id(run_id);
    a.set_signal_name("s");
    a.mutable_input()->set_data("v");
    a.set_control("ctl");
    return d;
  }
  static api::Decision cancel_external_run(const std::string& workflow_id, const std::string& run_id) {
    api::Decision d;
    auto& a = *d.mutable_request_cancel_external_workflow_execution_decision_attributes();
    a.set_domain(domain_name);
    a.mutable_workflow_execution()->set_workflow_id(workflow_id);
    a.mutable_workflow_execution()->set_run_id(run_id);
    a.set_control("ctl");
    return d;
  }
  static api::RetryPolicy retry(std::int32_t attempts) {
    api::RetryPolicy p;
    set_seconds(*p.mutable_initial_interval(), 2);
    p.set_backoff_coefficient(1);
    p.set_maximum_attempts(attempts);
    return p;
  }
};

} // namespace cadenza::workflow::test
