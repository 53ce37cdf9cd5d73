#include "cli/event_text.hpp"

#include "cli/names.hpp"
#include "cli/time_range.hpp"
#include "findings/words.hpp"
#include "messages/base64.hpp"
#include "messages/utf8.hpp"

#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "uber/cadence/api/v1/history.pb.h"

#include <algorithm>
#include <map>
#include <vector>

namespace cadenza::cli {

namespace {

namespace pb = google::protobuf;
namespace api = uber::cadence::api::v1;

constexpr std::size_t word_length_max = 120;

const pb::FieldDescriptor* attributes_field(const api::HistoryEvent& event) {
  const auto* choice = api::HistoryEvent::descriptor()->FindOneofByName("attributes");
  return event.GetReflection()->GetOneofFieldDescriptor(event, choice);
}

colour colour_of(const api::HistoryEvent& event) {
  using kind = api::HistoryEvent::AttributesCase;
  switch (event.attributes_case()) {
  case kind::kWorkflowExecutionStartedEventAttributes:
  case kind::kChildWorkflowExecutionStartedEventAttributes: return colour::blue;
  case kind::kWorkflowExecutionCompletedEventAttributes:
  case kind::kChildWorkflowExecutionCompletedEventAttributes: return colour::green;
  case kind::kWorkflowExecutionFailedEventAttributes:
  case kind::kRequestCancelActivityTaskFailedEventAttributes:
  case kind::kCancelTimerFailedEventAttributes:
  case kind::kStartChildWorkflowExecutionFailedEventAttributes:
  case kind::kChildWorkflowExecutionFailedEventAttributes:
  case kind::kRequestCancelExternalWorkflowExecutionFailedEventAttributes:
  case kind::kSignalExternalWorkflowExecutionFailedEventAttributes:
  case kind::kActivityTaskFailedEventAttributes: return colour::red;
  case kind::kWorkflowExecutionTimedOutEventAttributes:
  case kind::kActivityTaskTimedOutEventAttributes:
  case kind::kWorkflowExecutionCanceledEventAttributes:
  case kind::kChildWorkflowExecutionTimedOutEventAttributes:
  case kind::kDecisionTaskTimedOutEventAttributes: return colour::yellow;
  case kind::kChildWorkflowExecutionCanceledEventAttributes: return colour::magenta;
  default: return colour::plain;
  }
}

std::string broken_words(const std::string& text) {
  std::string result;
  std::size_t word = 0;
  for (const char letter : text) {
    // Not inside a UTF-8 sequence.
    if (word >= word_length_max && !utf8::continues(letter)) {
      result += ' ';
      word = 0;
    }
    result += letter;
    word = letter == ' ' ? 0 : word + 1;
  }
  return result;
}

/// Writes messages field by field.
class writer {
public:
  writer(const text_limits& limits, const palette& paint) : limits_(limits), paint_(paint) {}

  std::string message(const pb::Message& content) const {
    if (const auto* time = dynamic_cast<const pb::Timestamp*>(&content))
      return utc_text(to_ns(*time));
    if (const auto* duration = dynamic_cast<const pb::Duration*>(&content))
      return std::to_string(duration->seconds());
    if (const auto* payload = dynamic_cast<const api::Payload*>(&content))
      return "[" + payload_text(payload->data()) + "]";
    if (const auto* real = dynamic_cast<const pb::DoubleValue*>(&content))
      return number(real->value());
    if (const auto* whole = dynamic_cast<const pb::Int64Value*>(&content))
      return std::to_string(whole->value());
    const auto& reflection = *content.GetReflection();
    std::vector<const pb::FieldDescriptor*> fields;
    reflection.ListFields(content, &fields);
    std::string result = "{";
    for (const auto* field : fields) {
      // A failure is a reason and details; shown in place, as if they were fields of the event.
      if (const auto* failure = failure_of(content, *field)) {
        add(result, "Reason", failure->reason());
        if (!failure->details().empty())
          add(result, "Details", "[" + payload_text(failure->details()) + "]");
        continue;
      }
      // An empty message says no more than one that is not there.
      if (auto text = value(content, *field); text != "{}")
        add(result, title_name(*field), std::move(text));
    }
    return result + "}";
  }

private:
  static const api::Failure* failure_of(const pb::Message& content, const pb::FieldDescriptor& field) {
    if (field.is_repeated() || field.name() != "failure" || field.message_type() == nullptr)
      return nullptr;
    return dynamic_cast<const api::Failure*>(&content.GetReflection()->GetMessage(content, &field));
  }

  static std::string number(double real) {
    auto text = std::to_string(real);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.'))
      text.pop_back();
    return text;
  }

  void add(std::string& result, const std::string& name, std::string text) const {
    text = cut(text, limits_.field_length_max);
    if (limits_.break_words)
      text = broken_words(text);
    result += result.size() > 1 ? ", " : "";
    if (name == "Reason" || name == "Details" || name == "Cause")
      result += paint_(colour::red, name) + ":" + paint_(colour::magenta, text);
    else
      result += name + ":" + text;
  }

  std::string value(const pb::Message& content, const pb::FieldDescriptor& field) const {
    const auto& reflection = *content.GetReflection();
    if (field.is_map()) {
      std::map<std::string, std::string> sorted;
      for (int i = 0; i < reflection.FieldSize(content, &field); ++i) {
        const auto& entry = reflection.GetRepeatedMessage(content, &field, i);
        auto text = one(entry, *field.message_type()->FindFieldByNumber(2), -1);
        sorted[one(entry, *field.message_type()->FindFieldByNumber(1), -1)] = std::move(text);
      }
      std::string result = "map{";
      for (const auto& [key, text] : sorted)
        result.append(result.size() > 4 ? ", " : "").append(key).append(":").append(text);
      return result + "}";
    }
    if (!field.is_repeated())
      return one(content, field, -1);
    std::string result = "[";
    for (int i = 0; i < reflection.FieldSize(content, &field); ++i)
      result.append(i > 0 ? ", " : "").append(one(content, field, i));
    return result + "]";
  }

  std::string one(const pb::Message& content, const pb::FieldDescriptor& field, int index) const {
    const auto& reflection = *content.GetReflection();
    const bool many = index >= 0;
    switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(many ? reflection.GetRepeatedInt32(content, &field, index)
                                 : reflection.GetInt32(content, &field));
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(many ? reflection.GetRepeatedInt64(content, &field, index)
                                 : reflection.GetInt64(content, &field));
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(many ? reflection.GetRepeatedUInt32(content, &field, index)
                                 : reflection.GetUInt32(content, &field));
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(many ? reflection.GetRepeatedUInt64(content, &field, index)
                                 : reflection.GetUInt64(content, &field));
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return number(many ? reflection.GetRepeatedDouble(content, &field, index)
                         : reflection.GetDouble(content, &field));
    case pb::FieldDescriptor::CPPTYPE_FLOAT:
      return number(many ? reflection.GetRepeatedFloat(content, &field, index) : reflection.GetFloat(content, &field));
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return (many ? reflection.GetRepeatedBool(content, &field, index) : reflection.GetBool(content, &field))
                 ? "true"
                 : "false";
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return enum_name(
          *(many ? reflection.GetRepeatedEnum(content, &field, index) : reflection.GetEnum(content, &field)));
    case pb::FieldDescriptor::CPPTYPE_STRING: {
      auto text = many ? reflection.GetRepeatedString(content, &field, index) : reflection.GetString(content, &field);
      return field.type() == pb::FieldDescriptor::TYPE_BYTES ? "[" + payload_text(text) + "]" : text;
    }
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return message(many ? reflection.GetRepeatedMessage(content, &field, index)
                          : reflection.GetMessage(content, &field));
    }
    return {};
  }

  const text_limits& limits_;
  const palette& paint_;
};

} // namespace

std::string event_type(const api::HistoryEvent& event) { return findings::event_type(event); }

std::string event_type(const api::HistoryEvent& event, const palette& paint) {
  return paint(colour_of(event), event_type(event));
}

std::string event_attributes(const api::HistoryEvent& event, const text_limits& limits, const palette& paint) {
  const auto* field = attributes_field(event);
  if (field == nullptr)
    return "{}";
  return writer{limits, paint}.message(event.GetReflection()->GetMessage(event, field));
}

std::string message_text(const pb::Message& message, const text_limits& limits, const palette& paint) {
  return writer{limits, paint}.message(message);
}

std::string cut(const std::string& text, std::size_t length_max) { return findings::cut(text, length_max); }

std::string payload_text(const std::string& bytes) { return findings::payload_text(bytes); }

} // namespace cadenza::cli
