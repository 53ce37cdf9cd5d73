#include "messages/thrift_writer.hpp"

#include "uber/cadence/api/v1/common.pb.h"

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/time_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <bit>

namespace cadenza {
namespace {

namespace api = uber::cadence::api::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::TimeUtil;
using way = thrift_step::way;

bool named_by_mask(const Message& message, const thrift_plan& plan, const thrift_step& step) {
  const auto& mask = static_cast<const google::protobuf::FieldMask&>(
      message.GetReflection()->GetMessage(message, plan.mask)); // messages of the contract are linked in
  return std::find(mask.paths().begin(), mask.paths().end(), step.field->name()) != mask.paths().end();
}

bool present(const Message& message, const thrift_step& step) {
  const auto& reflection = *message.GetReflection();
  if (step.field->is_repeated())
    return step.always || reflection.FieldSize(message, step.field) > 0;
  switch (step.field->type()) {
  case FieldDescriptor::TYPE_MESSAGE:
  case FieldDescriptor::TYPE_BYTES:
  case FieldDescriptor::TYPE_ENUM: return reflection.HasField(message, step.field);
  default: return !step.if_set || reflection.HasField(message, step.field);
  }
}

} // namespace

void thrift_writer::structure(const Message& message, const thrift_plan& plan) {
  for (const auto& step : plan.steps)
    field(message, plan, step);
  if (plan.kind_id != 0)
    kind(message, plan);
  out_.end();
}

void thrift_writer::integer(thrift_type t, std::int64_t value) {
  if (t == thrift_type::i64)
    out_.number(value);
  else
    out_.number(static_cast<std::int32_t>(value));
}

void thrift_writer::kind(const Message& message, const thrift_plan& plan) {
  const auto* set = message.GetReflection()->GetOneofFieldDescriptor(message, plan.message->oneof_decl(0));
  if (set == nullptr)
    return;
  out_.field(thrift_type::i32, plan.kind_id);
  out_.number(static_cast<std::int32_t>(std::find(plan.kinds.begin(), plan.kinds.end(), set) - plan.kinds.begin()));
}

void thrift_writer::field(const Message& from, const thrift_plan& plan, const thrift_step& step) {
  if (step.how == way::always_true) {
    out_.field(step.type, step.id);
    return out_.number<std::uint8_t>(1);
  }
  if (step.field == nullptr) {
    out_.field(step.type, step.id);
    return structure(from, *step.nested);
  }
  const auto* message = &from;
  for (const auto* parent : step.parents) {
    if (!message->GetReflection()->HasField(*message, parent))
      return;
    message = &message->GetReflection()->GetMessage(*message, parent);
  }
  if (step.masked ? !named_by_mask(from, plan, step) : !present(*message, step))
    return;
  if (step.masked && step.field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
      message->GetReflection()->GetEnumValue(*message, step.field) == 0)
    return; // nothing to say it with
  out_.field(step.type, step.id);
  if (step.type == thrift_type::map)
    map(*message, step);
  else if (step.type == thrift_type::list)
    list(*message, step);
  else
    value(*message, *step.field, step.type, step);
}

void thrift_writer::map(const Message& message, const thrift_step& step) {
  const auto& reflection = *message.GetReflection();
  const auto& entry = *step.field->message_type();
  const int size = reflection.FieldSize(message, step.field);
  out_.type(step.key);
  out_.type(step.inner);
  out_.number(size);
  for (int i = 0; i < size; ++i) {
    const auto& one = reflection.GetRepeatedMessage(message, step.field, i);
    value(one, *entry.map_key(), step.key, {});
    value(one, *entry.map_value(), step.inner, step);
  }
}

void thrift_writer::list(const Message& message, const thrift_step& step) {
  const int size = message.GetReflection()->FieldSize(message, step.field);
  out_.type(step.inner);
  out_.number(size);
  for (int i = 0; i < size; ++i)
    element(message, step, i);
}

void thrift_writer::element(const Message& message, const thrift_step& step, int index) {
  const auto& reflection = *message.GetReflection();
  switch (step.inner) {
  case thrift_type::structure:
    return structure(reflection.GetRepeatedMessage(message, step.field, index), *step.nested);
  case thrift_type::i32: return out_.number(reflection.GetRepeatedInt32(message, step.field, index));
  default: return out_.bytes(reflection.GetRepeatedString(message, step.field, index));
  }
}

void thrift_writer::value(const Message& message, const FieldDescriptor& field, thrift_type t,
                          const thrift_step& step) {
  const auto& reflection = *message.GetReflection();
  std::string holder;
  switch (field.cpp_type()) {
  case FieldDescriptor::CPPTYPE_BOOL: return out_.number<std::uint8_t>(reflection.GetBool(message, &field));
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return out_.number(std::bit_cast<std::uint64_t>(reflection.GetDouble(message, &field)));
  case FieldDescriptor::CPPTYPE_INT32:
    if (step.how == way::as_text)
      return out_.bytes(std::to_string(reflection.GetInt32(message, &field)));
    return integer(t, reflection.GetInt32(message, &field));
  case FieldDescriptor::CPPTYPE_INT64: return integer(t, reflection.GetInt64(message, &field));
  case FieldDescriptor::CPPTYPE_ENUM: return integer(t, reflection.GetEnumValue(message, &field) - step.offset);
  case FieldDescriptor::CPPTYPE_STRING: return out_.bytes(reflection.GetStringReference(message, &field, &holder));
  default: return inner(reflection.GetMessage(message, &field), t, step);
  }
}

void thrift_writer::inner(const Message& message, thrift_type t, const thrift_step& step) {
  switch (step.how) {
  case way::duration:
    return integer(t, static_cast<const google::protobuf::Duration&>(message).seconds() / step.unit_seconds);
  case way::nanos:
    return integer(t, TimeUtil::TimestampToNanoseconds(static_cast<const google::protobuf::Timestamp&>(message)));
  case way::payload: return out_.bytes(static_cast<const api::Payload&>(message).data());
  case way::wrapped:
    if (t == thrift_type::i64)
      return integer(t, static_cast<const google::protobuf::Int64Value&>(message).value());
    return out_.number(
        std::bit_cast<std::uint64_t>(static_cast<const google::protobuf::DoubleValue&>(message).value()));
  default: return structure(message, *step.nested);
  }
}

} // namespace cadenza
