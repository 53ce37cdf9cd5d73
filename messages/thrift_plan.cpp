#include "messages/thrift_plan.hpp"

#include "messages/thrift_fields.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_meta.pb.h"
#include "uber/cadence/api/v1/service_schedule.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace cadenza {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using way = thrift_step::way;
using plans = std::map<std::string_view, thrift_plan>;

constexpr std::int32_t day_seconds = 24 * 60 * 60;

[[noreturn]] void wrong(std::string_view of, std::string_view what) {
  throw std::logic_error("no Thrift type for " + std::string(of) + "." + std::string(what));
}

/// Naming one message of each file makes the linker keep the file's descriptors.
const google::protobuf::DescriptorPool& pool() {
  namespace api = uber::cadence::api::v1;
  for (const auto* file :
       {api::StartWorkflowExecutionRequest::descriptor(), api::PollForDecisionTaskRequest::descriptor(),
        api::ListWorkflowExecutionsRequest::descriptor(), api::RegisterDomainRequest::descriptor(),
        api::CreateScheduleRequest::descriptor(), api::HealthResponse::descriptor(),
        uber::cadence::admin::v1::DescribeClusterRequest::descriptor()})
    if (file == nullptr)
      wrong("the contract", "a file");
  return *google::protobuf::DescriptorPool::generated_pool();
}

const Descriptor* find_message(const thrift_struct& one) {
  auto name = one.message.empty() ? one.name : one.message;
  bool of_admin = one.name.starts_with("admin.") || one.name.starts_with("config.");
  if (const auto point = name.find('.'); point != name.npos && name[0] >= 'a' && name[0] <= 'z') {
    name.remove_prefix(point + 1);
    of_admin = true;
  }
  const std::string in_api = "uber.cadence.api.v1." + std::string(name);
  const std::string in_admin = "uber.cadence.admin.v1." + std::string(name);
  const auto* found = pool().FindMessageTypeByName(of_admin ? in_admin : in_api);
  if (found == nullptr)
    found = pool().FindMessageTypeByName(of_admin ? in_api : in_admin);
  if (found == nullptr)
    wrong(one.name, "its message");
  return found;
}

/// The plan of a message that is written as the struct of its name.
const thrift_plan* usual_plan(const Descriptor& message, const plans& all) {
  for (const auto* file : {"", "admin.", "config."}) {
    const auto found = all.find(file + message.name());
    if (found != all.end() && found->second.message == &message)
      return &found->second;
  }
  return nullptr;
}

/// Thrift counts from 0 what the messages count from 1, where 0 is reserved for what is not said. Some newer
/// enumerations have that value there, too, and types of tasks are those of the reference system's tables.
std::int32_t offset_of(std::string_view enumeration) {
  for (const std::string_view alike :
       {"IsolationGroupState", "FailoverType", "ScheduleOverlapPolicy", "ScheduleCatchUpPolicy"})
    if (enumeration == alike)
      return 0;
  return enumeration == "TaskType" ? -1 : 1;
}

void choose_message(const FieldDescriptor& field, const thrift_field& from, const plans& all, thrift_type& type,
                    thrift_step& step) {
  const auto& name = field.message_type()->full_name();
  if (name == "google.protobuf.Duration") {
    type = (from.how & thrift_field::wide) != 0 ? thrift_type::i64 : thrift_type::i32;
    step.how = way::duration;
    step.unit_seconds = (from.how & thrift_field::days) != 0 ? day_seconds : 1;
  } else if (name == "google.protobuf.Timestamp") {
    type = thrift_type::i64;
    step.how = way::nanos;
  } else if (name == "google.protobuf.Int64Value" || name == "google.protobuf.DoubleValue") {
    type = name.ends_with("Int64Value") ? thrift_type::i64 : thrift_type::real;
    step.how = way::wrapped;
  } else if (name == "uber.cadence.api.v1.Payload") {
    type = thrift_type::bytes;
    step.how = way::payload;
  } else {
    type = thrift_type::structure;
    step.how = way::message;
    if (from.as.empty())
      step.nested = usual_plan(*field.message_type(), all);
    else if (const auto found = all.find(from.as); found != all.end())
      step.nested = &found->second;
    if (step.nested == nullptr || step.nested->message != field.message_type())
      wrong(field.containing_type()->full_name(), field.name());
  }
}

/// Type and way of one value of `field`, which may be the value of a map.
void choose(const FieldDescriptor& field, const thrift_field& from, const plans& all, thrift_type& type,
            thrift_step& step) {
  switch (field.cpp_type()) {
  case FieldDescriptor::CPPTYPE_BOOL: type = thrift_type::boolean; return;
  case FieldDescriptor::CPPTYPE_DOUBLE: type = thrift_type::real; return;
  case FieldDescriptor::CPPTYPE_INT32:
    type = (from.how & thrift_field::wide) != 0 ? thrift_type::i64 : thrift_type::i32;
    if ((from.how & thrift_field::as_text) != 0) {
      type = thrift_type::bytes;
      step.how = way::as_text;
    }
    return;
  case FieldDescriptor::CPPTYPE_INT64: type = thrift_type::i64; return;
  case FieldDescriptor::CPPTYPE_STRING: type = thrift_type::bytes; return;
  case FieldDescriptor::CPPTYPE_ENUM:
    type = thrift_type::i32;
    step.how = way::enumeration;
    step.offset = offset_of(field.enum_type()->name());
    return;
  case FieldDescriptor::CPPTYPE_MESSAGE: return choose_message(field, from, all, type, step);
  default: wrong(field.containing_type()->full_name(), field.name());
  }
}

/// Follows the path from the message to the field.
void walk(const thrift_plan& of, std::string_view path, thrift_step& step) {
  const auto* at = of.message;
  for (std::size_t begin = 0;;) {
    const auto point = path.find('.', begin);
    step.field = at == nullptr ? nullptr : at->FindFieldByName(std::string(path.substr(begin, point - begin)));
    if (step.field == nullptr)
      wrong(of.from->name, path);
    if (point == path.npos)
      return;
    step.parents.push_back(step.field);
    at = step.field->message_type();
    begin = point + 1;
  }
}

thrift_step make_step(const thrift_plan& of, const thrift_field& from, const plans& all) {
  thrift_step step;
  step.id = from.id;
  step.if_set = (from.how & thrift_field::if_set) != 0;
  step.always = (from.how & thrift_field::always) != 0;
  step.masked = (from.how & thrift_field::masked) != 0;
  if ((from.how & thrift_field::always_true) != 0) {
    step.type = thrift_type::boolean;
    step.how = way::always_true;
    return step;
  }
  if (from.path == ".") {
    const auto found = all.find(from.as);
    if (found == all.end() || found->second.message != of.message)
      wrong(of.from->name, from.as);
    step.type = thrift_type::structure;
    step.how = way::message;
    step.nested = &found->second;
    return step;
  }
  walk(of, from.path, step);
  if (step.field->is_map()) {
    step.type = thrift_type::map;
    thrift_step of_key;
    choose(*step.field->message_type()->map_key(), {}, all, step.key, of_key);
    choose(*step.field->message_type()->map_value(), from, all, step.inner, step);
  } else if (step.field->is_repeated()) {
    step.type = thrift_type::list;
    choose(*step.field, from, all, step.inner, step);
  } else {
    choose(*step.field, from, all, step.type, step);
  }
  return step;
}

std::vector<const std::vector<thrift_struct>*> all_structs() {
  return {&thrift_events(),  &thrift_decisions(), &thrift_workflow(), &thrift_worker(),
          &thrift_domains(), &thrift_schedules(), &thrift_admin()};
}

plans make_plans() {
  plans all;
  for (const auto* table : all_structs()) {
    for (const auto& one : *table) {
      auto& plan = all[one.name];
      plan.from = &one;
      plan.message = find_message(one);
      plan.mask = plan.message->FindFieldByName("update_mask");
    }
  }
  for (auto& [name, plan] : all) {
    for (const auto& field : plan.from->fields)
      plan.steps.push_back(make_step(plan, field, all));
  }
  for (const auto& kinds : all_thrift_kinds()) {
    auto& plan = all.at(kinds.of);
    plan.kind_id = kinds.id;
    for (const auto field : kinds.fields)
      plan.kinds.push_back(plan.message->FindFieldByName(std::string(field)));
  }
  return all;
}

const plans& made_plans() {
  static const plans all = make_plans();
  return all;
}

} // namespace

const thrift_step* thrift_plan::find(std::int16_t id) const {
  const auto found =
      std::lower_bound(steps.begin(), steps.end(), id, [](const auto& step, std::int16_t i) { return step.id < i; });
  return found == steps.end() || found->id != id ? nullptr : &*found;
}

const thrift_plan* thrift_plan_of(std::string_view name) {
  const auto found = made_plans().find(name);
  return found == made_plans().end() ? nullptr : &found->second;
}

std::vector<const thrift_plan*> all_thrift_plans() {
  std::vector<const thrift_plan*> out;
  for (const auto& [name, plan] : made_plans())
    out.push_back(&plan);
  return out;
}

} // namespace cadenza
