#include "messages/thrift_history.hpp"

#include <boost/test/unit_test.hpp>
#include <google/protobuf/util/message_differencer.h>

using namespace cadenza;

namespace {

namespace api = uber::cadence::api::v1;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string from_hex(const std::string& text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ')
      continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  return out;
}

/// Gives every field a value of its own, all the way down.
void fill(Message& message, int& next) {
  const auto& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  if (type.full_name() == "google.protobuf.Duration" || type.full_name() == "google.protobuf.Timestamp")
    return reflection.SetInt64(&message, type.FindFieldByName("seconds"), ++next);
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* field = type.field(i);
    if (field->is_map() || field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      auto& inner =
          field->is_repeated() ? *reflection.AddMessage(&message, field) : *reflection.MutableMessage(&message, field);
      fill(inner, next);
      continue;
    }
    switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: reflection.SetBool(&message, field, true); break;
    case FieldDescriptor::CPPTYPE_DOUBLE: reflection.SetDouble(&message, field, ++next + 0.5); break;
    case FieldDescriptor::CPPTYPE_INT32: reflection.SetInt32(&message, field, ++next); break;
    case FieldDescriptor::CPPTYPE_INT64: reflection.SetInt64(&message, field, -(++next + (1LL << 40))); break;
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection.SetEnumValue(&message, field,
                              field->enum_type()->value(field->enum_type()->value_count() - 1)->number());
      break;
    default:
      if (field->is_repeated())
        reflection.AddString(&message, field, "text " + std::to_string(++next));
      else
        reflection.SetString(&message, field, "text " + std::to_string(++next));
    }
  }
}

const google::protobuf::OneofDescriptor& attributes() { return *api::HistoryEvent::descriptor()->oneof_decl(0); }

/// One event of each kind with every field set.
api::History one_of_each() {
  api::History out;
  int next = 0;
  for (int i = 0; i < attributes().field_count(); ++i) {
    auto& event = *out.add_events();
    event.set_event_id(i + 1);
    event.mutable_event_time()->set_seconds(1'700'000'000 + i);
    event.mutable_event_time()->set_nanos(123'456'789);
    event.set_version(-24);
    event.set_task_id((1LL << 50) + i);
    fill(*event.GetReflection()->MutableMessage(&event, attributes().field(i)), next);
    if (event.has_workflow_execution_started_event_attributes())
      // Thrift has no place for it.
      event.mutable_workflow_execution_started_event_attributes()->mutable_parent_execution_info()->clear_domain_id();
  }
  return out;
}

bool same(const Message& a, const Message& b, std::string& difference) {
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  return differencer.Compare(a, b);
}

void refused(const std::string& bytes, const std::string& why) {
  const auto out = from_thrift(bytes);
  BOOST_REQUIRE(!out);
  BOOST_TEST((out.error().kind == error_kind::bad_request));
  BOOST_TEST(out.error().message.find(why) != std::string::npos, out.error().message);
}

/// 0x59, then field 10 of History: a list of one struct.
const std::string one_event = "59 0f 000a 0c 00000001 ";

} // namespace

BOOST_AUTO_TEST_SUITE(thrift_history)

BOOST_AUTO_TEST_CASE(an_event_has_the_bytes_that_thrift_gives_it) {
  api::History events;
  auto& event = *events.add_events();
  event.set_event_id(7);
  event.mutable_event_time()->set_seconds(1);
  event.mutable_event_time()->set_nanos(5);
  event.set_version(3);
  event.set_task_id(258);
  auto& fired = *event.mutable_timer_fired_event_attributes();
  fired.set_timer_id("t1");
  fired.set_started_event_id(5);
  const auto expected =
      from_hex(one_event + "0a 000a 0000000000000007 0a 0014 000000003b9aca05 0a 0023 0000000000000003 "
                           "0a 0024 0000000000000102 "
                           "0c 00be 0b 000a 00000002 7431 0a 0014 0000000000000005 00 "
                           "08 001e 00000012 00 00");
  BOOST_TEST(to_thrift(events) == expected);
}

BOOST_AUTO_TEST_CASE(every_event_with_every_field_comes_back) {
  const auto events = one_of_each();
  BOOST_TEST(events.events_size() == 42);
  const auto back = from_thrift(to_thrift(events));
  BOOST_REQUIRE_MESSAGE(back, (back ? std::string() : back.error().message));
  std::string difference;
  BOOST_TEST(same(events, *back, difference), difference);
}

BOOST_AUTO_TEST_CASE(every_event_without_any_field_comes_back) {
  api::History events;
  for (int i = 0; i < attributes().field_count(); ++i) {
    auto& event = *events.add_events();
    (void)event.GetReflection()->MutableMessage(&event, attributes().field(i));
  }
  const auto back = from_thrift(to_thrift(events));
  BOOST_REQUIRE_MESSAGE(back, (back ? std::string() : back.error().message));
  std::string difference;
  BOOST_TEST(same(events, *back, difference), difference);
}

BOOST_AUTO_TEST_CASE(enumerations_count_from_zero_and_absent_ones_are_left_out) {
  api::History events;
  auto& out = *events.add_events()->mutable_workflow_execution_timed_out_event_attributes();
  const auto absent = to_thrift(events);
  out.set_timeout_type(api::TIMEOUT_TYPE_START_TO_CLOSE);
  BOOST_TEST(to_thrift(events).size() == absent.size() + 7);
  BOOST_TEST(to_thrift(events).find(from_hex("08 000a 00000000")) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_passed_over) {
  const auto out = from_thrift(
      from_hex(one_event +
               "0a 000a 0000000000000007 02 0401 01 03 0402 01 06 0403 0001 08 0404 00000001 04 0405 0000000000000000 "
               "0b 0406 00000001 61 0d 0407 0b 08 00000001 00000001 62 00000001 0f 0408 0c 00000001 02 0001 01 00 "
               "0e 0409 0a 00000001 0000000000000001 00 00"));
  BOOST_REQUIRE_MESSAGE(out, (out ? std::string() : out.error().message));
  BOOST_REQUIRE(out->events_size() == 1);
  BOOST_TEST(out->events(0).event_id() == 7);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_batch_is_refused_and_says_why) {
  refused("", "version byte");
  refused(from_hex("58 00"), "version byte");
  refused(from_hex("59"), "ends too early");
  refused(from_hex("59 00 00"), "behind its end");
  refused(from_hex("59 0f 000a 0c 7fffffff"), "beyond the end");
  refused(from_hex("59 0f 000a 0c ffffffff"), "beyond the end");
  refused(from_hex("59 0f 000a 0b 00000000 00"), "holds something else");
  refused(from_hex("59 0b 000a 00000000 00"), "field 10 of History has the type 11");
  refused(from_hex("59 07 0401 00"), "no type 7");
  refused(from_hex(one_event + "0c 0046 08 000a 00000009 00 00 00"), "no TimeoutType 9");
  refused(from_hex(one_event + "0c 0046 08 000a ffffffff 00 00 00"), "no TimeoutType -1");
  std::string deep = from_hex("59 0c 0401");
  for (int i = 0; i < 100; ++i)
    deep += from_hex("0c 0001");
  refused(deep + std::string(102, '\0'), "nested too deeply");
  const auto whole = to_thrift(one_of_each());
  for (std::size_t size = 0; size < whole.size(); size += 7)
    BOOST_TEST(!from_thrift(whole.substr(0, size)));
}

BOOST_AUTO_TEST_SUITE_END()
