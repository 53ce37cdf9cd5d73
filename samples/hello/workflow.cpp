#include "samples/hello/workflow.hpp"

namespace hello {

namespace {

namespace api = uber::cadence::api::v1;

constexpr int timer_seconds = 2;
constexpr int activity_seconds = 10;

api::Decision schedule_greeting(const api::Payload& input, const std::string& task_list) {
  api::Decision decision;
  auto& activity = *decision.mutable_schedule_activity_task_decision_attributes();
  activity.set_activity_id("greeting");
  activity.mutable_activity_type()->set_name("Greet");
  activity.mutable_task_list()->set_name(task_list);
  *activity.mutable_input() = input;
  activity.mutable_schedule_to_close_timeout()->set_seconds(2 * activity_seconds);
  activity.mutable_schedule_to_start_timeout()->set_seconds(activity_seconds);
  activity.mutable_start_to_close_timeout()->set_seconds(activity_seconds);
  return decision;
}

api::Decision start_timer() {
  api::Decision decision;
  auto& timer = *decision.mutable_start_timer_decision_attributes();
  timer.set_timer_id("pause");
  timer.mutable_start_to_fire_timeout()->set_seconds(timer_seconds);
  return decision;
}

api::Decision complete(const api::Payload& result) {
  api::Decision decision;
  *decision.mutable_complete_workflow_execution_decision_attributes()->mutable_result() = result;
  return decision;
}

api::Decision fail(const std::string& reason) {
  api::Decision decision;
  decision.mutable_fail_workflow_execution_decision_attributes()->mutable_failure()->set_reason(reason);
  return decision;
}

} // namespace

std::vector<api::Decision> decide(const std::vector<api::HistoryEvent>& history, const std::string& task_list) {
  api::Payload input;
  api::Payload greeting;
  bool scheduled = false;
  bool greeted = false;
  bool timer_started = false;
  for (const auto& event : history) {
    if (event.has_workflow_execution_started_event_attributes())
      input = event.workflow_execution_started_event_attributes().input();
    else if (event.has_activity_task_scheduled_event_attributes())
      scheduled = true;
    else if (event.has_activity_task_failed_event_attributes())
      return {fail(event.activity_task_failed_event_attributes().failure().reason())};
    else if (event.has_activity_task_timed_out_event_attributes())
      return {fail("the greeting took too long")};
    else if (event.has_timer_started_event_attributes())
      timer_started = true;
    else if (event.has_timer_fired_event_attributes())
      return {complete(greeting)};
    if (event.has_activity_task_completed_event_attributes()) {
      greeted = true;
      greeting = event.activity_task_completed_event_attributes().result();
    }
  }
  if (!scheduled)
    return {schedule_greeting(input, task_list)};
  if (greeted && !timer_started)
    return {start_timer()};
  return {};
}

std::optional<std::string> greet(const std::string& input) {
  // The input is a JSON text: the greeting goes between its quotes.
  const auto name = input.size() >= 2 ? input.substr(1, input.size() - 2) : std::string{"World"};
  if (name == "nobody")
    return std::nullopt;
  return "\"Hello, " + name + "!\"";
}

} // namespace hello
