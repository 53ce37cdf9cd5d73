#include "cli/json_text.hpp"

#include "cli/names.hpp"
#include "cli/time_range.hpp"
#include "messages/base64.hpp"

#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "uber/cadence/api/v1/common.pb.h"

namespace cadenza::cli {

namespace {

namespace pb = google::protobuf;
namespace api = uber::cadence::api::v1;

json bytes_json(const std::string& bytes, json_style style) {
  return style == json_style::stored ? json(to_base64(bytes)) : payload_json(bytes);
}

/// Messages that are shown as one value. Null for all others.
json as_value(const pb::Message& message, json_style style) {
  if (const auto* time = dynamic_cast<const pb::Timestamp*>(&message))
    return style == json_style::stored ? json(to_ns(*time)) : json(utc_text(to_ns(*time)));
  if (const auto* duration = dynamic_cast<const pb::Duration*>(&message))
    return duration->seconds();
  if (const auto* payload = dynamic_cast<const api::Payload*>(&message))
    return bytes_json(payload->data(), style);
  if (const auto* real = dynamic_cast<const pb::DoubleValue*>(&message))
    return real->value();
  if (const auto* whole = dynamic_cast<const pb::Int64Value*>(&message))
    return whole->value();
  return nullptr;
}

/// One element of a field: the field itself when `index` is negative.
json element(const pb::Message& message, const pb::FieldDescriptor& field, int index, json_style style) {
  const auto& reflection = *message.GetReflection();
  const bool many = index >= 0;
  switch (field.cpp_type()) {
  case pb::FieldDescriptor::CPPTYPE_INT32:
    return many ? reflection.GetRepeatedInt32(message, &field, index) : reflection.GetInt32(message, &field);
  case pb::FieldDescriptor::CPPTYPE_INT64:
    return many ? reflection.GetRepeatedInt64(message, &field, index) : reflection.GetInt64(message, &field);
  case pb::FieldDescriptor::CPPTYPE_UINT32:
    return many ? reflection.GetRepeatedUInt32(message, &field, index) : reflection.GetUInt32(message, &field);
  case pb::FieldDescriptor::CPPTYPE_UINT64:
    return many ? reflection.GetRepeatedUInt64(message, &field, index) : reflection.GetUInt64(message, &field);
  case pb::FieldDescriptor::CPPTYPE_DOUBLE:
    return many ? reflection.GetRepeatedDouble(message, &field, index) : reflection.GetDouble(message, &field);
  case pb::FieldDescriptor::CPPTYPE_FLOAT:
    return many ? reflection.GetRepeatedFloat(message, &field, index) : reflection.GetFloat(message, &field);
  case pb::FieldDescriptor::CPPTYPE_BOOL:
    return many ? reflection.GetRepeatedBool(message, &field, index) : reflection.GetBool(message, &field);
  case pb::FieldDescriptor::CPPTYPE_ENUM:
    return enum_name(
        *(many ? reflection.GetRepeatedEnum(message, &field, index) : reflection.GetEnum(message, &field)));
  case pb::FieldDescriptor::CPPTYPE_STRING: {
    auto text = many ? reflection.GetRepeatedString(message, &field, index) : reflection.GetString(message, &field);
    return field.type() == pb::FieldDescriptor::TYPE_BYTES ? bytes_json(text, style) : json(std::move(text));
  }
  case pb::FieldDescriptor::CPPTYPE_MESSAGE:
    return to_json(
        many ? reflection.GetRepeatedMessage(message, &field, index) : reflection.GetMessage(message, &field), style);
  }
  return nullptr;
}

json map_json(const pb::Message& message, const pb::FieldDescriptor& field, json_style style) {
  const auto& reflection = *message.GetReflection();
  const auto& key = *field.message_type()->FindFieldByNumber(1);
  const auto& value = *field.message_type()->FindFieldByNumber(2);
  // Sorted, so that two runs print the same.
  std::map<std::string, json> sorted;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const auto& entry = reflection.GetRepeatedMessage(message, &field, i);
    const auto name = element(entry, key, -1, style);
    sorted[name.is_string() ? name.get<std::string>() : name.dump()] = element(entry, value, -1, style);
  }
  json result = json::object();
  for (auto& [name, content] : sorted)
    result[name] = std::move(content);
  return result;
}

} // namespace

json payload_json(const std::string& bytes) {
  auto value = json::parse(bytes, nullptr, false);
  if (!value.is_discarded())
    return value;
  return bytes;
}

json to_json(const pb::Message& message, json_style style) {
  if (auto value = as_value(message, style); !value.is_null())
    return value;
  const auto& reflection = *message.GetReflection();
  json result = json::object();
  std::vector<const pb::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    const auto name = json_name(*field);
    if (field->is_map()) {
      result[name] = map_json(message, *field, style);
    } else if (field->is_repeated()) {
      auto list = json::array();
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        list.push_back(element(message, *field, i, style));
      result[name] = std::move(list);
    } else if (message.GetDescriptor()->name() == "HistoryEvent" && field->name() == "event_time") {
      result["timestamp"] = element(message, *field, -1, style);
    } else {
      if (field->name().ends_with("_event_attributes"))
        result["eventType"] = event_name(field->name());
      result[name] = element(message, *field, -1, style);
    }
  }
  return result;
}

std::string pretty(const json& value) { return value.dump(2, ' ', false, json::error_handler_t::replace); }

std::string compact(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

} // namespace cadenza::cli
