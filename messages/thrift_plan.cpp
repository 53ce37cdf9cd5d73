#include "messages/thrift_plan.hpp"

#include "messages/thrift_fields.hpp"

#include "uber/cadence/api/v1/history.pb.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace cadenza {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using way = thrift_step::way;
using plans = std::map<const Descriptor*, thrift_plan>;

constexpr const char* package = "uber.cadence.api.v1.";

[[noreturn]] void wrong(const std::string& message, const std::string& path) {
  throw std::logic_error("no Thrift type for " + message + "." + path);
}

/// Type and way of one value of `field`, which may be the value of a map.
void choose(const FieldDescriptor& field, bool wide, plans& all, thrift_type& type, thrift_step& step) {
  switch (field.cpp_type()) {
  case FieldDescriptor::CPPTYPE_BOOL: type = thrift_type::boolean; return;
  case FieldDescriptor::CPPTYPE_DOUBLE: type = thrift_type::real; return;
  case FieldDescriptor::CPPTYPE_INT32: type = wide ? thrift_type::i64 : thrift_type::i32; return;
  case FieldDescriptor::CPPTYPE_INT64: type = thrift_type::i64; return;
  case FieldDescriptor::CPPTYPE_STRING: type = thrift_type::bytes; return;
  case FieldDescriptor::CPPTYPE_ENUM:
    type = thrift_type::i32;
    step.how = way::enumeration;
    return;
  case FieldDescriptor::CPPTYPE_MESSAGE: break;
  default: wrong(field.containing_type()->full_name(), field.name());
  }
  const auto& name = field.message_type()->full_name();
  if (name == "google.protobuf.Duration") {
    type = wide ? thrift_type::i64 : thrift_type::i32;
    step.how = way::seconds;
  } else if (name == "google.protobuf.Timestamp") {
    type = thrift_type::i64;
    step.how = way::nanos;
  } else if (name == std::string(package) + "Payload") {
    type = thrift_type::bytes;
    step.how = way::payload;
  } else {
    type = thrift_type::structure;
    step.how = way::message;
    const auto known = all.find(field.message_type());
    if (known == all.end())
      wrong(field.containing_type()->full_name(), field.name());
    step.nested = &known->second;
  }
}

thrift_step make_step(const Descriptor& message, const thrift_field& from, plans& all) {
  thrift_step step;
  step.id = from.id;
  step.if_set = from.how == thrift_field::if_set;
  const auto* at = &message;
  for (std::size_t begin = 0;;) {
    const auto point = from.path.find('.', begin);
    step.field = at == nullptr ? nullptr : at->FindFieldByName(from.path.substr(begin, point - begin));
    if (step.field == nullptr)
      wrong(message.full_name(), from.path);
    if (point == std::string::npos)
      break;
    step.parents.push_back(step.field);
    at = step.field->message_type();
    begin = point + 1;
  }
  if (step.field->is_map()) {
    step.type = thrift_type::map;
    choose(*step.field->message_type()->map_value(), false, all, step.inner, step);
  } else if (step.field->is_repeated()) {
    step.type = thrift_type::list;
    choose(*step.field, false, all, step.inner, step);
  } else {
    choose(*step.field, from.how == thrift_field::wide, all, step.type, step);
  }
  return step;
}

plans make_plans() {
  const auto* pool = uber::cadence::api::v1::History::descriptor()->file()->pool();
  const auto find = [pool](const std::string& name) {
    const auto* found = pool->FindMessageTypeByName(package + name);
    if (found == nullptr)
      throw std::logic_error("no message " + name);
    return found;
  };
  plans all;
  for (const auto& one : thrift_structs())
    all[find(one.message)];
  for (const auto& one : thrift_structs()) {
    const auto& message = *find(one.message);
    for (const auto& field : one.fields)
      all[&message].steps.push_back(make_step(message, field, all));
  }
  return all;
}

} // namespace

const thrift_step* thrift_plan::find(std::int16_t id) const {
  const auto found =
      std::lower_bound(steps.begin(), steps.end(), id, [](const auto& step, std::int16_t i) { return step.id < i; });
  return found == steps.end() || found->id != id ? nullptr : &*found;
}

const thrift_plan& thrift_plan_of(const Descriptor& message) {
  static const plans all = make_plans();
  return all.at(&message);
}

} // namespace cadenza
