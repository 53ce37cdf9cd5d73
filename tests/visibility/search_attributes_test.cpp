#include "workflow/search_attributes.hpp"

#include "messages/rfc3339.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>

namespace api = uber::cadence::api::v1;
using namespace cadenza::workflow;

namespace {

std::string refusal(const std::map<std::string, std::string>& fields, const attribute_limits& limits = {}) {
  api::SearchAttributes attributes;
  for (const auto& [key, json] : fields)
    (*attributes.mutable_indexed_fields())[key].set_data(json);
  const auto checked = validate_search_attributes(attributes, default_attribute_types(), limits);
  if (checked)
    return "";
  BOOST_TEST((checked.error().kind == cadenza::error_kind::bad_request));
  return checked.error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(search_attributes)

BOOST_AUTO_TEST_CASE(values_fit_their_types) {
  const std::pair<const char*, const char*> good[] = {
      {"CustomStringField", "\"any text\""},
      {"CustomStringField", "[\"a\", \"b\"]"},
      {"CustomStringField", "null"},
      {"CustomKeywordField", "\"\""},
      {"CustomKeywordField", "[]"},
      {"CustomIntField", "9223372036854775807"},
      {"CustomIntField", " -9223372036854775808 "},
      {"CustomIntField", "[1, null, 3]"},
      {"CustomDoubleField", "1.5e3"},
      {"CustomDoubleField", "2"},
      {"CustomBoolField", "true"},
      {"CustomBoolField", "[true, false]"},
      {"CustomDatetimeField", "\"2018-02-15T16:16:36-08:00\""},
      {"CadenceScheduleIsBackfill", "false"},
  };
  for (const auto& [key, json] : good)
    BOOST_TEST(refusal({{key, json}}) == "", key << " " << json);
}

BOOST_AUTO_TEST_CASE(values_of_another_type_are_refused_with_the_value_and_the_key) {
  const std::pair<const char*, const char*> bad[] = {
      {"CustomStringField", "1"},
      {"CustomKeywordField", "unquoted"},
      {"CustomKeywordField", ""},
      {"CustomKeywordField", "[\"a\", 1]"},
      {"CustomIntField", "\"1\""},
      {"CustomIntField", "1.0"},
      {"CustomIntField", "9223372036854775808"},
      {"CustomDoubleField", "\"1.5\""},
      {"CustomBoolField", "1"},
      {"CustomDatetimeField", "\"yesterday\""},
      {"CustomDatetimeField", "1528412645000000000"},
      {"CustomIntField", "[[1]]"},
      {"CustomIntField", "{}"},
  };
  for (const auto& [key, json] : bad)
    BOOST_TEST(refusal({{key, json}}) == std::string{json} + " is not a valid search attribute value for key " + key);
}

BOOST_AUTO_TEST_CASE(unknown_and_reserved_keys_are_refused) {
  BOOST_TEST(refusal({{"Nobody", "1"}}) == "Nobody is not a valid search attribute key");
  BOOST_TEST(refusal({{"customintfield", "1"}}) == "customintfield is not a valid search attribute key");
  BOOST_TEST(refusal({{"WorkflowID", "\"x\""}}) == "WorkflowID is read-only Cadence reserved attribute");
  BOOST_TEST(refusal({{"StartTime", "1"}}) == "StartTime is read-only Cadence reserved attribute");
}

BOOST_AUTO_TEST_CASE(without_the_check_only_reserved_keys_and_sizes_matter) {
  attribute_limits limits;
  limits.check_keys = false;
  BOOST_TEST(refusal({{"Nobody", "not json"}}, limits) == "");
  BOOST_TEST(refusal({{"RunID", "\"x\""}}, limits) == "RunID is read-only Cadence reserved attribute");
}

BOOST_AUTO_TEST_CASE(number_and_sizes_are_limited) {
  attribute_limits limits;
  limits.keys_max = 1;
  BOOST_TEST(refusal({{"CustomIntField", "1"}}, limits) == "");
  BOOST_TEST(refusal({{"CustomIntField", "1"}, {"CustomBoolField", "true"}}, limits) ==
             "number of keys 2 exceed limit");
  limits = {};
  limits.value_bytes_max = 5;
  BOOST_TEST(refusal({{"CustomKeywordField", "\"abc\""}}, limits) == "");
  BOOST_TEST(refusal({{"CustomKeywordField", "\"abcd\""}}, limits) == "size limit exceed for key CustomKeywordField");
  limits = {};
  limits.total_bytes_max = 15;
  BOOST_TEST(refusal({{"CustomIntField", "1"}}, limits) == "");
  BOOST_TEST(refusal({{"CustomIntField", "12"}}, limits) == "total size 16 exceed limit");
}

BOOST_AUTO_TEST_CASE(of_several_faults_the_first_key_is_named) {
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(refusal({{"B", "1"}, {"A", "1"}, {"C", "1"}}) == "A is not a valid search attribute key");
}

BOOST_AUTO_TEST_CASE(times_are_read_as_rfc_3339_writes_them) {
  const std::pair<const char*, std::int64_t> good[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2018-06-07T15:04:05-08:00", 1'528'412'645'000'000'000},
      {"2018-06-07T15:04:05+00:00", 1'528'383'845'000'000'000},
      {"2019-08-27T15:04:05+00:00", 1'566'918'245'000'000'000},
      {"2022-10-04T16:00:00+07:00", 1'664'874'000'000'000'000},
      {"2000-02-29T23:59:59.123456789987Z", 951'868'799'123'456'789},
      {"1969-12-31T23:59:59.5Z", -500'000'000},
      {"0001-01-01T00:00:00Z", INT64_MIN},
      {"9999-12-31T23:59:59Z", INT64_MAX},
  };
  for (const auto& [text, ns] : good) {
    const auto parsed = parse_rfc3339(text);
    BOOST_REQUIRE_MESSAGE(parsed, text);
    BOOST_TEST(*parsed == ns, text);
  }
  for (const auto* text :
       {"", "2018", "2018-06-07", "2018-06-07T15:04:05", "2018-06-07 15:04:05Z", "2018-13-07T15:04:05Z",
        "2018-02-29T15:04:05Z", "1900-02-29T00:00:00Z", "2018-06-07T24:04:05Z", "2018-06-07T15:60:05Z",
        "2018-06-07T15:04:60Z", "2018-06-07T15:04:05.Z", "2018-06-07T15:04:05Zx", "2018-06-07T15:04:05+0800",
        "+018-06-07T15:04:05Z", "2018-06-07t15:04:05z"})
    BOOST_TEST(!parse_rfc3339(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
