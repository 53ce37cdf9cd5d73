#include "cli/failure_text.hpp"

#include "cli/event_text.hpp"
#include "cli/names.hpp"

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "uber/cadence/api/v1/history.pb.h"

namespace cadenza::cli {

namespace {

namespace pb = google::protobuf;
namespace api = uber::cadence::api::v1;

constexpr std::size_t shown_max = 400;

/// Details as people read them: a text that was encoded as JSON without its quotes and escapes.
std::string details_text(const std::string& bytes) {
  const auto value = payload_json(bytes);
  return value.is_string() && !bytes.empty() && bytes.front() == '"' ? value.get<std::string>() : payload_text(bytes);
}

void add(std::string& text, const std::string& part) {
  if (!part.empty())
    text.append(text.empty() ? "" : ": ").append(part);
}

const pb::Message* attributes_of(const api::HistoryEvent& event) {
  const auto& reflection = *event.GetReflection();
  const auto* field =
      reflection.GetOneofFieldDescriptor(event, api::HistoryEvent::descriptor()->FindOneofByName("attributes"));
  return field == nullptr ? nullptr : &reflection.GetMessage(event, field);
}

/// The name of an enum field's value, "" when the message has no such field or it is not set.
std::string enum_text(const pb::Message& message, const char* field_name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(field_name);
  if (field == nullptr || field->cpp_type() != pb::FieldDescriptor::CPPTYPE_ENUM)
    return {};
  const auto* value = message.GetReflection()->GetEnum(message, field);
  return value->number() == 0 ? std::string{} : enum_name(*value);
}

} // namespace

std::string failure_text(const api::Failure& failure) {
  auto text = failure.reason();
  add(text, details_text(failure.details()));
  return cut(text, shown_max);
}

std::string failure_text(const api::HistoryEvent& event) {
  const auto type = event_type(event);
  const auto* attributes = attributes_of(event);
  if (attributes == nullptr || (type.find("Failed") == std::string::npos && !type.ends_with("TimedOut")))
    return {};
  auto text = enum_text(*attributes, "cause");
  add(text, enum_text(*attributes, "timeout_type"));
  if (const auto* field = attributes->GetDescriptor()->FindFieldByName("failure"))
    if (const auto* failure =
            dynamic_cast<const api::Failure*>(&attributes->GetReflection()->GetMessage(*attributes, field)))
      add(text, failure_text(*failure));
  if (const auto* field = attributes->GetDescriptor()->FindFieldByName("reason");
      field != nullptr && field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING)
    add(text, attributes->GetReflection()->GetString(*attributes, field));
  return cut(text, shown_max);
}

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
