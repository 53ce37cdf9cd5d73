#include "tests/unit/messages/thrift_random.hpp"

#include "uber/cadence/api/v1/common.pb.h"

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/time_util.h>
#include <google/protobuf/wrappers.pb.h>

namespace cadenza::tests {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using way = thrift_step::way;

constexpr int depth_max = 6; ///< then lists stay empty

} // namespace

std::int64_t thrift_filler::number(thrift_type t) {
  const auto out = static_cast<std::int64_t>(random_() >> below(64));
  return t == thrift_type::i64 ? out : static_cast<std::int32_t>(out);
}

std::string thrift_filler::text(bool of_bytes) {
  std::string out;
  for (auto left = below(12); left > 0; --left)
    out += of_bytes ? static_cast<char>(below(256)) : static_cast<char>('a' + below(26));
  return out;
}

void thrift_filler::fill(Message& message, const thrift_plan& plan) {
  ++depth_;
  if (plan.mask != nullptr)
    (void)message.GetReflection()->MutableMessage(&message, plan.mask);
  for (const auto& step : plan.steps) {
    if (step.how != way::always_true && below(4) != 0)
      fill(message, plan, step);
  }
  --depth_;
}

void thrift_filler::fill(Message& into, const thrift_plan& plan, const thrift_step& step) {
  if (step.field == nullptr)
    return fill(into, *step.nested);
  auto* message = &into;
  for (const auto* parent : step.parents) {
    if (parent->real_containing_oneof() != nullptr &&
        message->GetReflection()->HasOneof(*message, parent->real_containing_oneof()))
      return;
    message = message->GetReflection()->MutableMessage(message, parent);
  }
  const auto& reflection = *message->GetReflection();
  if (const auto* choice = step.field->real_containing_oneof(); choice && reflection.HasOneof(*message, choice))
    return;
  if (step.masked)
    static_cast<google::protobuf::FieldMask&>(*into.GetReflection()->MutableMessage(&into, plan.mask))
        .add_paths(step.field->name());
  if (!step.field->is_repeated())
    return value(*message, *step.field, step.type, step);
  if (reflection.FieldSize(*message, step.field) > 0)
    return; // another struct has filled it
  for (auto left = depth_ > depth_max ? 0 : below(3); left > 0; --left) {
    if (step.type == thrift_type::map) {
      auto& one = *reflection.AddMessage(message, step.field);
      const auto& key = *step.field->message_type()->map_key();
      if (step.key == thrift_type::i32)
        one.GetReflection()->SetInt32(&one, &key, static_cast<std::int32_t>(left) * 7);
      else
        one.GetReflection()->SetString(&one, &key, "key " + std::to_string(left));
      value(one, *step.field->message_type()->map_value(), step.inner, step);
    } else if (step.inner == thrift_type::structure) {
      fill(*reflection.AddMessage(message, step.field), *step.nested);
    } else if (step.inner == thrift_type::i32) {
      reflection.AddInt32(message, step.field, static_cast<std::int32_t>(number(step.inner)));
    } else {
      reflection.AddString(message, step.field, text(false));
    }
  }
}

void thrift_filler::value(Message& message, const FieldDescriptor& field, thrift_type t, const thrift_step& step) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
  case FieldDescriptor::CPPTYPE_BOOL: return reflection.SetBool(&message, &field, below(2) == 1);
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return reflection.SetDouble(&message, &field, static_cast<double>(below(1000)) / 8);
  case FieldDescriptor::CPPTYPE_INT32:
    return reflection.SetInt32(&message, &field, static_cast<std::int32_t>(number(thrift_type::i32)));
  case FieldDescriptor::CPPTYPE_INT64: return reflection.SetInt64(&message, &field, number(t));
  case FieldDescriptor::CPPTYPE_ENUM:
    return reflection.SetEnumValue(&message, &field, 1 + static_cast<int>(below(field.enum_type()->value_count() - 1)));
  case FieldDescriptor::CPPTYPE_STRING: {
    const bool of_bytes = field.type() == FieldDescriptor::TYPE_BYTES;
    auto said = text(of_bytes);
    if (said.empty() && (step.if_set || of_bytes) && !step.parents.empty())
      said = "not empty"; // or nothing would tell that its message is there
    return reflection.SetString(&message, &field, said);
  }
  default: return inner(*reflection.MutableMessage(&message, &field), t, step);
  }
}

void thrift_filler::inner(Message& message, thrift_type t, const thrift_step& step) {
  using google::protobuf::util::TimeUtil;
  switch (step.how) {
  case way::duration:
    return static_cast<google::protobuf::Duration&>(message).set_seconds(
        static_cast<std::int32_t>(number(thrift_type::i32)) / 2 * std::int64_t{step.unit_seconds});
  case way::nanos:
    static_cast<google::protobuf::Timestamp&>(message) = TimeUtil::NanosecondsToTimestamp(number(thrift_type::i64));
    return;
  case way::payload: return static_cast<uber::cadence::api::v1::Payload&>(message).set_data(text(true));
  case way::wrapped:
    if (t == thrift_type::i64)
      return static_cast<google::protobuf::Int64Value&>(message).set_value(number(t));
    return static_cast<google::protobuf::DoubleValue&>(message).set_value(static_cast<double>(below(1000)) / 8);
  default: return fill(message, *step.nested);
  }
}

} // namespace cadenza::tests
