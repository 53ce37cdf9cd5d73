#pragma once

#include "actors/system/diagnosis_workflow.hpp"

#include "messages/wire_time.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

/// What the tests of the diagnosis share.
namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

/// A history under construction; a second passes between two events.
class history {
public:
  history() {
    add([](api::HistoryEvent& e) {
      auto& a = *e.mutable_workflow_execution_started_event_attributes();
      a.mutable_task_list()->set_name("deciders");
      a.mutable_task_list()->set_kind(api::TASK_LIST_KIND_NORMAL);
      workflow::set_seconds(*a.mutable_execution_start_to_close_timeout(), 60);
    });
  }
  std::int64_t add(const std::function<void(api::HistoryEvent&)>& fill) {
    auto& event = *events_.Add();
    event.set_event_id(events_.size());
    workflow::set_time(*event.mutable_event_time(), events_.size() * ns_per_s);
    fill(event);
    return event.event_id();
  }
  void pass(std::int64_t seconds) {
    events_.rbegin()->mutable_event_time()->set_seconds(events_.rbegin()->event_time().seconds() + seconds);
  }

  std::int64_t decided(const std::string& identity = "decider") {
    return add(
        [&](api::HistoryEvent& e) { e.mutable_decision_task_completed_event_attributes()->set_identity(identity); });
  }
  std::int64_t scheduled(const std::function<void(api::ActivityTaskScheduledEventAttributes&)>& fill = {}) {
    return add([&](api::HistoryEvent& e) {
      auto& a = *e.mutable_activity_task_scheduled_event_attributes();
      a.mutable_activity_type()->set_name("pay");
      a.mutable_task_list()->set_name("payers");
      a.mutable_input()->set_data("secret");
      workflow::set_seconds(*a.mutable_schedule_to_close_timeout(), 40);
      workflow::set_seconds(*a.mutable_schedule_to_start_timeout(), 30);
      workflow::set_seconds(*a.mutable_start_to_close_timeout(), 20);
      if (fill)
        fill(a);
    });
  }
  std::int64_t started(std::int64_t scheduled_id) {
    return add([&](api::HistoryEvent& e) {
      e.mutable_activity_task_started_event_attributes()->set_scheduled_event_id(scheduled_id);
    });
  }
  std::int64_t timed_out(std::int64_t scheduled_id, std::int64_t started_id, api::TimeoutType type) {
    return add([&](api::HistoryEvent& e) {
      auto& a = *e.mutable_activity_task_timed_out_event_attributes();
      a.set_scheduled_event_id(scheduled_id);
      a.set_started_event_id(started_id);
      a.set_timeout_type(type);
    });
  }
  std::int64_t failed(std::int64_t scheduled_id, const std::string& reason) {
    return add([&](api::HistoryEvent& e) {
      auto& a = *e.mutable_activity_task_failed_event_attributes();
      a.set_scheduled_event_id(scheduled_id);
      a.set_started_event_id(scheduled_id + 1);
      a.mutable_failure()->set_reason(reason);
      a.set_identity("payer");
    });
  }

  [[nodiscard]] const events& all() const { return events_; }
  [[nodiscard]] diagnosis taken() const {
    diagnosis out;
    for (const auto& event : events_)
      out.take(event);
    return out;
  }
  [[nodiscard]] diagnosis_report report(const std::map<list_in_question, list_facts>& known = {}) const {
    return taken().report(known);
  }

private:
  events events_;
};

inline std::vector<std::string> texts(const issue_group& group) {
  std::vector<std::string> out;
  for (const auto& cause : group.causes)
    out.push_back(std::to_string(cause.issue_id) + ": " + cause.text);
  return out;
}

inline void set_retry(api::RetryPolicy& policy, int initial_s, int attempts, int expiration_s) {
  workflow::set_seconds(*policy.mutable_initial_interval(), initial_s);
  policy.set_backoff_coefficient(2);
  policy.set_maximum_attempts(attempts);
  workflow::set_seconds(*policy.mutable_expiration_interval(), expiration_s);
}

} // namespace cadenza::actors
