#include "program.hpp"

#include "messages/wire_time.hpp"

#include <map>
#include <set>
#include <sstream>

namespace cadenza::simulation {
namespace {

using workflow::set_seconds;

std::vector<std::string> steps_of(const std::string& program) {
  std::vector<std::string> out;
  std::istringstream in(program);
  for (std::string step; in >> step;)
    out.push_back(step);
  return out;
}

/// What a history says that the program depends on.
struct past {
  explicit past(const api::History& history) {
    std::map<std::int64_t, std::string> scheduled;
    for (const auto& e : history.events()) {
      if (e.has_workflow_execution_started_event_attributes()) {
        program = e.workflow_execution_started_event_attributes().input().data();
        attempt = e.workflow_execution_started_event_attributes().attempt();
      } else if (e.has_activity_task_scheduled_event_attributes()) {
        const auto& id = e.activity_task_scheduled_event_attributes().activity_id();
        scheduled[e.event_id()] = id;
        begun.insert(id);
      } else if (e.has_activity_task_completed_event_attributes()) {
        done.insert(scheduled.at(e.activity_task_completed_event_attributes().scheduled_event_id()));
      } else if (e.has_activity_task_failed_event_attributes()) {
        failed.insert(scheduled.at(e.activity_task_failed_event_attributes().scheduled_event_id()));
      } else if (e.has_activity_task_timed_out_event_attributes()) {
        failed.insert(scheduled.at(e.activity_task_timed_out_event_attributes().scheduled_event_id()));
      } else if (e.has_timer_started_event_attributes()) {
        begun.insert(e.timer_started_event_attributes().timer_id());
      } else if (e.has_timer_fired_event_attributes()) {
        done.insert(e.timer_fired_event_attributes().timer_id());
      } else if (e.has_workflow_execution_signaled_event_attributes()) {
        ++signals;
      } else if (e.has_workflow_execution_cancel_requested_event_attributes()) {
        cancelled = true;
      } else if (e.has_marker_recorded_event_attributes()) {
        done.insert(e.marker_recorded_event_attributes().marker_name());
      } else {
        child(e);
      }
    }
  }

  void child(const api::HistoryEvent& e) {
    if (e.has_start_child_workflow_execution_initiated_event_attributes())
      begun.insert(e.start_child_workflow_execution_initiated_event_attributes().workflow_id());
    else if (e.has_child_workflow_execution_started_event_attributes())
      running.insert(e.child_workflow_execution_started_event_attributes().workflow_execution().workflow_id());
    else if (e.has_signal_external_workflow_execution_initiated_event_attributes())
      sent.insert(e.signal_external_workflow_execution_initiated_event_attributes().workflow_execution().workflow_id());
    else if (e.has_external_workflow_execution_signaled_event_attributes())
      reached.insert(e.external_workflow_execution_signaled_event_attributes().workflow_execution().workflow_id());
    else if (e.has_signal_external_workflow_execution_failed_event_attributes())
      reached.insert(e.signal_external_workflow_execution_failed_event_attributes().workflow_execution().workflow_id());
    else if (e.has_request_cancel_external_workflow_execution_initiated_event_attributes())
      sent.insert(
          e.request_cancel_external_workflow_execution_initiated_event_attributes().workflow_execution().workflow_id());
    else if (e.has_start_child_workflow_execution_failed_event_attributes())
      done.insert(e.start_child_workflow_execution_failed_event_attributes().workflow_id());
    else if (e.has_child_workflow_execution_completed_event_attributes())
      done.insert(e.child_workflow_execution_completed_event_attributes().workflow_execution().workflow_id());
    else if (e.has_child_workflow_execution_failed_event_attributes())
      done.insert(e.child_workflow_execution_failed_event_attributes().workflow_execution().workflow_id());
    else if (e.has_child_workflow_execution_canceled_event_attributes())
      done.insert(e.child_workflow_execution_canceled_event_attributes().workflow_execution().workflow_id());
    else if (e.has_child_workflow_execution_timed_out_event_attributes())
      done.insert(e.child_workflow_execution_timed_out_event_attributes().workflow_execution().workflow_id());
    else if (e.has_child_workflow_execution_terminated_event_attributes())
      done.insert(e.child_workflow_execution_terminated_event_attributes().workflow_execution().workflow_id());
  }

  std::string program;
  std::set<std::string> begun;   ///< activities, timers and children
  std::set<std::string> done;    ///< the same, and markers
  std::set<std::string> failed;  ///< activities whose tries ran out
  std::set<std::string> running; ///< children
  std::set<std::string> sent;    ///< workflow ids a signal or a cancel request went to
  std::set<std::string> reached; ///< the same, and the outcome is known
  int attempt = 0;
  int signals = 0;
  bool cancelled = false;
};

class decider {
public:
  decider(const api::History& history, const std::string& workflow_id) : past_(history), workflow_id_(workflow_id) {}

  std::vector<api::Decision> decide() {
    if (past_.cancelled) {
      out_.emplace_back().mutable_cancel_workflow_execution_decision_attributes();
      return std::move(out_);
    }
    const auto steps = steps_of(past_.program);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps[i][0] == 'n') {
        continue_as_new(steps, i + 1);
        return std::move(out_);
      }
      if (steps[i][0] == 'f') {
        if (past_.attempt >= steps[i][1] - '0')
          continue;
        auto& f = *out_.emplace_back().mutable_fail_workflow_execution_decision_attributes();
        f.mutable_failure()->set_reason("not yet");
        return std::move(out_);
      }
      if (!carry_out(steps[i], std::to_string(i)))
        return std::move(out_);
    }
    out_.emplace_back().mutable_complete_workflow_execution_decision_attributes()->mutable_result()->set_data("done");
    return std::move(out_);
  }

private:
  /// True when the step is over.
  bool carry_out(const std::string& step, const std::string& id) {
    const int number = step.size() > 1 ? std::stoi(step.substr(1)) : 0;
    switch (step[0]) {
    case 'a': return activity("a" + id, number);
    case 'p': {
      bool all = true;
      for (int k = 0; k < number; ++k)
        all &= activity("p" + id + "." + std::to_string(k), 0);
      return all;
    }
    case 't': return timer("t" + id, number);
    case 's': return past_.signals > waited_for_++ || timer("s" + id, 15);
    case 'c': return child(workflow_id_ + "/c" + id, "a0 t1", 1 + id.size() % 2);
    case 'd': return fire_and_forget(workflow_id_ + "/d" + id, number);
    case 'g': return signalled_child(workflow_id_ + "/g" + id);
    case 'k': return cancelled_child(workflow_id_ + "/k" + id);
    case 'x': return signal_other("workflow" + std::to_string(number));
    default: return marker("m" + id);
    }
  }

  bool activity(std::string id, int failures) {
    while (past_.failed.contains(id))
      id += "'";
    if (past_.done.contains(id))
      return true;
    if (past_.begun.contains(id))
      return false;
    auto& a = *out_.emplace_back().mutable_schedule_activity_task_decision_attributes();
    a.set_activity_id(id);
    a.mutable_activity_type()->set_name("work");
    a.mutable_task_list()->set_name(list_name);
    a.mutable_input()->set_data(std::to_string(failures));
    set_seconds(*a.mutable_schedule_to_close_timeout(), 120);
    set_seconds(*a.mutable_schedule_to_start_timeout(), 60);
    set_seconds(*a.mutable_start_to_close_timeout(), 10);
    set_seconds(*a.mutable_heartbeat_timeout(), 5);
    auto& retry = *a.mutable_retry_policy();
    set_seconds(*retry.mutable_initial_interval(), 1);
    retry.set_backoff_coefficient(2);
    set_seconds(*retry.mutable_maximum_interval(), 4);
    set_seconds(*retry.mutable_expiration_interval(), 120);
    return false;
  }

  bool timer(const std::string& id, int seconds) {
    if (past_.done.contains(id))
      return true;
    if (!past_.begun.contains(id)) {
      auto& t = *out_.emplace_back().mutable_start_timer_decision_attributes();
      t.set_timer_id(id);
      set_seconds(*t.mutable_start_to_fire_timeout(), seconds);
    }
    return false;
  }

  bool fire_and_forget(const std::string& id, int policy) {
    if (past_.running.contains(id) || past_.done.contains(id))
      return true;
    return child(id, policy == api::PARENT_CLOSE_POLICY_ABANDON ? "t3" : "t3000", policy);
  }

  bool signalled_child(const std::string& id) {
    if (child(id, "s s", api::PARENT_CLOSE_POLICY_TERMINATE))
      return true;
    if (past_.running.contains(id) && !past_.sent.contains(id))
      send_signal(id, true);
    return false;
  }

  bool cancelled_child(const std::string& id) {
    if (child(id, "t3000", api::PARENT_CLOSE_POLICY_REQUEST_CANCEL))
      return true;
    if (past_.running.contains(id) && !past_.sent.contains(id)) {
      auto& c = *out_.emplace_back().mutable_request_cancel_external_workflow_execution_decision_attributes();
      c.set_domain(domain_name);
      c.mutable_workflow_execution()->set_workflow_id(id);
    }
    return false;
  }

  bool signal_other(const std::string& id) {
    if (past_.reached.contains(id))
      return true;
    if (!past_.sent.contains(id))
      send_signal(id, false);
    return false;
  }

  void send_signal(const std::string& id, bool child_only) {
    auto& s = *out_.emplace_back().mutable_signal_external_workflow_execution_decision_attributes();
    s.set_domain(domain_name);
    s.mutable_workflow_execution()->set_workflow_id(id);
    s.set_signal_name("news");
    s.mutable_input()->set_data("from:" + workflow_id_);
    s.set_child_workflow_only(child_only);
  }

  bool child(const std::string& id, const std::string& program, std::size_t policy) {
    if (past_.done.contains(id))
      return true;
    if (!past_.begun.contains(id)) {
      auto& c = *out_.emplace_back().mutable_start_child_workflow_execution_decision_attributes();
      c.set_domain(domain_name);
      c.set_workflow_id(id);
      c.mutable_workflow_type()->set_name("program");
      c.mutable_task_list()->set_name(list_name);
      c.mutable_input()->set_data(program);
      set_seconds(*c.mutable_execution_start_to_close_timeout(), 3600);
      set_seconds(*c.mutable_task_start_to_close_timeout(), 10);
      c.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
      c.set_parent_close_policy(static_cast<api::ParentClosePolicy>(policy));
    }
    return false;
  }

  bool marker(const std::string& name) {
    if (!past_.done.contains(name))
      out_.emplace_back().mutable_record_marker_decision_attributes()->set_marker_name(name);
    return true;
  }

  void continue_as_new(const std::vector<std::string>& steps, std::size_t from) {
    std::string rest;
    for (std::size_t i = from; i < steps.size(); ++i)
      rest += (rest.empty() ? "" : " ") + steps[i];
    auto& n = *out_.emplace_back().mutable_continue_as_new_workflow_execution_decision_attributes();
    n.mutable_workflow_type()->set_name("program");
    n.mutable_task_list()->set_name(list_name);
    n.mutable_input()->set_data(rest);
    n.set_initiator(api::CONTINUE_AS_NEW_INITIATOR_DECIDER);
    set_seconds(*n.mutable_execution_start_to_close_timeout(), 3600);
    set_seconds(*n.mutable_task_start_to_close_timeout(), 10);
    if (rest.find('f') != std::string::npos)
      set_retry(*n.mutable_retry_policy());
  }

  past past_;
  const std::string& workflow_id_;
  int waited_for_ = 0;
  std::vector<api::Decision> out_;
};

} // namespace

std::string random_program(dice& chance, bool with_children, std::pair<int, int> others) {
  std::string out;
  bool renewed = false;
  for (auto left = chance.between(1, 5); left > 0; --left) {
    out += out.empty() ? "" : " ";
    switch (chance.below(with_children ? 15 : 8)) {
    case 0:
    case 1: out += "a0"; break;
    case 2: out += "a" + std::to_string(chance.between(1, 2)); break;
    case 3: out += "p" + std::to_string(chance.between(2, 4)); break;
    case 4: out += "t" + std::to_string(chance.between(1, 8)); break;
    case 5: out += "s"; break;
    case 6: out += "m"; break;
    case 7:
      out += renewed ? "t1" : "n";
      renewed = true;
      break;
    case 8:
    case 9: out += "c"; break;
    case 10: out += "d" + std::to_string(chance.between(1, 3)); break;
    case 11: out += "g"; break;
    case 12: out += "k"; break;
    case 13: out += "x" + std::to_string(chance.between(others.first, others.second - 1)); break;
    default: out += "f" + std::to_string(chance.between(1, 2)); break;
    }
  }
  return out;
}

void set_retry(api::RetryPolicy& policy) {
  set_seconds(*policy.mutable_initial_interval(), 1);
  policy.set_backoff_coefficient(1);
  policy.set_maximum_attempts(5);
}

std::string told_signals(const api::History& history) {
  std::string out;
  for (const auto& e : history.events())
    if (e.has_workflow_execution_signaled_event_attributes())
      out += "[" + e.workflow_execution_signaled_event_attributes().input().data() + "]";
  return out;
}

std::vector<api::Decision> decide(const api::History& history, const std::string& workflow_id) {
  return decider(history, workflow_id).decide();
}

} // namespace cadenza::simulation
