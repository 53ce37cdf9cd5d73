#include "messages/thrift_history.hpp"
#include "messages/thrift_output.hpp"
#include "messages/thrift_plan.hpp"

#include <google/protobuf/util/time_util.h>

#include <bit>

namespace cadenza {
namespace {

namespace api = uber::cadence::api::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::TimeUtil;
using way = thrift_step::way;

constexpr int depth_max = 32; ///< of fields that are passed over

/// Stops at the first thing that is wrong; what is read after that is zero and empty.
class reader {
public:
  explicit reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool failed() const { return !wrong_.empty(); }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  void structure(Message& message) {
    const auto& plan = thrift_plan_of(*message.GetDescriptor());
    while (true) {
      const auto type = number<std::uint8_t>();
      if (failed() || type == static_cast<std::uint8_t>(thrift_type::stop))
        return;
      const auto id = static_cast<std::int16_t>(number<std::uint16_t>());
      const auto* step = plan.find(id);
      if (step == nullptr)
        skip(static_cast<thrift_type>(type), 0);
      else if (static_cast<thrift_type>(type) != step->type)
        fail("field " + std::to_string(id) + " of " + message.GetDescriptor()->name() + " has the type " +
             std::to_string(type));
      else
        field(message, *step);
    }
  }

private:
  void fail(std::string what) {
    if (wrong_.empty())
      wrong_ = std::move(what);
    rest_ = {};
  }

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      fail("it ends too early");
      return {};
    }
    const auto out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  template <class T> T number() {
    std::uint64_t out = 0;
    for (const auto c : take(sizeof(T)))
      out = out << 8 | static_cast<std::uint8_t>(c);
    return static_cast<T>(out);
  }
  /// How many bytes or elements follow: never more than bytes are left, because each takes one at least.
  std::size_t size() {
    const auto out = number<std::uint32_t>();
    if (out > rest_.size()) {
      fail("a size goes beyond the end");
      return 0;
    }
    return out;
  }
  std::string bytes() { return std::string(take(size())); }
  std::int64_t integer(thrift_type t) {
    return t == thrift_type::i64 ? number<std::int64_t>() : static_cast<std::int32_t>(number<std::uint32_t>());
  }

  void skip(thrift_type t, int depth) {
    if (depth > depth_max)
      return fail("it is nested too deeply");
    switch (t) {
    case thrift_type::boolean:
    case thrift_type::byte: take(1); return;
    case thrift_type::i16: take(2); return;
    case thrift_type::i32: take(4); return;
    case thrift_type::i64:
    case thrift_type::real: take(8); return;
    case thrift_type::bytes: take(size()); return;
    case thrift_type::structure:
      while (true) {
        const auto type = static_cast<thrift_type>(number<std::uint8_t>());
        if (failed() || type == thrift_type::stop)
          return;
        take(2);
        skip(type, depth + 1);
      }
    case thrift_type::map: {
      const auto key = static_cast<thrift_type>(number<std::uint8_t>());
      const auto value = static_cast<thrift_type>(number<std::uint8_t>());
      for (auto left = size(); left > 0 && !failed(); --left) {
        skip(key, depth + 1);
        skip(value, depth + 1);
      }
      return;
    }
    case thrift_type::list:
    case thrift_type::set: {
      const auto inner = static_cast<thrift_type>(number<std::uint8_t>());
      for (auto left = size(); left > 0 && !failed(); --left)
        skip(inner, depth + 1);
      return;
    }
    default: fail("there is no type " + std::to_string(static_cast<int>(t)));
    }
  }

  void field(Message& into, const thrift_step& step) {
    auto* message = &into;
    for (const auto* parent : step.parents)
      message = message->GetReflection()->MutableMessage(message, parent);
    if (step.type == thrift_type::map)
      map(*message, step);
    else if (step.type == thrift_type::list)
      list(*message, step);
    else
      value(*message, *step.field, step.type, step);
  }

  bool expect(thrift_type t, const thrift_step& step) {
    if (number<std::uint8_t>() == static_cast<std::uint8_t>(t))
      return true;
    fail("field " + std::to_string(step.id) + " holds something else");
    return false;
  }

  void map(Message& message, const thrift_step& step) {
    if (!expect(thrift_type::bytes, step) || !expect(step.inner, step))
      return;
    const auto& entry = *step.field->message_type();
    for (auto left = size(); left > 0 && !failed(); --left) {
      auto& one = *message.GetReflection()->AddMessage(&message, step.field);
      value(one, *entry.map_key(), thrift_type::bytes, {});
      value(one, *entry.map_value(), step.inner, step);
    }
  }

  void list(Message& message, const thrift_step& step) {
    if (!expect(step.inner, step))
      return;
    const auto& reflection = *message.GetReflection();
    for (auto left = size(); left > 0 && !failed(); --left) {
      if (step.inner == thrift_type::structure)
        structure(*reflection.AddMessage(&message, step.field));
      else
        reflection.AddString(&message, step.field, bytes());
    }
  }

  void value(Message& message, const FieldDescriptor& field, thrift_type t, const thrift_step& step) {
    const auto& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: return reflection.SetBool(&message, &field, number<std::uint8_t>() != 0);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetDouble(&message, &field, std::bit_cast<double>(number<std::uint64_t>()));
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(&message, &field, static_cast<std::int32_t>(integer(t)));
    case FieldDescriptor::CPPTYPE_INT64: return reflection.SetInt64(&message, &field, integer(t));
    case FieldDescriptor::CPPTYPE_ENUM: return enumeration(message, field, integer(t));
    case FieldDescriptor::CPPTYPE_STRING: return reflection.SetString(&message, &field, bytes());
    default: break;
    }
    auto& inner = *reflection.MutableMessage(&message, &field);
    if (step.how == way::seconds)
      static_cast<google::protobuf::Duration&>(inner).set_seconds(integer(t));
    else if (step.how == way::nanos)
      static_cast<google::protobuf::Timestamp&>(inner) = TimeUtil::NanosecondsToTimestamp(integer(t));
    else if (step.how == way::payload)
      static_cast<api::Payload&>(inner).set_data(bytes());
    else
      structure(inner);
  }

  void enumeration(Message& message, const FieldDescriptor& field, std::int64_t value) {
    const auto number = value + 1;
    if (number <= 0 || number > INT32_MAX || field.enum_type()->FindValueByNumber(static_cast<int>(number)) == nullptr)
      return fail("there is no " + field.enum_type()->name() + " " + std::to_string(value));
    message.GetReflection()->SetEnumValue(&message, &field, static_cast<int>(number));
  }

  std::string_view rest_;
  std::string wrong_;
};

} // namespace

outcome<api::History> from_thrift(std::string_view batch) {
  const auto bad = [](const std::string& why) {
    return error{error_kind::bad_request, "not a history batch in Thrift: " + why};
  };
  if (batch.empty() || batch.front() != thrift_output::version_byte)
    return bad("it does not begin with the version byte 0x59");
  api::History out;
  reader in(batch.substr(1));
  in.structure(out);
  if (in.failed())
    return bad(in.wrong());
  if (!in.at_end())
    return bad("there are bytes behind its end");
  return out;
}

} // namespace cadenza
