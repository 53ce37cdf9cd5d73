#include "messages/thrift_reader.hpp"

#include "messages/thrift_fields.hpp"
#include "messages/utf8.hpp"

#include "uber/cadence/api/v1/common.pb.h"

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/time_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <bit>
#include <charconv>

namespace cadenza {
namespace {

namespace api = uber::cadence::api::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::util::TimeUtil;
using way = thrift_step::way;

constexpr int depth_max = 32; ///< of fields that are passed over
constexpr std::int32_t no_kind = -1;
constexpr std::string_view empty_text("\0\0\0\0", 4);

/// What Cadence's stores say to a domain that is asked for twice over, and clients may compare.
constexpr std::string_view domain_choice = "uber.cadence.api.v1.DescribeDomainRequest.describe_by";
constexpr const char* domain_by_both = "GetDomain operation failed.  Both ID and Name specified in request.";

/// "ExecutionFilter, TypeFilter or StatusFilter"
std::string members_of(const google::protobuf::OneofDescriptor& choice) {
  std::string out;
  for (int i = 0; i < choice.field_count(); ++i) {
    if (i > 0)
      out += i + 1 < choice.field_count() ? ", " : " or ";
    bool upper = true;
    for (const char c : choice.field(i)->name()) {
      if (c != '_')
        out += upper ? static_cast<char>(c - 'a' + 'A') : c;
      upper = c == '_';
    }
  }
  return out;
}

} // namespace

void thrift_reader::fail(std::string what) {
  if (wrong_.empty())
    wrong_ = std::move(what);
  rest_ = {};
}

bool thrift_reader::next(thrift_type& type, std::int16_t& id) {
  type = static_cast<thrift_type>(number<std::uint8_t>());
  if (failed() || type == thrift_type::stop)
    return false;
  id = static_cast<std::int16_t>(number<std::uint16_t>());
  return !failed();
}

void thrift_reader::structure(Message& into, const thrift_plan& plan) {
  if (plan.mask != nullptr)
    (void)into.GetReflection()->MutableMessage(&into, plan.mask); // without it every field would be meant
  auto type = thrift_type::stop;
  std::int16_t id = 0;
  auto kind_of = no_kind;
  while (next(type, id)) {
    const auto* step = plan.find(id);
    if (plan.kind_id != 0 && id == plan.kind_id && type == thrift_type::i32)
      kind_of = number<std::int32_t>();
    else if (step == nullptr || step->how == way::always_true)
      skip(type, 0);
    else if (type != step->type)
      fail("field " + std::to_string(id) + " of " + std::string(plan.from->name) + " has the type " +
           std::to_string(static_cast<int>(type)));
    else
      field(into, plan, *step);
  }
  if (!failed() && kind_of != no_kind)
    kind(into, plan, kind_of);
}

std::string_view thrift_reader::take(std::size_t size) {
  if (size > rest_.size()) {
    fail("it ends too early");
    return {};
  }
  const auto out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

/// How many bytes or elements follow: never more than bytes are left, because each takes one at least.
std::size_t thrift_reader::size() {
  const auto out = number<std::uint32_t>();
  if (out > rest_.size()) {
    fail("a size goes beyond the end");
    return 0;
  }
  return out;
}

std::size_t thrift_reader::elements() {
  const auto out = size();
  if (out > elements_left_) {
    fail("it has more than " + std::to_string(elements_max) + " elements");
    return 0;
  }
  elements_left_ -= out;
  return out;
}

std::int64_t thrift_reader::integer(thrift_type t) {
  return t == thrift_type::i64 ? number<std::int64_t>() : static_cast<std::int32_t>(number<std::uint32_t>());
}

void thrift_reader::skip_elements(thrift_type key, thrift_type value, int depth) {
  for (auto left = size(); left > 0 && !failed(); --left) {
    if (key != thrift_type::stop)
      skip(key, depth + 1);
    skip(value, depth + 1);
  }
}

void thrift_reader::skip(thrift_type t, int depth) {
  if (depth > depth_max)
    return fail("it is nested too deeply");
  switch (t) {
  case thrift_type::boolean:
  case thrift_type::byte: (void)take(1); return;
  case thrift_type::i16: (void)take(2); return;
  case thrift_type::i32: (void)take(4); return;
  case thrift_type::i64:
  case thrift_type::real: (void)take(8); return;
  case thrift_type::bytes: (void)bytes(); return;
  case thrift_type::structure: {
    auto type = thrift_type::stop;
    std::int16_t id = 0;
    while (next(type, id))
      skip(type, depth + 1);
    return;
  }
  case thrift_type::map: {
    const auto key = static_cast<thrift_type>(number<std::uint8_t>());
    const auto value = static_cast<thrift_type>(number<std::uint8_t>());
    return skip_elements(key, value, depth);
  }
  case thrift_type::list:
  case thrift_type::set:
    return skip_elements(thrift_type::stop, static_cast<thrift_type>(number<std::uint8_t>()), depth);
  default: fail("there is no type " + std::to_string(static_cast<int>(t)));
  }
}

/// Whether no other field of the same choice is there. A text that is empty chooses nothing.
bool thrift_reader::alone(const Message& into, const FieldDescriptor& field) {
  const auto* choice = field.real_containing_oneof();
  if (choice == nullptr)
    return true;
  const auto& reflection = *into.GetReflection();
  const auto* set = reflection.GetOneofFieldDescriptor(into, choice);
  if (set == nullptr || set == &field)
    return true;
  std::string room;
  if (set->type() == FieldDescriptor::TYPE_STRING && reflection.GetStringReference(into, set, &room).empty())
    return true;
  rule_broken_ = wrong_.empty();
  fail(choice->full_name() == domain_choice ? domain_by_both : "Only one of " + members_of(*choice) + " is allowed");
  return false;
}

/// A text that is empty, of a choice that has been made: passed over.
bool thrift_reader::chooses_nothing(const Message& into, const FieldDescriptor& field) {
  const auto* choice = field.real_containing_oneof();
  if (choice == nullptr || field.type() != FieldDescriptor::TYPE_STRING || !rest_.starts_with(empty_text) ||
      into.GetReflection()->GetOneofFieldDescriptor(into, choice) == nullptr)
    return false;
  (void)bytes();
  return true;
}

void thrift_reader::field(Message& into, const thrift_plan& plan, const thrift_step& step) {
  if (step.field == nullptr)
    return structure(into, *step.nested);
  auto* message = &into;
  for (const auto* parent : step.parents) {
    if (!alone(*message, *parent))
      return;
    message = message->GetReflection()->MutableMessage(message, parent);
  }
  if (chooses_nothing(*message, *step.field) || !alone(*message, *step.field))
    return;
  if (step.type == thrift_type::map)
    map(*message, step);
  else if (step.type == thrift_type::list)
    list(*message, step);
  else
    value(*message, *step.field, step.type, step);
  if (step.masked)
    static_cast<FieldMask&>(*into.GetReflection()->MutableMessage(&into, plan.mask)).add_paths(step.field->name());
}

bool thrift_reader::expect(thrift_type t, const thrift_step& step) {
  if (number<std::uint8_t>() == static_cast<std::uint8_t>(t))
    return true;
  fail("field " + std::to_string(step.id) + " holds something else");
  return false;
}

void thrift_reader::map(Message& into, const thrift_step& step) {
  if (!expect(step.key, step) || !expect(step.inner, step))
    return;
  const auto& entry = *step.field->message_type();
  for (auto left = elements(); left > 0 && !failed(); --left) {
    auto& one = *into.GetReflection()->AddMessage(&into, step.field);
    value(one, *entry.map_key(), step.key, {});
    value(one, *entry.map_value(), step.inner, step);
  }
}

void thrift_reader::list(Message& into, const thrift_step& step) {
  if (!expect(step.inner, step))
    return;
  const auto& reflection = *into.GetReflection();
  for (auto left = elements(); left > 0 && !failed(); --left) {
    if (step.inner == thrift_type::structure)
      structure(*reflection.AddMessage(&into, step.field), *step.nested);
    else if (step.inner == thrift_type::i32)
      reflection.AddInt32(&into, step.field, number<std::int32_t>());
    else
      reflection.AddString(&into, step.field, text(*step.field));
  }
}

std::string thrift_reader::text(const FieldDescriptor& field) {
  const auto given = bytes();
  if (field.type() == FieldDescriptor::TYPE_BYTES || utf8::valid(given))
    return std::string(given);
  mended_ = true;
  return utf8::readable(given);
}

void thrift_reader::value(Message& into, const FieldDescriptor& field, thrift_type t, const thrift_step& step) {
  const auto& reflection = *into.GetReflection();
  switch (field.cpp_type()) {
  case FieldDescriptor::CPPTYPE_BOOL: return reflection.SetBool(&into, &field, number<std::uint8_t>() != 0);
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return reflection.SetDouble(&into, &field, std::bit_cast<double>(number<std::uint64_t>()));
  case FieldDescriptor::CPPTYPE_INT32:
    if (step.how == way::as_text)
      return text_number(into, field);
    return reflection.SetInt32(&into, &field, static_cast<std::int32_t>(integer(t)));
  case FieldDescriptor::CPPTYPE_INT64: return reflection.SetInt64(&into, &field, integer(t));
  case FieldDescriptor::CPPTYPE_ENUM: return enumeration(into, field, integer(t), step);
  case FieldDescriptor::CPPTYPE_STRING: return reflection.SetString(&into, &field, text(field));
  default: return inner(*reflection.MutableMessage(&into, &field), t, step);
  }
}

void thrift_reader::inner(Message& into, thrift_type t, const thrift_step& step) {
  switch (step.how) {
  case way::duration: {
    const auto units = integer(t);
    std::int64_t seconds = 0;
    if (__builtin_mul_overflow(units, std::int64_t{step.unit_seconds}, &seconds))
      return fail("a time of " + std::to_string(units) + " days is too long");
    return static_cast<google::protobuf::Duration&>(into).set_seconds(seconds);
  }
  case way::nanos:
    static_cast<google::protobuf::Timestamp&>(into) = TimeUtil::NanosecondsToTimestamp(integer(t));
    return;
  case way::payload: return static_cast<api::Payload&>(into).set_data(std::string(bytes()));
  case way::wrapped:
    if (t == thrift_type::i64)
      return static_cast<google::protobuf::Int64Value&>(into).set_value(integer(t));
    return static_cast<google::protobuf::DoubleValue&>(into).set_value(std::bit_cast<double>(number<std::uint64_t>()));
  default: return structure(into, *step.nested);
  }
}

void thrift_reader::text_number(Message& into, const FieldDescriptor& field) {
  const auto given = bytes();
  std::int32_t out = 0;
  const auto [end, failure] = std::from_chars(given.data(), given.data() + given.size(), out);
  if (!given.empty() && (failure != std::errc() || end != given.data() + given.size()))
    return fail(field.name() + " is no number");
  into.GetReflection()->SetInt32(&into, &field, out);
}

void thrift_reader::enumeration(Message& into, const FieldDescriptor& field, std::int64_t value,
                                const thrift_step& step) {
  const auto number = value + step.offset;
  if (number < (step.offset == 0 ? 0 : 1) || number > INT32_MAX ||
      field.enum_type()->FindValueByNumber(static_cast<int>(number)) == nullptr)
    return fail("there is no " + field.enum_type()->name() + " " + std::to_string(value));
  into.GetReflection()->SetEnumValue(&into, &field, static_cast<int>(number));
}

/// A kind whose attributes are not there is kept as one without attributes; one that is not known says nothing.
void thrift_reader::kind(Message& into, const thrift_plan& plan, std::int32_t value) {
  if (value < 0 || value >= static_cast<std::int32_t>(plan.kinds.size()))
    return;
  const auto* field = plan.kinds[static_cast<std::size_t>(value)];
  if (alone(into, *field))
    (void)into.GetReflection()->MutableMessage(&into, field);
}

} // namespace cadenza
