#include "messages/thrift_fields.hpp"
#include "messages/thrift_history.hpp"
#include "messages/thrift_output.hpp"
#include "messages/thrift_plan.hpp"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <bit>

namespace cadenza {
namespace {

namespace api = uber::cadence::api::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::TimeUtil;
using way = thrift_step::way;

constexpr std::int16_t event_type_id = 30; ///< of HistoryEvent: what the message tells by its kind of attributes

class writer {
public:
  std::string take() && { return std::move(out_).take(); }

  void structure(const Message& message) {
    for (const auto& step : thrift_plan_of(*message.GetDescriptor()).steps)
      field(message, step);
    if (message.GetDescriptor() == api::HistoryEvent::descriptor())
      event_type(static_cast<const api::HistoryEvent&>(message));
    out_.end();
  }

private:
  void integer(thrift_type t, std::int64_t value) {
    if (t == thrift_type::i64)
      out_.number(value);
    else
      out_.number(static_cast<std::int32_t>(value));
  }

  void event_type(const api::HistoryEvent& event) {
    const auto* set = event.GetReflection()->GetOneofFieldDescriptor(event, event.GetDescriptor()->oneof_decl(0));
    if (set == nullptr)
      return;
    const auto& all = thrift_event_types();
    out_.field(thrift_type::i32, event_type_id);
    out_.number(static_cast<std::int32_t>(std::find(all.begin(), all.end(), set->name()) - all.begin()));
  }

  void field(const Message& from, const thrift_step& step) {
    const auto* message = &from;
    for (const auto* parent : step.parents) {
      if (!message->GetReflection()->HasField(*message, parent))
        return;
      message = &message->GetReflection()->GetMessage(*message, parent);
    }
    if (!present(*message, step))
      return;
    out_.field(step.type, step.id);
    if (step.type == thrift_type::map)
      map(*message, step);
    else if (step.type == thrift_type::list)
      list(*message, step);
    else
      value(*message, *step.field, step.type, step);
  }

  static bool present(const Message& message, const thrift_step& step) {
    const auto& reflection = *message.GetReflection();
    if (step.field->is_repeated())
      return reflection.FieldSize(message, step.field) > 0;
    switch (step.field->type()) {
    case FieldDescriptor::TYPE_MESSAGE:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_ENUM: return reflection.HasField(message, step.field);
    default: return !step.if_set || reflection.HasField(message, step.field);
    }
  }

  void map(const Message& message, const thrift_step& step) {
    const auto& reflection = *message.GetReflection();
    const auto& entry = *step.field->message_type();
    const int size = reflection.FieldSize(message, step.field);
    out_.type(thrift_type::bytes);
    out_.type(step.inner);
    out_.number(size);
    for (int i = 0; i < size; ++i) {
      const auto& one = reflection.GetRepeatedMessage(message, step.field, i);
      value(one, *entry.map_key(), thrift_type::bytes, {});
      value(one, *entry.map_value(), step.inner, step);
    }
  }

  void list(const Message& message, const thrift_step& step) {
    const auto& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, step.field);
    out_.type(step.inner);
    out_.number(size);
    for (int i = 0; i < size; ++i) {
      if (step.inner == thrift_type::structure)
        structure(reflection.GetRepeatedMessage(message, step.field, i));
      else
        out_.bytes(reflection.GetRepeatedString(message, step.field, i));
    }
  }

  void value(const Message& message, const FieldDescriptor& field, thrift_type t, const thrift_step& step) {
    const auto& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: return out_.number<std::uint8_t>(reflection.GetBool(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return out_.number(std::bit_cast<std::uint64_t>(reflection.GetDouble(message, &field)));
    case FieldDescriptor::CPPTYPE_INT32: return integer(t, reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64: return integer(t, reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_ENUM: return integer(t, reflection.GetEnumValue(message, &field) - 1);
    case FieldDescriptor::CPPTYPE_STRING: return out_.bytes(reflection.GetString(message, &field));
    default: break;
    }
    const auto& inner = reflection.GetMessage(message, &field);
    if (step.how == way::seconds)
      integer(t, static_cast<const google::protobuf::Duration&>(inner).seconds());
    else if (step.how == way::nanos)
      integer(t, TimeUtil::TimestampToNanoseconds(static_cast<const google::protobuf::Timestamp&>(inner)));
    else if (step.how == way::payload)
      out_.bytes(static_cast<const api::Payload&>(inner).data());
    else
      structure(inner);
  }

  thrift_output out_;
};

} // namespace

std::string to_thrift(const api::History& events) {
  writer out;
  out.structure(events);
  return std::move(out).take();
}

} // namespace cadenza
