#include "cli/failure_text.hpp"

#include "cli/event_text.hpp"
#include "cli/names.hpp"
#include "findings/words.hpp"

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "uber/cadence/api/v1/history.pb.h"

namespace cadenza::cli {

namespace {

namespace pb = google::protobuf;
namespace api = uber::cadence::api::v1;

/// The name of an enum field's value, "" when the message has no such field or it is not set.
std::string enum_text(const pb::Message& message, const char* field_name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(field_name);
  if (field == nullptr || field->cpp_type() != pb::FieldDescriptor::CPPTYPE_ENUM)
    return {};
  const auto* value = message.GetReflection()->GetEnum(message, field);
  return value->number() == 0 ? std::string{} : enum_name(*value);
}

} // namespace

std::string failure_text(const api::HistoryEvent& event) { return findings::failure_text(event); }
std::string failure_text(const api::Failure& failure) { return findings::failure_text(failure); }

ending ending_of(const api::HistoryEvent& event) {
  using kind = api::HistoryEvent::AttributesCase;
  switch (event.attributes_case()) {
  case kind::kWorkflowExecutionCompletedEventAttributes: {
    const auto& result = event.workflow_execution_completed_event_attributes().result().data();
    return {colour::green, "COMPLETED", {{"Output", payload_text(result)}}, {{"output", payload_json(result)}}, true};
  }
  case kind::kWorkflowExecutionFailedEventAttributes: {
    const auto& failure = event.workflow_execution_failed_event_attributes().failure();
    return {colour::red,
            "FAILED",
            {{"Reason", failure.reason()}, {"Detail", payload_text(failure.details())}},
            {{"reason", failure.reason()}, {"details", payload_json(failure.details())}}};
  }
  case kind::kWorkflowExecutionTimedOutEventAttributes: {
    const auto type = enum_text(event.workflow_execution_timed_out_event_attributes(), "timeout_type");
    return {colour::red, "TIMEOUT", {{"Timeout Type", type}}, {{"timeoutType", type}}};
  }
  case kind::kWorkflowExecutionCanceledEventAttributes: {
    const auto& details = event.workflow_execution_canceled_event_attributes().details().data();
    return {colour::red, "CANCELED", {{"Detail", payload_text(details)}}, {{"details", payload_json(details)}}};
  }
  case kind::kWorkflowExecutionTerminatedEventAttributes: {
    const auto& end = event.workflow_execution_terminated_event_attributes();
    return {colour::red,
            "TERMINATED",
            {{"Reason", end.reason()}, {"Detail", payload_text(end.details().data())}},
            {{"reason", end.reason()}, {"details", payload_json(end.details().data())}}};
  }
  case kind::kWorkflowExecutionContinuedAsNewEventAttributes: {
    const auto& next = event.workflow_execution_continued_as_new_event_attributes().new_execution_run_id();
    return {colour::plain, "CONTINUED_AS_NEW", {{"New Run Id", next}}, {{"newRunId", next}}, true};
  }
  default: return {colour::plain, "OPEN", {}};
  }
}

} // namespace cadenza::cli
